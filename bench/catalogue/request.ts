import { atLeast, type CaseText } from "../case.js";

const defaults = {
  group: "request",
  unit: "request",
  figures: ["rate", "cpu", "peakRss"],
  clients: ["holdfast", "natsjs", "raw"],
} as const;

/** Requests to a responder in another process, the same for all, and confirmations. */
export const REQUEST: readonly CaseText[] = [
  ...(
    [
      [1, 1],
      [50, undefined],
      [500, 2.5],
    ] as const
  ).map(([inFlight, factor]) => ({
    ...defaults,
    name: `request-${inFlight}`,
    title: inFlight === 1 ? "request 16 B, one at a time" : `request 16 B, ${inFlight} in flight`,
    works: [{ kind: "request", size: 16, inFlight }] as const,
    targets: factor === undefined ? [] : [atLeast("rate", "natsjs", factor)],
    usual: inFlight === 500,
  })),
  {
    ...defaults,
    name: "request-500-tls",
    title: "request 16 B, 500 in flight, over TLS 1.3",
    works: [{ kind: "request", size: 16, inFlight: 500 }],
    clients: ["holdfast", "natsjs"],
    tls: true,
  },
  {
    ...defaults,
    name: "confirm-1000",
    title:
      "128 B, each confirmed by itself, 1,000 in flight: publishConfirmed, and publish + flush of nats.js",
    unit: "message",
    works: [{ kind: "confirm", size: 128, inFlight: 1000 }],
    clients: ["holdfast", "natsjs"],
    targets: [atLeast("rate", "natsjs", 4)],
    usual: true,
  },
];
