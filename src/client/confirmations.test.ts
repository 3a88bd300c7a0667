import { describe, expect, it } from "vitest";
import { systemClock } from "../io/clock.js";
import { EngineWorld } from "../testing/worlds/engine-world.js";
import { isSettled } from "../testing/worlds/subscription-world.js";
import { Confirmations } from "./confirmations.js";
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
