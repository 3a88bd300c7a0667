import { describe, expect, it } from "vitest";
import type { LogView } from "../dashboard/protocol.js";
import { EventLog, KEPT, SHOWN } from "./event-log.js";

function entry(id: number, change: Partial<LogView> = {}): LogView {
  return { id, at: id, lastAt: id, times: 1, event: "error", level: "error", text: `text ${id}`, ...change };
}

describe("the log of events", () => {
  it("is bounded, and so is what is shown of it", () => {
    const log = new EventLog();
    for (let id = 1; id <= 5_000; id++) log.add(entry(id));
    expect(log.size).toBe(KEPT);
    const shown = log.view("info", true);
    expect([shown.length, shown[0]!.id, shown.at(-1)!.id]).toEqual([SHOWN, 5_000, 5_000 - SHOWN + 1]);
  });

  it("replaces an entry that it knows", () => {
    const log = new EventLog();
    log.addAll([entry(1), entry(2), entry(1, { times: 7 })]);
    expect(log.view("info", false).map(({ id, times }) => [id, times])).toEqual([
      [1, 7],
      [2, 1],
    ]);
  });

  it("brings what comes late where it belongs", () => {
    const log = new EventLog();
    log.addAll([entry(1), entry(9), entry(4), entry(10)]);
    expect(log.view("info", false).map(({ id }) => id)).toEqual([1, 4, 9, 10]);
    expect(log.lastId).toBe(10);
    for (let id = 100; id < 100 + KEPT; id++) log.add(entry(id));
    log.add(entry(2));
    expect(log.view("info", false).at(-1)!.id).toBe(99 + KEPT);
    expect(log.size).toBe(KEPT);
  });

  it("shows what is serious enough", () => {
    const log = new EventLog();
    log.addAll([entry(1, { level: "info" }), entry(2, { level: "warning" }), entry(3)]);
    const ids = (level: LogView["level"]) => log.view(level, false).map(({ id }) => id);
    expect([ids("info"), ids("warning"), ids("error")]).toEqual([[1, 2, 3], [2, 3], [3]]);
  });

  it("stands still where it was paused, and counts what has come", () => {
    const log = new EventLog();
    log.addAll([entry(1), entry(2)]);
    const paused = log.lastId;
    log.addAll([entry(3), entry(4)]);
    expect(log.view("info", true, paused).map(({ id }) => id)).toEqual([2, 1]);
    expect(log.countAfter(paused)).toBe(2);
  });
});
