import { describe, expect, it } from "vitest";
import type { CodedError } from "../errors.js";
import { code, EngineWorld, Sink } from "../testing/worlds/engine-world.js";

describe("the end", () => {
  it("by finish comes when everything is confirmed, and nothing is accepted meanwhile", () => {
    const world = new EngineWorld().start();
    world.publish("a");
    world.engine.finish(1000, 0);
    world.pump();
    expect(code(() => world.publish("b"))).toBe("CONNECTION_DRAINING");
    expect(world.engine.state).toBe("connected");
    world.serve("PONG\r\n");
    world.pass(0);
    expect(world.engine.state).toBe("closed");
    expect(world.told("close")).toMatchObject([{ error: undefined, dropped: 0, unconfirmed: 0 }]);
    expect(code(() => world.publish("b"))).toBe("CONNECTION_CLOSED");
  });

  it("by finish comes at its deadline in the middle of an outage, and what could not be sent is told", () => {
    const world = new EngineWorld().start();
    world.publish("sent");
    world.pump();
    world.die();
    world.publish("unsent");
    world.engine.finish(1000, world.now);
    world.pump();
    world.pass(999);
    expect(world.engine.state).toBe("reconnecting");
    world.pass(1);
    expect(world.engine.state).toBe("closed");
    expect(world.told("close")).toMatchObject([{ dropped: 1, unconfirmed: 1 }]);
    expect(world.told("messageLost").flatMap((event) => event.messages)).toMatchObject([
      { subject: "unsent", reason: "closed", maybeDelivered: false },
    ]);
    expect(world.engine.books.balanced).toBe(true);
    expect(world.engine.books.pending).toBe(0);
    expect(world.chunks.used).toBe(0);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });

  it("leaves the server in peace when all is confirmed, and resets the link when it is not trusted any more", () => {
    const world = new EngineWorld().start();
    world.engine.close(undefined, 0);
    world.pump();
    expect(world.done.at(-1)).toBe("close 1");
    const failed = new EngineWorld().start();
    failed.engine.close(new Error("why"), 0);
    failed.pump();
    expect(failed.done.at(-1)).toBe("reset 1");
    const closed = new EngineWorld("a b").start();
    closed.now = 5000;
    closed.die();
    closed.engine.close(undefined, 5000);
    closed.pump();
    expect(closed.done.at(-1)).toBe("reset 2");
    expect(closed.told("state").map(({ transition }) => transition.to)).toEqual([
      "connecting",
      "connected",
      "reconnecting",
      "closed",
    ]);
  });

  it("tells everyone who waits, once", () => {
    const world = new EngineWorld().start();
    const told: string[] = [];
    const sink = new Sink();
    world.engine.subscribe("s", undefined, undefined, sink);
    world.publish("a");
    world.engine.confirmLast((outcome) => told.push(`message ${outcome}`));
    world.engine.fence((outcome) => told.push(`fence ${outcome}`), 0);
    const replies = {
      onReply: () => told.push("reply"),
      onFail: (error: CodedError) => told.push(error.code),
    };
    world.engine.request("r", "", undefined, 1000, replies, 0);
    world.pump();
    world.engine.close(undefined, 0);
    world.engine.close(undefined, 0);
    world.pump();
    expect(told.toSorted()).toEqual(["CONNECTION_CLOSED", "fence closed", "message unconfirmed"]);
    expect(sink.ends).toEqual([undefined]);
    expect(world.told("close")).toHaveLength(1);
  });
});
