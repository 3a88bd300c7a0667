import { describe, expect, it } from "vitest";
import { WindowWorld } from "../testing/worlds/window-world.js";
import { CHUNK_BYTES, CHUNK_FRAMES } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { CONFIRM_BOUNDS, ConfirmTimes } from "./confirm-times.js";
import { Margin } from "./margin.js";

describe("an idle window", () => {
  // Found by the simulator, seeds 4011012, 4012608 and 4029141.
  it("holds no chunk, also when a PONG has ended the margin before its replay was written", () => {
    const world = new WindowWorld(new Margin(5, 2 ** 30));
    world.data("a");
    world.window.appendPing(0);
    world.write();
    world.pong(0);
    world.die(1);
    world.window.confirm(2, 100);
    expect(world.window.held).toBe(1);
    world.write();
    world.window.releaseIdle(100);
    expect(world.window.held).toBe(0);
  });

  it("keeps what waits, and what the margin keeps", () => {
    const world = new WindowWorld(new Margin(5, 2 ** 30));
    world.data("a");
    world.window.appendPing(0);
    world.write();
    world.window.releaseIdle(0);
    expect(world.window.held).toBe(1);
    world.pong(10);
    world.window.releaseIdle(14);
    expect(world.window.held).toBe(1);
    world.window.releaseIdle(15);
    expect(world.window.held).toBe(0);
  });
});

describe("a message", () => {
  it("is kept after it was written, and let go of when the PONG behind it has come", () => {
    const world = new WindowWorld();
    world.data("a", "b");
    world.window.appendPing(0);
    expect(world.write()).toEqual(["a", "b", "PING"]);
    expect(world.books).toMatchObject({ accepted: 2, pending: 2, confirmed: 0 });
    expect(world.window.held).toBe(1);
    world.pong();
    expect(world.books).toMatchObject({ accepted: 2, pending: 0, confirmed: 2, replayed: 0 });
    expect(world.window.bytes).toBe(0);
    expect(world.window.held).toBe(0);
    expect(world.pool.used).toBe(0);
  });

  it("is written again, in order and before anything newer, when the link dies before its PONG", () => {
    const world = new WindowWorld();
    world.data("a", "b");
    world.window.appendPing(0);
    world.write();
    world.pong();
    world.data("c", "d");
    world.write();
    world.data("e");
    expect(world.die()).toEqual({ replay: 2, unconfirmed: 0 });
    world.data("f");
    expect(world.write()).toEqual(["c", "d", "e", "f"]);
    expect(world.books).toMatchObject({ accepted: 6, confirmed: 2, pending: 4, replayed: 2 });
  });

  it("is not written twice to the same link", () => {
    const world = new WindowWorld();
    world.data("a");
    expect(world.write()).toEqual(["a"]);
    expect(world.write()).toEqual([]);
    world.data("b");
    expect(world.write()).toEqual(["b"]);
  });

  it("is written with the very same bytes each time", () => {
    const world = new WindowWorld();
    const payload = "é\r\nPUB x 1\r\n\u{1f600}";
    world.append(Kind.Data, "a.é", payload);
    const wire = `PUB a.é ${Buffer.byteLength(payload)}\r\n${payload}\r\n`;
    for (let link = 0; link < 3; link++) {
      expect(world.run()).toBe(wire);
      world.die();
    }
  });

  it("that was confirmed stays confirmed when the link dies later", () => {
    const world = new WindowWorld();
    world.data("a");
    world.window.appendPing(0);
    world.write();
    world.pong();
    expect(world.die()).toEqual({ replay: 0, unconfirmed: 0 });
    expect(world.write()).toEqual([]);
    expect(world.books).toMatchObject({ confirmed: 1, pending: 0 });
  });
});

