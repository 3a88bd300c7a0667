import { atMost, type CaseText } from "../case.js";

const MIB = 1024 * 1024;

const held = {
  group: "links",
  unit: "connection",
  clients: ["holdfast", "natsjs", "raw"],
  figures: ["memory", "resident", "rate", "cpu", "peakRss"],
  targets: [atMost("memory", "natsjs", 0.7)],
} as const;

/** Links that end, links that come back, and links that do nothing. */
export const LINKS: readonly CaseText[] = [
  {
    name: "resubscribe-10000",
    title:
      "10,000 subscriptions after a reconnect, from the connect to the server's word that it has them all",
    group: "links",
    unit: "subscription",
    works: [{ kind: "resubscribe", subscriptions: 10_000 }],
    clients: ["holdfast", "natsjs", "raw"],
    figures: ["time", "serverCpu", "cpu", "peakRss"],
    targets: [atMost("time", "natsjs", 1 / 3)],
  },
  {
    name: "replay-8MiB",
    title:
      "8 MiB of 128 B from an outage, from the connect to the confirmation of all; nats.js keeps nothing, its application publishes again; CPU time with the publishing",
    group: "links",
    works: [{ kind: "replay", bytes: 8 * MIB, size: 128 }],
    clients: ["holdfast", "natsjs", "raw"],
    figures: ["time", "rate", "cpu", "peakRss"],
  },
  {
    ...held,
    name: "idle-50",
    title: "memory of an idle connection, of 50: each has published and received",
    figures: ["memory", "resident"],
    works: [{ kind: "connections", count: 50 }],
  },
  {
    ...held,
    name: "idle-cpu",
    title:
      "CPU time of an idle connection, of 200, with default options: 20 s, in which each of Holdfast's sends one PING and nats.js, which pings every 2 min, none",
    clients: ["holdfast", "natsjs"],
    figures: ["idleCpu"],
    works: [{ kind: "connections", count: 200, idle: true }],
    targets: [],
    most: 4,
  },
  {
    ...held,
    name: "connections-1000",
    title: "1,000 connections in a process, idle, each has published and received",
    works: [{ kind: "connections", count: 1000 }],
  },
];
