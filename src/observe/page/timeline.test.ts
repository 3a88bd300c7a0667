import { describe, expect, it } from "vitest";
import type { ConnectionView, OutageView } from "../dashboard/protocol.js";
import { HOUR_MS, intervals, lengthOf, marks, PIECES, strip, uptime } from "./timeline.js";

const NOW = 480_000 * 3_600_000; // the end of a piece
const ago = (ms: number) => NOW - ms;

const TIMELINE: ConnectionView["timeline"] = [
  { at: ago(HOUR_MS + 5_000), state: "connected" },
  { at: ago(1_800_000), state: "reconnecting" },
  { at: ago(1_797_000), state: "connected" },
];

function outage(startedAt: number, duration: number | null): OutageView {
  return {
    startedAt,
    endedAt: duration === null ? null : startedAt + duration,
    duration,
    server: "a:1",
    next: "b:1",
    kind: "network",
    cause: "",
    evidence: [],
    advice: [],
    attempts: 1,
    unconfirmed: 0,
    replayed: 0,
    abandoned: 0,
    lost: 0,
  };
}

describe("the strip of the last hour", () => {
  it("shows a short outage as long as its piece, among what is alike", () => {
    expect(strip(TIMELINE, NOW)).toEqual([
      { from: 0, to: 0.5, tone: "good" },
      { from: 0.5, to: 0.5 + 1 / PIECES, tone: "bad" },
      { from: 0.5 + 1 / PIECES, to: 1, tone: "good" },
    ]);
  });

  it("says what is not known", () => {
    expect(strip([{ at: ago(900_000), state: "closed" }], NOW)).toEqual([
      { from: 0, to: 0.75, tone: undefined },
      { from: 0.75, to: 1, tone: "idle" },
    ]);
    expect(strip([], NOW)).toEqual([{ from: 0, to: 1, tone: undefined }]);
  });

  it("takes no more pieces, however often a connection was lost", () => {
    const flapping = Array.from({ length: 20_000 }, (_, i) => ({
      at: ago(HOUR_MS) + i * 180,
      state: i % 2 === 0 ? ("connected" as const) : ("reconnecting" as const),
    }));
    expect(strip(flapping, NOW).length).toBeLessThanOrEqual(PIECES);
  });

  it("knows the state of a moment ago, and nothing of what comes", () => {
    const now = NOW + 100;
    expect(strip([{ at: now - 50, state: "connected" }], now).at(-1)).toMatchObject({ to: 1, tone: "good" });
  });
});

describe("states between two times", () => {
  it("are cut where the time ends", () => {
    expect(intervals(TIMELINE, ago(1_799_000), ago(1_000_000))).toEqual([
      { from: ago(1_799_000), to: ago(1_797_000), state: "reconnecting" },
      { from: ago(1_797_000), to: ago(1_000_000), state: "connected" },
    ]);
  });

  it("tell how long there was a link", () => {
    expect(uptime(TIMELINE, NOW)).toEqual({ known: HOUR_MS, up: HOUR_MS - 3_000 });
    expect(uptime([{ at: ago(1_000), state: "draining" }], NOW)).toEqual({ known: 1_000, up: 1_000 });
  });
});

describe("marks of outages", () => {
  it("stand where they began, and together where they would cover each other", () => {
    const newestFirst = [
      outage(ago(600_000), 1_000),
      outage(ago(1_790_000), 1_000),
      outage(ago(1_800_000), 2_000),
    ];
    expect(marks(newestFirst, NOW, 0.05)).toEqual([
      { at: 0.5, outages: [newestFirst[1], newestFirst[2]] },
      { at: 1 - 600_000 / HOUR_MS, outages: [newestFirst[0]] },
    ]);
  });

  it("stay within the strip, and do not cover each other there", () => {
    const found = marks([outage(ago(1_000), null), outage(ago(60_000), 1_000)], NOW, 0.2);
    expect(found.map(({ at, outages }) => [at, outages.length])).toEqual([[0.8, 2]]);
  });

  it("leave out what was before", () => {
    expect(marks([outage(ago(2 * HOUR_MS), 1_000)], NOW, 0.1)).toEqual([]);
    const [long] = marks([outage(ago(2 * HOUR_MS), null)], NOW, 0.1);
    expect(long?.at).toBe(0);
  });

  it("know how long one lasts", () => {
    expect(lengthOf(outage(ago(5_000), null), NOW)).toBe(5_000);
    expect(lengthOf(outage(ago(5_000), 1_200), NOW)).toBe(1_200);
  });
});