describe("what must not be written twice", () => {
  it.each([
    ["at-most-once data", Kind.DataOnce],
    ["a request", Kind.Request],
    ["control traffic", Kind.Control],
    ["a pull", Kind.Pull],
  ])("%s that was handed to the dead link ends as unconfirmed", (_what, kind) => {
    const world = new WindowWorld();
    const seq = world.append(kind, "once");
    world.data("again");
    expect(world.write()).toEqual(["once", "again"]);
    expect(world.die()).toEqual({ replay: 1, unconfirmed: 1 });
    expect(world.told).toEqual([`unconfirmed ${seq}`]);
    expect(world.books).toMatchObject({ accepted: 2, unconfirmed: 1, pending: 1 });
    expect(world.write()).toEqual(["again"]);
  });

  it.each([
    ["at-most-once data", Kind.DataOnce],
    ["a request", Kind.Request],
    ["control traffic", Kind.Control],
  ])("%s that never left is kept and sent, once", (_what, kind) => {
    const world = new WindowWorld();
    world.die();
    world.append(kind, "once");
    world.die();
    expect(world.write()).toEqual(["once"]);
    expect(world.die()).toEqual({ replay: 0, unconfirmed: 1 });
    expect(world.write()).toEqual([]);
  });

  it("a pull that never left is dropped when the link dies: it is not even buffered", () => {
    const world = new WindowWorld();
    world.append(Kind.Pull, "pull");
    expect(world.die()).toEqual({ replay: 0, unconfirmed: 0 });
    expect(world.told).toEqual(["pull 0 pull"]);
    expect(world.books).toMatchObject({ dropped: 1, pending: 0 });
    expect(world.write()).toEqual([]);
  });

  it("SUB and UNSUB of a dead link are not written to the next, which gets the whole table", () => {
    const world = new WindowWorld();
    world.window.appendProtocol(Buffer.from("SUB a 1\r\n"), 0);
    world.data("a");
    world.window.appendProtocol(Buffer.from("UNSUB 1\r\n"), 0);
    expect(world.write()).toEqual(["SUB", "a", "UNSUB"]);
    world.window.appendProtocol(Buffer.from("SUB b 2\r\n"), 0);
    world.die();
    expect(world.write()).toEqual(["a"]);
  });

  it("a read-only JetStream request is written again, as long as someone waits for its answer", () => {
    const world = new WindowWorld();
    world.append(Kind.SafeRequest, "info");
    world.append(Kind.SafeRequest, "names");
    world.write();
    world.isWanted = (_window, seq) => seq === 1;
    expect(world.die()).toEqual({ replay: 1, unconfirmed: 1 });
    expect(world.told).toEqual(["unconfirmed 0"]);
    expect(world.write()).toEqual(["names"]);
  });
});

