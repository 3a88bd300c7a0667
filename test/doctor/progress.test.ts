import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeProgress } from "../../src/cli/doctor/progress.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A terminal, and what was written to it. */
function terminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 80,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  });
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => String(stream.read() ?? "") };
}

it("a bar comes by itself while nothing is reported, and shows what was last", () => {
  const { stream, written } = terminal(true);
  const progress = makeProgress(stream);
  progress.update({ text: "127.0.0.1:4222 tcp", done: 0, total: 2 });
  vi.advanceTimersByTime(299);
  expect(written()).toBe("");
  vi.advanceTimersByTime(200);
  expect(written()).toContain("0 of 2  127.0.0.1:4222 tcp");
  progress.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it("work that is over soon has none, nor has what is no terminal", () => {
  const quick = terminal(true);
  makeProgress(quick.stream).stop();
  const file = terminal(false);
  makeProgress(file.stream).update({ text: "", done: 0, total: 1 });
  vi.advanceTimersByTime(1000);
  expect(quick.written() + file.written()).toBe("");
});
