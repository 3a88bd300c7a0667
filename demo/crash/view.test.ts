import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CrashProgress } from "./progress.js";
import { CrashPlainView, picture } from "./view.js";

/** Half way through a run of 10 s, which began at 1000. */
function halfWay(): CrashProgress {
  const progress = new CrashProgress(3);
  Object.assign(progress, {
    length: 10_000,
    startedAt: 1000,
    phase: "outage",
    kills: 1,
    held: 600,
    stored: 50,
  });
  progress.servers = ["n1", "n2", "n3"];
  progress.lives = [
    { from: 0, to: 2400 },
    { from: 2600, to: Number.POSITIVE_INFINITY },
  ];
  progress.outage = { from: 3000, to: Number.POSITIVE_INFINITY };
  progress.samples = [
    { at: 900, held: 0, stored: 50 },
    { at: 4900, held: 600, stored: 50 },
  ];
  progress.note(3000, "all three servers killed", "bad");
  return progress;
}

const shown = (progress: CrashProgress, at: number, columns = 50) =>
  picture(progress, at, columns).map((line) => stripVTControlCharacters(line));

describe("the picture of the crash demo", () => {
  it("has the servers, the publisher's deaths, and where the messages are", () => {
    const lines = shown(halfWay(), 6000);
    expect(lines[0]).toContain("5.0 s  all servers are gone");
    expect(lines[1]).toBe(" n1         ●●●●●●✖✖✖✖··········  ");
    expect(lines[4]).toBe(" publisher  ●●●●✖●●●●●··········  killed 1 of 3");
    expect(lines[5]).toBe(" on disk             █··········  600");
    expect(lines[6]).toMatch(/^ in stream {3}█+·{10} {2}50$/);
    expect(lines[8]).toBe("   3.0 s  all three servers killed");
  });

  it("keeps its height, and its width when it takes longer than planned", () => {
    const progress = halfWay();
    const height = shown(progress, 6000).length;
    for (let i = 0; i < 9; i++) progress.note(i, "x".repeat(500));
    for (const at of [1000, 6000, 600_000]) {
      const lines = shown(progress, at);
      expect(lines).toHaveLength(height);
      expect(Math.max(...lines.slice(1, 7).map((line) => line.length))).toBeLessThanOrEqual(50);
      expect(Math.max(...lines.slice(8).map((line) => line.length))).toBeLessThanOrEqual(50);
    }
  });

  it("shows the last publisher's end as no death", () => {
    const progress = halfWay();
    progress.lives = [1, 2, 3, 4].map((second) => ({ from: second * 1000, to: second * 1000 + 900 }));
    progress.kills = 3;
    expect(shown(progress, 6000)[4].match(/✖/g)).toHaveLength(3);
  });

  it("is there before anything has begun", () => {
    expect(shown(new CrashProgress(3), 5)[0]).toContain("starting three servers");
  });
});

describe("the crash demo without a terminal", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("tells what happens once, the counters every five seconds, and nothing after its end", () => {
    const said: string[] = [];
    const progress = new CrashProgress(3);
    const view = new CrashPlainView((line) => said.push(line), progress);
    vi.advanceTimersByTime(1000);
    progress.phase = "up";
    progress.note(100, "publisher 1 killed");
    progress.samples.push({ at: 5100, held: 7, stored: 8 });
    vi.advanceTimersByTime(2000);
    view.close();
    progress.note(200, "too late");
    vi.advanceTimersByTime(2000);
    expect(said).toEqual([
      "         starting three servers with a stream on all of them",
      "  0.1 s  publisher 1 killed",
      "         publishing into the stream",
      "  5.1 s  resolved 0  ·  in the stream 0  ·  on disk 0  ·  recovered 0",
    ]);
  });
});