describe("PINGs", () => {
  it("one is enough for all that was accepted since the last", () => {
    const world = new WindowWorld();
    world.data("a");
    expect(world.window.unfenced).toBe(true);
    const position = world.window.appendPing(0);
    expect(world.window.unfenced).toBe(false);
    expect(world.window.appendPing(0)).toBe(position);
    expect(world.write()).toEqual(["a", "PING"]);
  });

  it("another follows when the last has been answered", () => {
    const world = new WindowWorld();
    world.window.appendPing(0);
    world.write();
    world.pong();
    const position = world.window.position;
    expect(world.window.appendPing(0)).toBe(position + 1);
    expect(world.write()).toEqual(["PING"]);
  });

  it("close every chunk that has something to confirm", () => {
    const world = new WindowWorld();
    for (let i = 0; i < 8; i++) world.append(Kind.Data, `s${i}`, "x".repeat(20_000));
    const names = world.write();
    expect(names.filter((name) => name === "PING")).toHaveLength(2);
    expect(world.pings).toHaveLength(2);
    world.pong();
    world.pong();
    expect(world.books).toMatchObject({ confirmed: 6, pending: 2 });
    expect(world.window.held).toBe(1);
  });

  it("close a chunk of very small frames when its index is full", () => {
    const world = new WindowWorld();
    for (let i = 0; i < 3 * CHUNK_FRAMES; i++) world.append(Kind.Data, "s", "");
    const names = world.write();
    expect(names).toHaveLength(3 * CHUNK_FRAMES + 3);
    expect(names.filter((name) => name === "s")).toHaveLength(3 * CHUNK_FRAMES);
    while (world.pings.length > 0) world.pong();
    expect(world.books.pending).toBe(3 * CHUNK_FRAMES - 3 * (CHUNK_FRAMES - 1));
  });

  it("fit behind a frame that fills its chunk to the last byte, and behind one larger than a chunk", () => {
    for (let size = CHUNK_BYTES - 60; size < CHUNK_BYTES + 10; size++) {
      const world = new WindowWorld();
      world.append(Kind.Data, "s", Buffer.alloc(size));
      world.window.appendPing(0);
      world.data("after");
      world.window.appendPing(0);
      let bytes = 0;
      for (let run = world.run(); run !== undefined; run = world.run()) bytes += run.length;
      expect(bytes).toBe(world.window.bytes);
      expect(world.pings).toEqual([2, 4]);
      world.pong();
      world.pong();
      expect(world.books).toMatchObject({ confirmed: 2, pending: 0 });
      expect(world.window.held).toBe(0);
    }
  });

  it("are written again with the replay, so that it can be confirmed", () => {
    const world = new WindowWorld();
    world.data("a");
    world.window.appendPing(0);
    world.data("b");
    world.write();
    world.die();
    expect(world.write()).toEqual(["a", "PING", "b"]);
    world.pong();
    expect(world.books).toMatchObject({ confirmed: 1, pending: 1 });
  });
});

describe("closing", () => {
  it("ends what was written as unconfirmed and what never left as dropped, and holds nothing", () => {
    const world = new WindowWorld();
    world.data("confirmed");
    world.window.appendPing(0);
    world.write();
    world.pong();
    world.data("written");
    world.write();
    world.data("kept");
    world.window.close();
    expect(world.told.map((line) => line.split(" ")[0])).toEqual(["unconfirmed", "closed"]);
    expect(world.books).toMatchObject({ accepted: 3, confirmed: 1, unconfirmed: 1, dropped: 1, pending: 0 });
    expect(world.window.held).toBe(0);
    expect(world.window.bytes).toBe(0);
    expect(world.pool.used).toBe(0);
    expect(world.window.nextRun()).toBe(false);
  });

  it("does not give a chunk away that a write still refers to", () => {
    const world = new WindowWorld();
    world.data("a");
    world.window.nextRun();
    const chunk = world.window.outChunk!;
    world.window.close();
    expect(world.pool.free).toBe(0);
    world.pool.unref(chunk);
    expect(world.pool.free).toBe(1);
  });
});

describe("facts", () => {
  it("drained says whether everything has been handed to the link", () => {
    const world = new WindowWorld();
    expect(world.window.drained).toBe(true);
    for (const size of [10, 70_000]) {
      world.append(Kind.Data, "a", Buffer.alloc(size));
      world.window.appendPing(0);
      expect(world.window.drained).toBe(false);
      world.write();
      expect(world.window.drained).toBe(true);
    }
  });

  it("oldestAt is about the time of the oldest unconfirmed message, and nothing when there is none", () => {
    const world = new WindowWorld();
    expect(world.window.oldestAt).toBeUndefined();
    world.append(Kind.Data, "a", "x", 500);
    world.append(Kind.Data, "b", "x", 900);
    expect(world.window.oldestAt).toBe(500);
    world.window.appendPing(900);
    world.write();
    world.pong(1000);
    expect(world.window.oldestAt).toBeUndefined();
    world.append(Kind.Data, "c", "x", 2000);
    expect(world.window.oldestAt).toBe(2000);
  });
});

