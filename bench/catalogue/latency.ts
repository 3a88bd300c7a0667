import { atMost, type CaseText } from "../case.js";

/** From the time at which a message was due to its arrival, in an open loop. */
export const LATENCY: readonly CaseText[] = [1_000, 50_000].map((perSecond) => ({
  name: `latency-${perSecond}`,
  title: `latency of 16 B through the server at ${perSecond.toLocaleString("en")} messages a second, from when each is due`,
  group: "latency",
  works: [{ kind: "latency", size: 16, perSecond }] as const,
  clients: ["holdfast", "natsjs", "raw"],
  figures: ["p50", "p99", "p999", "waited"],
  targets: perSecond === 50_000 ? [atMost("p99", "natsjs", 0.7)] : [],
  usual: perSecond === 50_000,
}));
