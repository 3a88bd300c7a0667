import type { CaseText } from "../case.js";
import { IDLE_ARMS } from "../works/work.js";

const MIB = 1024 * 1024;
/** Durable messages a second that are promised. */
const DURABLE = 20_000;
/** What an outbox that holds nothing may cost. */
const NOTHING = 1.02;
/** Processes of their own differ by far more than that: the longer each is measured, the less of it is chance. */
const LONG = 4;
const [WITHOUT, WITH] = IDLE_ARMS;
/** Part of the speed of live publishing that a replay from disk has at the least. */
const REPLAY = 0.3;
/** Rounds of what takes seconds, and is far from its limit. */
const FEW = 10;

/** An outbox on disk: what it stores, what it costs while it has nothing to do, and how fast it is emptied. */
export const OUTBOX: readonly CaseText[] = [
  {
    name: "outbox-always",
    title:
      "publishDurable() 512 B by 1,000 callers at the same time, each after the other is on disk, sent and removed meanwhile; and as many bytes to a plain file",
    group: "outbox",
    works: [{ kind: "outbox-always", size: 512, callers: 1_000, step: "outbox" }],
    clients: ["holdfast"],
    figures: ["rate", "commits", "cpu"],
    targets: [{ figure: "rate", of: { client: "holdfast", step: "outbox" }, atLeast: DURABLE }],
    most: FEW,
  },
  {
    name: "outbox-overflow",
    title:
      'publish 128 B while connected, with an outbox of mode "overflow" that holds nothing, and without: connections of one process, in turns of 25 ms',
    group: "outbox",
    works: [{ kind: "outbox-idle", size: 128 }],
    clients: ["holdfast"],
    figures: ["cpu", "rate"],
    targets: [
      {
        figure: "cpu",
        of: { client: "holdfast", step: WITH },
        against: { client: "holdfast", step: WITHOUT },
        atMost: NOTHING,
      },
    ],
  },
  {
    name: "outbox-overflow-apart",
    title:
      "publish 128 B while connected, with such an outbox and without, each in a process of its own, where the outbox's threads and memory count too",
    group: "outbox",
    works: [{ kind: "publish", size: 128, times: LONG }],
    clients: ["holdfast-outbox", "holdfast"],
    figures: ["cpu", "rate", "peakRss"],
    targets: [
      {
        figure: "cpu",
        of: { client: "holdfast-outbox", step: "" },
        against: { client: "holdfast", step: "" },
        atMost: NOTHING,
        by: "low",
      },
    ],
    most: FEW,
  },
  {
    name: "outbox-replay",
    title:
      "64 MiB of messages of 512 B, published, and replayed from an outbox, from connect() to the confirmation of all",
    group: "outbox",
    works: [
      { kind: "outbox-replay", size: 512, bytes: 64 * MIB, by: "publish", step: "published" },
      { kind: "outbox-replay", size: 512, bytes: 64 * MIB, by: "outbox", step: "replayed" },
    ],
    clients: ["holdfast"],
    figures: ["rate", "cpu", "peakRss"],
    targets: [
      {
        figure: "rate",
        of: { client: "holdfast", step: "replayed" },
        against: { client: "holdfast", step: "published" },
        atLeast: REPLAY,
      },
    ],
    most: FEW,
  },
];
