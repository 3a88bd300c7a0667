import { describe, expect, it } from "vitest";
import { readDelays } from "./delays.js";

const NEVER = new AbortController().signal;
const FAILED = new Error("failed");

/** A backoff as cockatiel's are: each knows its wait, and the next one. */
function backoff(...durations: unknown[]) {
  const [duration, ...rest] = durations;
  return { duration: duration as number, next: () => backoff(...rest) };
}

describe("waits by a backoff of cockatiel's kind", () => {
  it("are its durations, from the beginning for each call", () => {
    const begin = readDelays(backoff(undefined, 5, 7));
    for (let call = 0; call < 2; call++) {
      const delays = begin();
      expect([delays(1, FAILED, NEVER), delays(2, FAILED, NEVER)]).toEqual([5, 7]);
    }
  });

  it("it is told of the try and its error", () => {
    const told: unknown[] = [];
    const factory = {
      next: (context: unknown) => {
        told.push(context);
        return backoff(1);
      },
    };
    readDelays(factory)()(3, FAILED, NEVER);
    expect(told).toEqual([{ attempt: 3, signal: NEVER, result: { error: FAILED } }]);
  });

  it("are no longer than a timer can wait", () => {
    expect(readDelays(backoff(0, Number.POSITIVE_INFINITY))()(1, FAILED, NEVER)).toBe(2 ** 31 - 1);
  });

  it.each([Number.NaN, -1, "5", undefined])("that are none are refused: %s", (duration) => {
    expect(() => readDelays(backoff(0, duration))()(1, FAILED, NEVER)).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", option: "retry.backoff" }),
    );
  });
});
