import { describe, expect, it } from "vitest";
import { good, sample } from "./sample-targets.js";
import { errorOf, runSlice } from "./slice.js";

describe("a slice", () => {
  it("finds an input, makes it small, and finds it again by seed and path", async () => {
    const { failure } = await runSlice(sample, [], { seed: 1, runs: 1000 });
    expect(failure?.input).toEqual({ text: "ax" });
    const again = await runSlice(sample, [], { seed: 1, path: failure!.path, runs: 1 });
    expect(again.failure?.input).toEqual({ text: "ax" });
  });

  it("is the same for the same seed, and another for another", async () => {
    const seen = async (seed: number) => {
      const inputs: unknown[] = [];
      const check = (input: unknown) => void inputs.push(input);
      const { runs } = await runSlice({ ...sample, check }, [], { seed, runs: 20 });
      expect(runs).toBe(20);
      return inputs;
    };
    expect(await seen(1)).toEqual(await seen(1));
    expect(await seen(1)).not.toEqual(await seen(2));
  });

  it("ends when its time is over", async () => {
    const { runs, failure } = await runSlice(good, [], { seed: 1, ms: 5 });
    expect(failure).toBeUndefined();
    expect(runs).toBeGreaterThan(0);
  });

  it("finds what is thrown where nobody can catch it, and goes on", async () => {
    const check = async (input: unknown) => {
      const { text } = input as { text: string };
      const fail = () => {
        throw new RangeError("astray");
      };
      if (text.includes("b")) setImmediate(fail);
      if (text.includes("x")) void Promise.resolve().then(fail);
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    };
    const thrown = await errorOf({ ...sample, check }, { text: "b" });
    expect(thrown).toMatchObject({ name: "RangeError", message: "astray" });
    const { failure } = await runSlice({ ...sample, check }, [], { seed: 1, runs: 100, shrink: false });
    expect(failure?.error.message).toBe("astray");
    expect(process.hasUncaughtExceptionCaptureCallback()).toBe(false);
  });
});
