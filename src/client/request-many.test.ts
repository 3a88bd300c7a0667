import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CodedError } from "../errors.js";
import { requestManyError } from "../interop/errors.js";
import type { Msg, RequestManyOptions } from "../interop/nats-core.js";
import { systemClock } from "../io/clock.js";
import { checkRequestMany, type RequestManyHost, requestMany } from "./request-many.js";
import type { Subscription } from "./subscription.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const message = (text: string) =>
  ({ string: () => text, data: Buffer.from(text), isNoResponders: text === "503" }) as unknown as Msg;

/** A connection that the test plays. */
function world(options: Partial<RequestManyOptions>, fails?: Error) {
  const state = { sent: 0, unsubscribed: 0, watching: 0 };
  let answer: (error: Error | null, msg: Msg) => void = () => {};
  let lose: (error: CodedError) => void = () => {};
  const host: RequestManyHost = {
    clock: systemClock,
    toError: requestManyError,
    inbox: (callback) => {
      answer = callback;
      return {
        getSubject: () => "_INBOX.1",
        unsubscribe: () => {
          state.unsubscribed++;
        },
      } as unknown as Subscription;
    },
    send: (reply, onFail) => {
      expect(reply).toBe("_INBOX.1");
      if (fails !== undefined) throw fails;
      state.sent++;
      state.watching++;
      lose = onFail;
      return () => {
        state.watching--;
      };
    },
  };
  const many = requestMany(host, "service", options);
  const got: string[] = [];
  const done = (async () => {
    for await (const msg of many) got.push(msg.string());
    return "end";
  })().catch((error) => error.code);
  return {
    state,
    got,
    done,
    many,
    answer: (...texts: string[]) => {
      for (const text of texts) if (state.unsubscribed === 0) answer(null, message(text));
    },
    refuse: (error: Error) => answer(error, {} as Msg),
    lose: (error: CodedError) => lose(error),
    pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
    /** Nothing is left behind: no timer, no subscription, no watch. */
    clean: () => {
      expect(vi.getTimerCount()).toBe(0);
      expect(state.unsubscribed).toBeGreaterThan(0);
      expect(state.watching).toBe(0);
    },
  };
}

describe("a request for many answers", () => {
  it("by timer collects until maxWait", async () => {
    const one = world({ strategy: "timer", maxWait: 100 });
    await one.pass(50);
    one.answer("1", "2");
    await one.pass(49);
    one.answer("3");
    await one.pass(1);
    expect(await one.done).toBe("end");
    expect(one.got).toEqual(["1", "2", "3"]);
    one.clean();
  });

  it("by count ends with the last one wanted, or at maxWait", async () => {
    const one = world({ strategy: "count", maxMessages: 2, maxWait: 100 });
    one.answer("1", "2");
    expect(await one.done).toBe("end");
    expect(one.got).toEqual(["1", "2"]);
    one.clean();
    const other = world({ strategy: "count", maxMessages: 2, maxWait: 100 });
    other.answer("1");
    await other.pass(100);
    expect(await other.done).toBe("end");
    other.clean();
  });

  it("by any strategy ends with maxMessages, if there is such a limit; 0 and less are none", async () => {
    const one = world({ strategy: "timer", maxMessages: 2, maxWait: 100 });
    one.answer("1", "2", "3");
    expect(await one.done).toBe("end");
    expect(one.got).toEqual(["1", "2"]);
    one.clean();
    for (const maxMessages of [0, -1]) {
      const other = world({ strategy: "timer", maxMessages, maxWait: 100 });
      other.answer("1", "2", "3");
      await other.pass(100);
      expect(await other.done).toBe("end");
      expect(other.got).toEqual(["1", "2", "3"]);
    }
  });

  it("by stall ends when no answer follows the last one", async () => {
    const one = world({ strategy: "stall", stall: 50, maxWait: 1000 });
    await one.pass(200);
    one.answer("1");
    await one.pass(49);
    one.answer("2");
    await one.pass(49);
    expect(one.state.unsubscribed).toBe(0);
    await one.pass(1);
    expect(await one.done).toBe("end");
    expect(one.got).toEqual(["1", "2"]);
    one.clean();
  });

  it("by sentinel ends with the empty answer, which is given out", async () => {
    const one = world({ strategy: "sentinel", maxWait: 1000 });
    one.answer("1", "", "late");
    expect(await one.done).toBe("end");
    expect(one.got).toEqual(["1", ""]);
    one.clean();
  });

  it("ends with NO_RESPONDERS when nobody listens", async () => {
    const one = world({ maxWait: 1000 });
    one.answer("503");
    expect(await one.done).toBe("NO_RESPONDERS");
    one.clean();
  });

  it("ends with CONNECTION_LOST when its link dies, behind the answers that came", async () => {
    const one = world({ maxWait: 1000 });
    one.answer("1");
    one.lose(new CodedError("CONNECTION_LOST", "lost", { maybeDelivered: true }));
    expect(await one.done).toBe("CONNECTION_LOST");
    expect(one.got).toEqual(["1"]);
    one.clean();
  });

  it("ends with the error of its inbox when that is refused", async () => {
    const one = world({ maxWait: 1000 });
    one.refuse(Object.assign(new Error("no"), { code: "PERMISSIONS_VIOLATION" }));
    expect(await one.done).toBe("PERMISSIONS_VIOLATION");
    one.clean();
  });

  it("throws when it is not accepted, and leaves nothing behind", () => {
    const failure = new CodedError("BUFFER_FULL", "full");
    expect(() => world({ maxWait: 1000 }, failure)).toThrow(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("counts, and ends when it is stopped, as nats.js's iterators do", async () => {
    const one = world({ maxWait: 1000 });
    one.answer("1", "2");
    expect([one.many.getReceived(), one.many.getProcessed() + one.many.getPending()]).toEqual([2, 2]);
    one.many.stop(Object.assign(new Error("enough"), { code: "ENOUGH" }));
    expect(await one.done).toBe("ENOUGH");
    expect([one.got, one.many.getProcessed(), one.many.getPending()]).toEqual([["1", "2"], 2, 0]);
    one.clean();
  });

  it("is over when the loop is left", async () => {
    const one = world({ maxWait: 1000 });
    await one.many.return();
    expect(await one.done).toBe("end");
    one.clean();
  });
});

describe("its options", () => {
  it("have nats.js's defaults", () => {
    expect(checkRequestMany({})).toEqual({ strategy: "timer", maxWait: 1000, stall: 300, maxMessages: -1 });
  });

  it.each([
    { strategy: "often" },
    { maxWait: 0 },
    { maxWait: Number.NaN },
    { maxWait: -1 },
    { stall: 0 },
    { strategy: "count" },
    { strategy: "count", maxMessages: 0 },
    { strategy: "count", maxMessages: Number.NaN },
  ])("%j is refused", (options) => {
    expect(() => checkRequestMany(options as Partial<RequestManyOptions>)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});