describe("the times of confirmations", () => {
  /** One message each at these ms, in one chunk, with a PING behind each. */
  function appendAt(world: WindowWorld, ...times: number[]): void {
    for (const now of times) {
      world.append(Kind.Data, "a", "x", now);
      world.window.appendPing(now);
    }
  }

  function counted(): WindowWorld {
    const world = new WindowWorld();
    world.window.times = new ConfirmTimes();
    return world;
  }

  it("are counted by how old the oldest was that the PONG confirms", () => {
    const world = counted();
    world.append(Kind.Data, "a", "x", 100);
    appendAt(world, 103);
    world.write();
    world.pong(104);
    const { counts, sum, count } = world.window.times!;
    expect([counts.indexOf(2), sum, count]).toEqual([CONFIRM_BOUNDS.indexOf(5), 8, 2]);
  });

  it("do not grow while messages follow each other in one chunk: what is behind a PING is no older than that", () => {
    const world = counted();
    appendAt(world, 0, 10, 20, 30);
    world.write();
    for (const now of [0, 10, 20, 30]) world.pong(now + 5, now);
    expect(world.window.times!.sum).toBe(5 + 3 * 15);
    expect(world.window.oldestAt).toBeUndefined();
  });

  it("count in full what was accepted in an outage: its PINGs say nothing of what is behind them", () => {
    const world = counted();
    appendAt(world, 0, 10);
    world.write();
    world.die(20);
    world.append(Kind.Data, "b", "x", 30);
    world.window.appendPing(30);
    world.write();
    for (let i = 0; i < 3; i++) world.pong(10_000);
    const { counts, count } = world.window.times!;
    expect([count, counts[CONFIRM_BOUNDS.indexOf(10_000)]]).toEqual([3, 3]);
  });
});

describe("a run with little room", () => {
  /** Frames of 12 bytes each, of which so many fit. */
  function fitting(room: number, world: WindowWorld): string[] {
    if (!world.window.nextRun(room)) return [];
    const { outChunk, outStart, outEnd } = world.window;
    world.pool.unref(outChunk!);
    return outChunk!.bytes.toString("utf8", outStart, outEnd).match(/PUB . |PING/g) ?? [];
  }

  it("ends behind the last whole frame that fits, and the next one begins there", () => {
    const world = new WindowWorld();
    world.data("a", "b", "c", "d");
    expect(fitting(35, world)).toEqual(["PUB a ", "PUB b "]);
    expect(world.window.handed).toBe(2);
    expect(fitting(24, world)).toEqual(["PUB c ", "PUB d "]);
    expect(fitting(24, world)).toEqual([]);
  });

  it.each([1, 0, -5])("has one frame at least: room for %i", (room) => {
    const world = new WindowWorld();
    world.data("a", "b");
    expect(fitting(room, world)).toEqual(["PUB a "]);
    expect(fitting(room, world)).toEqual(["PUB b "]);
  });

  it("takes the PING with it that stands right behind", () => {
    const world = new WindowWorld();
    world.data("a", "b");
    world.window.appendPing(0);
    world.data("c");
    expect(fitting(24, world)).toEqual(["PUB a ", "PUB b ", "PING"]);
    expect(world.window.endsWithPing).toBe(true);
    expect(fitting(24, world)).toEqual(["PUB c "]);
    expect(world.window.endsWithPing).toBe(false);
  });

  it("ends where the limit is, whatever stands behind it", () => {
    const world = new WindowWorld();
    world.data("a");
    world.window.appendPing(0);
    world.window.limit = 1;
    expect(fitting(5, world)).toEqual(["PUB a "]);
  });

  it("can be confirmed wherever it ends, and all is written once, in order", () => {
    const world = new WindowWorld();
    world.data(..."abcdefgh");
    world.die();
    const pieces = Array.from({ length: 4 }, () => {
      const piece = fitting(24, world);
      world.window.confirm(world.window.handed, 0);
      return piece;
    });
    expect(pieces.flat()).toEqual([..."abcdefgh"].map((name) => `PUB ${name} `));
    expect(world.books).toMatchObject({ confirmed: 8, pending: 0 });
  });
});
