import { atLeast, atMost, type CaseText, type Target } from "../case.js";
import { CLIENTS } from "../clients/client.js";

/** Keeping every message costs next to nothing. */
const KEEPING: Target = { ...atMost("cpu", "holdfast-at-most-once", 1.05), by: "low" };
/** Looking on costs next to nothing. */
const OBSERVING: Target = {
  figure: "cpu",
  of: { client: "holdfast-observed", step: "" },
  against: { client: "holdfast", step: "" },
  atMost: 1.03,
};
const SIZES = [16, 128, 1024, 16_384] as const;
/** For those the issue sets a mark. */
const MARKED = 1024;

const defaults = { group: "publish", figures: ["rate", "cpu", "peakRss"], clients: CLIENTS } as const;

const targets = (size: number): Target[] =>
  size > MARKED
    ? []
    : [atLeast("rate", "natsjs", 3), atMost("cpu", "natsjs", 0.2), atLeast("rate", "raw", 0.75), KEEPING];

/** Publishing, until the server has confirmed all of it. */
export const PUBLISH: readonly CaseText[] = [
  ...SIZES.map((size) => ({
    ...defaults,
    name: `publish-${size}`,
    title: `publish ${size} B, from the first to the confirmation of all`,
    works: [{ kind: "publish", size }] as const,
    targets: targets(size),
    usual: size === 128,
  })),
  {
    ...defaults,
    name: "publish-headers",
    title: "publish 128 B with two headers, made for each message",
    works: [{ kind: "publish", size: 128, headers: true }],
    clients: ["holdfast", "natsjs"],
  },
  {
    ...defaults,
    name: "publish-observed",
    title:
      "publish 128 B while metrics with subjects are scraped every second, and a dashboard is watched, in the same process",
    works: [{ kind: "publish", size: 128 }],
    clients: ["holdfast-observed", "holdfast"],
    targets: [OBSERVING],
  },
  {
    ...defaults,
    name: "publish-128-tls",
    title: "publish 128 B over TLS 1.3",
    works: [{ kind: "publish", size: 128 }],
    clients: ["holdfast", "natsjs", "raw"],
    tls: true,
  },
];
