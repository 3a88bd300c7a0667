import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { systemClock } from "../io/clock.js";
import { EngineWorld } from "../testing/worlds/engine-world.js";
import { isSettled } from "../testing/worlds/subscription-world.js";
import { Confirmations } from "./confirmations.js";
import type { DurableOverflow } from "./durable.js";
import { Waits } from "./waits.js";

function world(options: ConstructorParameters<typeof EngineWorld>[1] = {}) {
  const it = new EngineWorld("a", options).start();
  const waits = new Waits(systemClock);
  const calls = new Confirmations(it.engine, waits, systemClock);
  const answer = () => {
    it.pump();
    it.serve("PONG\r\n");
    it.pump();
  };
  return { it, waits, calls, answer };
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error.code,
  );

describe("calls that wait for a confirmation", () => {
  it("of one message, or of all, settle with the PONG that confirms it", async () => {
    const { it: engine, calls, answer } = world();
    const waiting = [
      calls.publish("a", () => engine.publish("a")),
      calls.fence(),
      calls.flush({ timeout: 1000 }),
    ];
    engine.pump();
    expect(await Promise.all(waiting.map(isSettled))).toEqual([false, false, false]);
    answer();
    answer();
    await Promise.all(waiting);
  });

  it("reject when the connection is closed; there is room for ever then", async () => {
    const { it: engine, calls } = world();
    engine.engine.close(undefined, 0);
    const codes = await Promise.all([calls.fence(), calls.flush({}), calls.rtt()].map(code));
    expect(codes).toEqual(["CONNECTION_CLOSED", "CONNECTION_CLOSED", "CONNECTION_CLOSED"]);
    await calls.writable();
  });

  it("reject, and throw nothing, for a timeout that is none", async () => {
    const { calls } = world();
    expect(await code(calls.flush({ timeout: "soon" as never }))).toMatch(/^INVALID/);
  });
});

describe("a confirmation of what an outbox has taken", () => {
  /** An outbox that takes everything. */
  function taking(confirmLast?: () => unknown) {
    const outbox = {
      name: "mine",
      engaged: true,
      offer: () => "taken" as const,
      keep: () => true,
      attach: () => {},
      detach: () => Promise.resolve(),
      store: () => Promise.resolve(),
      ...(confirmLast && { confirmLast }),
    } as DurableOverflow;
    const { it: engine } = world({ overflow: outbox });
    const calls = new Confirmations(engine.engine, new Waits(systemClock), systemClock, outbox);
    const publish = () => calls.publish("a.b", () => engine.publish("a.b"));
    return { engine, outbox, publish };
  }

  it("is what the outbox says of it, asked in the turn in which it has taken it", async () => {
    let confirm = () => {};
    let asked = 0;
    const { publish } = taking(() => {
      asked++;
      return new Promise<void>((resolve) => {
        confirm = resolve;
      });
    });
    const waiting = publish();
    expect(asked).toBe(1);
    expect(await isSettled(waiting)).toBe(false);
    confirm();
    await waiting;
    expect(asked).toBe(1);
  });

  it("rejects with the public error of what the outbox says, and the subject", async () => {
    const { publish } = taking(() => Promise.reject(new CodedError("PERMISSIONS_VIOLATION", "no")));
    await expect(publish()).rejects.toMatchObject({
      name: "PermissionViolationError",
      code: "PERMISSIONS_VIOLATION",
      message: "no",
      subject: "a.b",
    });
    const own = Object.assign(new Error("mine"), { code: "MINE" });
    await expect(taking(() => Promise.reject(own)).publish()).rejects.toBe(own);
    const about = taking(() => Promise.reject(new CodedError("OVERFLOWED", "no", { subject: "other" })));
    await expect(about.publish()).rejects.toMatchObject({ subject: "other" });
  });

  it("rejects with CALLBACK_FAILED when that is no promise, and with what it throws", async () => {
    for (const answer of [undefined, null, 1, "then"]) {
      await expect(taking(() => answer).publish()).rejects.toMatchObject({
        code: "CALLBACK_FAILED",
        option: "outbox",
        subject: "a.b",
        message: expect.stringContaining("mine"),
      });
    }
    const { publish } = taking(() => {
      throw new Error("oops");
    });
    await expect(publish()).rejects.toThrow("oops");
  });

  it("is none where the outbox cannot say: OVERFLOWED at once", async () => {
    expect(await code(taking().publish())).toBe("OVERFLOWED");
  });

  it("is not asked for what a connection leaves to it at its end", async () => {
    let asked = 0;
    const { engine, outbox, publish } = taking(() => {
      asked++;
      return Promise.resolve();
    });
    Object.assign(outbox, { engaged: false });
    const waiting = publish();
    engine.engine.close(undefined, 0);
    expect(await code(waiting)).toBe("OVERFLOWED");
    expect(asked).toBe(0);
  });
});

describe("a round trip", () => {
  it("is measured", async () => {
    const { it: engine, calls } = world();
    const trip = calls.rtt();
    engine.pump();
    engine.serve("PONG\r\n");
    expect(await trip).toBeTypeOf("number");
  });

  it("rejects at once without a link, and when it is lost before the answer", async () => {
    const { it: engine, calls } = world();
    const trip = calls.rtt();
    engine.pump();
    engine.die();
    expect(await Promise.all([trip, calls.rtt()].map(code))).toEqual(["DISCONNECTED", "DISCONNECTED"]);
  });

  it("rejects when the connection is closed before the answer", async () => {
    const { it: engine, calls } = world();
    const trip = calls.rtt();
    engine.engine.close(undefined, 0);
    expect(await code(trip)).toBe("DISCONNECTED");
  });
});

describe("a call that waits for room", () => {
  it("settles at once when there is some, else when there is some again", async () => {
    const { it: engine, waits, calls } = world({ highWater: 10 });
    await calls.writable();
    engine.publish("a", "more than ten bytes");
    const waiting = calls.writable();
    expect(await isSettled(waiting)).toBe(false);
    waits.nowWritable();
    await waiting;
  });
});
