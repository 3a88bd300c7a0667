import { atLeast, atMost, type CaseText } from "../case.js";

const defaults = {
  group: "receive",
  figures: ["rate", "cpu", "peakRss"],
  clients: ["holdfast", "natsjs", "raw"],
} as const;

/** Receiving what the server holds already, and one to one while it is published. Delivery makes no difference to a receiver. */
export const RECEIVE: readonly CaseText[] = [
  ...[16, 128].map((size) => ({
    ...defaults,
    name: `receive-${size}`,
    title: `receive ${size} B by a callback that reads the data; all of it waits in the server`,
    works: [{ kind: "receive", size, by: "callback" }] as const,
    targets: [atLeast("rate", "natsjs", 2), atMost("cpu", "natsjs", 0.5)],
    usual: size === 128,
  })),
  ...[16, 128].map((size) => ({
    ...defaults,
    name: `live-${size}`,
    title: `receive ${size} B by callback while another process publishes as fast as the server takes it`,
    works: [{ kind: "receive", size, by: "callback", live: true }] as const,
    targets: [atMost("cpu", "natsjs", 0.5), atLeast("rate", "raw", 0.9)],
  })),
  ...[16, 128].map((size) => ({
    ...defaults,
    name: `iterate-${size}`,
    title: `receive ${size} B with for await; all of it waits in the server`,
    works: [{ kind: "receive", size, by: "iterator" }] as const,
    clients: ["holdfast", "natsjs"] as const,
    targets: [atLeast("rate", "natsjs", 2)],
    usual: size === 128,
  })),
  {
    ...defaults,
    name: "receive-headers",
    title: "receive 128 B with two headers by a callback that reads one of them",
    works: [{ kind: "receive", size: 128, by: "callback", headers: true }],
    clients: ["holdfast", "natsjs"],
  },
  {
    ...defaults,
    name: "pass-128",
    title:
      "128 B one to one through the server: published over one link and received over another, by one process",
    works: [{ kind: "pass", size: 128 }],
  },
  {
    ...defaults,
    name: "receive-128-tls",
    title: "receive 128 B by callback over TLS 1.3",
    works: [{ kind: "receive", size: 128, by: "callback" }],
    tls: true,
  },
];
