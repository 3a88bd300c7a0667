import type { ClientName } from "./client.js";

/** The clients as people know them. */
export const NAMES: Readonly<Record<ClientName, string>> = {
  holdfast: "Holdfast",
  "holdfast-at-most-once": "Holdfast, at-most-once",
  "holdfast-observed": "Holdfast, observed",
  "holdfast-outbox": "Holdfast, with an outbox",
  natsjs: "nats.js",
  raw: "raw socket",
  base: "base",
};
