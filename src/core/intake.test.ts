import { describe, expect, it } from "vitest";
import { FRAME, IntakeWorld } from "../testing/worlds/intake-world.js";
import { ChunkPool } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { parseInfo } from "../wire/info.js";
import { Books } from "./books.js";
import { Window } from "./window.js";

const SINK = { onSettled() {}, onDropped() {}, isWanted: () => true };

describe("during an outage", () => {
  it("so many encoded bytes are taken, counted from its beginning", () => {
    const world = new IntakeWorld({ reconnectBufSize: 10 * FRAME });
    world.connect();
    world.fill(5);
    world.lose();
    expect(world.fill()).toEqual([10, "BUFFER_FULL"]);
  });

  it("so many messages are taken, counted from its beginning", () => {
    const world = new IntakeWorld({ maxBufferedMessages: 10 });
    world.connect();
    world.fill(5);
    world.lose();
    expect(world.fill()).toEqual([10, "BUFFER_FULL"]);
  });

  it("the next outage has the whole room again, when what the last one left is confirmed", () => {
    for (const limits of [{ reconnectBufSize: 10 * FRAME }, { maxBufferedMessages: 10 }]) {
      const world = new IntakeWorld(limits);
      expect(world.fill()).toEqual([10, "BUFFER_FULL"]);
      world.connect();
      world.confirmAll();
      world.lose();
      expect(world.fill()).toEqual([10, "BUFFER_FULL"]);
    }
  });

  it("a link that comes and goes without confirming anything gives no new room", () => {
    for (const limits of [{ reconnectBufSize: 10 * FRAME }, { maxBufferedMessages: 10 }]) {
      const world = new IntakeWorld(limits);
      expect(world.fill(6)).toEqual([6, undefined]);
      for (let i = 0; i < 5; i++) {
        world.connect();
        world.lose();
      }
      expect(world.fill()).toEqual([4, "BUFFER_FULL"]);
    }
  });

  it("what ends otherwise than confirmed makes room for others", () => {
    const world = new IntakeWorld({ maxBufferedMessages: 10 });
    world.fill();
    expect(world.window.dropFrame(3, "ttl")).toBe(true);
    expect(world.fill()).toEqual([1, "BUFFER_FULL"]);
  });

  it("nothing is taken with -1", () => {
    const world = new IntakeWorld({ reconnectBufSize: -1 });
    expect(world.fill()).toEqual([0, "DISCONNECTED"]);
    expect(world.intake.fullness).toBe(0);
  });

  it("a refusal is counted, and a message that no server would take is not", () => {
    const world = new IntakeWorld({ maxBufferedMessages: 1 });
    world.fill(5);
    expect(world.books.rejected).toBe(1);
    world.intake.serverInfo(parseInfo('{"max_payload":100}'));
    expect(() => world.put("x".repeat(101))).toThrow(
      expect.objectContaining({ code: "MAX_PAYLOAD_EXCEEDED" }),
    );
    expect(world.books.rejected).toBe(1);
    expect(world.intake.overflowed.take()).toEqual({ messages: 1, bytes: FRAME });
  });
});

describe("while connected", () => {
  it("reconnectBufSize does not count; maxPending does, once the event loop has turned above it", () => {
    const world = new IntakeWorld({ reconnectBufSize: 0, maxPending: 10 * FRAME });
    world.connect();
    expect(world.fill(100)).toEqual([100, undefined]);
    world.turn();
    expect(world.fill()).toEqual([0, "MAX_PENDING_EXCEEDED"]);
  });

  it("what is held back does not refuse the requests that are to let it go", () => {
    const world = new IntakeWorld({ maxPending: 10 * FRAME });
    world.connect();
    world.fill(10);
    world.turn();
    const express = new Window(new ChunkPool(), new Books(), SINK);
    expect(() => world.admit(Kind.Request, express)).not.toThrow();
    expect(() => world.admit(Kind.Request)).toThrow(
      expect.objectContaining({ code: "MAX_PENDING_EXCEEDED" }),
    );
  });

  it("a request into an empty express window does not open the publish window for a new burst", () => {
    const world = new IntakeWorld({ maxPending: 10 * FRAME });
    world.connect();
    world.fill(10);
    world.turn();
    world.admit(Kind.Request, new Window(new ChunkPool(), new Books(), SINK));
    expect(world.fill()).toEqual([0, "MAX_PENDING_EXCEEDED"]);
  });

  it("it goes on when what waited is confirmed", () => {
    const world = new IntakeWorld({ maxPending: 10 * FRAME });
    world.connect();
    world.fill(20);
    world.turn();
    world.confirmAll();
    expect(world.fill(5)).toEqual([5, undefined]);
  });
});

describe("how full the buffer is", () => {
  it("is by the nearer limit of an outage, and by maxPending while connected", () => {
    const world = new IntakeWorld({
      reconnectBufSize: 100 * FRAME,
      maxBufferedMessages: 10,
      maxPending: 50 * FRAME,
    });
    world.fill(5);
    expect(world.intake.fullness).toBe(0.5);
    world.connect();
    expect(world.intake.fullness).toBe(0.1);
    const large = new IntakeWorld({ reconnectBufSize: 10 * FRAME, maxBufferedMessages: 100 });
    large.fill(5);
    expect(large.intake.fullness).toBe(0.5);
  });
});

describe("a server", () => {
  it("says how much it takes, and whether with headers; before the first INFO the defaults of servers hold", () => {
    const { intake, window, put, connect } = new IntakeWorld({});
    connect();
    put("x".repeat(1000));
    intake.serverInfo(parseInfo('{"max_payload":100}'));
    expect(() => put("x".repeat(101))).toThrow(expect.objectContaining({ code: "MAX_PAYLOAD_EXCEEDED" }));
    const entry = intake.subjects.get("a");
    const admit = () => intake.admit(window, Kind.Data, entry, "", Buffer.alloc(12), "");
    expect(admit).toThrow(expect.objectContaining({ code: "HEADERS_UNSUPPORTED" }));
    intake.serverInfo(parseInfo('{"headers":true}'));
    expect(admit).not.toThrow();
  });
});

describe("at the end", () => {
  it("nothing is taken any more, and it says why", () => {
    const world = new IntakeWorld({});
    world.intake.finishing = true;
    expect(world.fill()).toEqual([0, "CONNECTION_DRAINING"]);
    world.close();
    expect(world.fill()).toEqual([0, "CONNECTION_CLOSED"]);
  });

  it("the overflow is not asked", () => {
    const offered: unknown[] = [];
    const overflow = {
      name: "mine",
      engaged: true,
      offer: (message: unknown) => {
        offered.push(message);
        return "taken" as const;
      },
    };
    const world = new IntakeWorld({ overflow });
    world.intake.finishing = true;
    expect(world.fill()).toEqual([0, "CONNECTION_DRAINING"]);
    expect(offered).toEqual([]);
  });
});
