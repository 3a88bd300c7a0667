import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../io/clock.js";
import { isSettled } from "../testing/worlds/subscription-world.js";
import type { Connection } from "./connection.js";
import type { DurableOverflow } from "./durable.js";
import { Ending } from "./ending.js";
import { attachOutbox, DETACH_TIMEOUT } from "./outbox-attachment.js";
import { Waits } from "./waits.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An ending with an outbox that does what a test says, and what was reported. */
function attached(parts: { attach?: () => unknown; detach?: () => unknown }) {
  const errors: Error[] = [];
  const waits = new Waits(systemClock);
  const ending = new Ending({}, systemClock, waits, { finish() {} });
  const outbox = { name: "box", attach() {}, detach: async () => {}, ...parts } as unknown as DurableOverflow;
  const attach = () =>
    attachOutbox({} as Connection, outbox, ending, waits, { error: (error) => errors.push(error) });
  return { ending, errors, attach };
}

describe("the end of a connection with an outbox", () => {
  it("is told when the outbox has let go", async () => {
    let release!: () => void;
    const { ending, errors, attach } = attached({
      detach: () => new Promise<void>((resolve) => (release = resolve)),
    });
    attach();
    const error = new Error("why");
    ending.ended(error);
    expect(await isSettled(ending.closed)).toBe(false);
    release();
    expect(await ending.closed).toBe(error);
    expect(errors).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is told after a time also when the outbox never lets go, which is reported", async () => {
    const { ending, errors, attach } = attached({ detach: () => new Promise(() => {}) });
    attach();
    ending.ended(undefined);
    await vi.advanceTimersByTimeAsync(DETACH_TIMEOUT - 1);
    expect(await isSettled(ending.closed)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isSettled(ending.closed)).toBe(true);
    expect(errors).toMatchObject([{ code: "CALLBACK_FAILED", option: "outbox" }]);
    expect(errors[0].message).toContain("5000 ms");
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("oops");
      },
    ],
    ["rejects", () => Promise.reject(new Error("oops"))],
  ])("is told at once when detach() %s, which is reported", async (_what, detach) => {
    const { ending, errors, attach } = attached({ detach });
    attach();
    ending.ended(undefined);
    await ending.closed;
    expect(errors).toMatchObject([{ code: "CALLBACK_FAILED", option: "outbox" }]);
    expect(errors[0].message).toContain("oops");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not concern an outbox that has refused the connection", async () => {
    let detached = 0;
    const { ending, attach } = attached({
      attach: () => {
        throw new Error("it has another connection");
      },
      detach: async () => void detached++,
    });
    expect(attach).toThrow("it has another connection");
    ending.ended(undefined);
    await ending.closed;
    expect(detached).toBe(0);
  });

  it("that answers attach() with a promise that rejects does not end the process", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const { attach } = attached({ attach: () => Promise.reject(new Error("later")) });
    attach();
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});
