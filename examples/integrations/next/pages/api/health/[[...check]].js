import { healthHandler } from "holdfast/observe";
import { nats } from "../../../lib/nats.js";

let health;

/** /api/health, /api/health/live, /api/health/ready: a route of the pages router, since those of the app router have no `req` and `res`. */
export default async function handler(req, res) {
  health ??= healthHandler(await nats(), { base: "/api" });
  health(req, res);
}

export const config = { api: { bodyParser: false, externalResolver: true } };
