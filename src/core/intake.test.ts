import { describe, expect, it } from "vitest";
import type { CodedError } from "../errors.js";
import { ChunkPool } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { parseInfo } from "../wire/info.js";
import { Books } from "./books.js";
import { Intake } from "./intake.js";
import type { EngineOptions } from "./options.js";
import { Window } from "./window.js";

const SINK = { onSettled() {}, onDropped() {}, isWanted: () => true };
/** `PUB a 10`, its payload, and two line ends. */
const FRAME = 22;

/** An intake whose connection is up or not as the test says. */
function world(reconnectBufSize: number, maxPending = 1000) {
  const state = { connected: false, closed: false };
  const pool = new ChunkPool();
  const window = new Window(pool, new Books(), SINK);
  const intake = new Intake({ reconnectBufSize, maxPending } as EngineOptions, state, window);
  const put = (payload = "0123456789") => {
    const entry = intake.subjects.get("a");
    intake.admit(window, entry, "", undefined, payload);
    window.append(Kind.Data, entry, "", undefined, payload, 0);
  };
  /** Puts until it is refused; returns how many were taken, and why no more. */
  const fill = (most = 1000) => {
    for (let count = 0; count < most; count++) {
      try {
        put();
      } catch (error) {
        return [count, (error as CodedError).code];
      }
    }
    return [most, undefined];
  };
  const confirmAll = () => {
    const position = window.appendPing(0);
    while (window.nextRun()) pool.unref(window.outChunk!);
    window.confirm(position, 0);
  };
  const lose = () => {
    window.rewind(0, true);
    state.connected = false;
    intake.outageBegins();
  };
  return { state, window, intake, put, fill, confirmAll, lose };
}

describe("during an outage", () => {
  it("so many encoded bytes are taken, counted from its beginning", () => {
    const { state, fill, lose } = world(10 * FRAME);
    state.connected = true;
    fill(5);
    lose();
    expect(fill()).toEqual([10, "BUFFER_FULL"]);
  });

  it("the next outage has the whole room again, when what the last one left is confirmed", () => {
    const { state, fill, confirmAll, lose } = world(10 * FRAME);
    expect(fill()).toEqual([10, "BUFFER_FULL"]);
    state.connected = true;
    confirmAll();
    lose();
    expect(fill()).toEqual([10, "BUFFER_FULL"]);
  });

  it("a link that comes and goes without confirming anything gives no new room", () => {
    const { state, fill, lose } = world(10 * FRAME);
    expect(fill(6)).toEqual([6, undefined]);
    for (let i = 0; i < 5; i++) {
      state.connected = true;
      lose();
    }
    expect(fill()).toEqual([4, "BUFFER_FULL"]);
  });

  it("nothing is taken with -1", () => {
    expect(world(-1).fill()).toEqual([0, "DISCONNECTED"]);
  });
});

describe("while connected", () => {
  it("reconnectBufSize does not count; maxPending does, once the event loop has turned above it", () => {
    const { state, window, intake, fill } = world(0, 10 * FRAME);
    state.connected = true;
    expect(fill(100)).toEqual([100, undefined]);
    intake.turned(window.bytes);
    expect(fill()).toEqual([0, "MAX_PENDING_EXCEEDED"]);
  });

  it("what is held back does not refuse the requests that are to let it go", () => {
    const { state, window, intake, fill } = world(0, 10 * FRAME);
    state.connected = true;
    fill(10);
    intake.turned(window.bytes);
    const express = new Window(new ChunkPool(), new Books(), SINK);
    expect(() => intake.admit(express, intake.subjects.get("a"), "", undefined, "x")).not.toThrow();
    expect(() => intake.admit(window, intake.subjects.get("a"), "", undefined, "x")).toThrow(
      expect.objectContaining({ code: "MAX_PENDING_EXCEEDED" }),
    );
  });

  it("it goes on when what waited is confirmed", () => {
    const { state, window, intake, fill, confirmAll } = world(0, 10 * FRAME);
    state.connected = true;
    fill(20);
    intake.turned(window.bytes);
    confirmAll();
    expect(fill(5)).toEqual([5, undefined]);
  });
});

describe("a server", () => {
  it("says how much it takes, and whether with headers; before the first INFO the defaults of servers hold", () => {
    const { state, intake, put } = world(1e6);
    state.connected = true;
    put("x".repeat(1000));
    intake.serverInfo(parseInfo('{"max_payload":100}'));
    expect(() => put("x".repeat(101))).toThrow(expect.objectContaining({ code: "MAX_PAYLOAD_EXCEEDED" }));
    const entry = intake.subjects.get("a");
    const { window } = world(0);
    expect(() => intake.admit(window, entry, "", Buffer.alloc(12), "")).toThrow(
      expect.objectContaining({ code: "HEADERS_UNSUPPORTED" }),
    );
    intake.serverInfo(parseInfo('{"headers":true}'));
    expect(() => intake.admit(window, entry, "", Buffer.alloc(12), "")).not.toThrow();
  });
});

describe("at the end", () => {
  it("nothing is taken any more, and it says why", () => {
    const { state, intake, fill } = world(1e6);
    intake.finishing = true;
    expect(fill()).toEqual([0, "CONNECTION_DRAINING"]);
    state.closed = true;
    expect(fill()).toEqual([0, "CONNECTION_CLOSED"]);
  });
});
