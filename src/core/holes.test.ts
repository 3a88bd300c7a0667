import { describe, expect, it, vi } from "vitest";
import { WindowWorld } from "../testing/worlds/window-world.js";
import { CHUNK_BYTES } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { Margin } from "./margin.js";

/** Three of these fill a chunk. */
const THIRD = Buffer.alloc(20_000);
/** Bytes of such a frame to `a0`. */
const BYTES = "PUB a0 20000\r\n".length + THIRD.length + 2;
const PING = "PING\r\n".length;
const always = () => true;

/** A window with the frames `a0` …, three in a chunk, of which none was written. */
function filled(count: number, margin = new Margin(0, 0)): WindowWorld {
  const world = new WindowWorld(margin);
  for (let i = 0; i < count; i++) world.append(Kind.Data, `a${i}`, THIRD);
  return world;
}

/** Numbers of the frames to `a…`: each third one has a PING behind it. */
const seqOf = (i: number) => i + Math.floor(i / 3);

function drop(world: WindowWorld, ...indexes: number[]): void {
  for (const i of indexes) expect(world.window.dropFrame(seqOf(i), "ttl")).toBe(true);
}

describe("a hole", () => {
  it("is skipped on writing, and its bytes do not count any more", () => {
    const world = filled(3);
    drop(world, 1);
    expect(world.window.bytes).toBe(2 * BYTES);
    expect(world.write()).toEqual(["a0", "a2"]);
    expect(world.books).toMatchObject({ accepted: 3, dropped: 1, pending: 2 });
  });

  it("leaves the bytes right when what is around it is confirmed, before it, in it, behind it", () => {
    const world = new WindowWorld();
    world.data("a");
    world.window.appendPing(0);
    world.data("gone", "b");
    world.window.appendPing(0);
    world.data("c");
    const [a, gone, frame] = ["PUB a 1\r\nx\r\n", "PUB gone 1\r\nx\r\n", "PUB b 1\r\nx\r\n"].map(
      (x) => x.length,
    );
    expect(world.window.bytes).toBe(a + PING + gone + frame + PING + frame);
    world.window.dropFrame(2, "ttl");
    expect(world.window.bytes).toBe(a + PING + frame + PING + frame);
    world.write();
    world.pong();
    expect(world.window.bytes).toBe(frame + PING + frame);
    world.pong();
    expect(world.window.bytes).toBe(frame);
    expect(world.books).toMatchObject({ confirmed: 2, dropped: 1, pending: 1 });
  });

  it("of a refused frame that was written is no more among the bytes, and is confirmed with the rest", () => {
    const world = filled(2);
    world.window.appendPing(0);
    world.write();
    world.refuse("a0");
    expect(world.window.bytes).toBe(BYTES + PING);
    world.pong();
    expect(world.window.bytes).toBe(0);
    expect(world.books).toMatchObject({ refused: 1, confirmed: 1, pending: 0 });
  });
});

describe("a chunk of nothing but holes", () => {
  it("goes back to the pool at the next sweep, with its PING", () => {
    const world = filled(9);
    const before = world.window.bytes;
    drop(world, 3, 4, 5);
    expect(world.window.held).toBe(3);
    world.window.sweep();
    expect(world.window.held).toBe(2);
    expect(world.pool.used).toBe(2);
    expect(world.window.bytes).toBe(before - 3 * BYTES - PING);
    expect(world.write()).toEqual(["a0", "a1", "a2", "PING", "a6", "a7", "a8"]);
  });

  it("stays while something in it waits, while it is the tail, and while the link has some of it", () => {
    const world = filled(9);
    drop(world, 4, 5, 6, 7, 8);
    world.window.sweep();
    expect(world.window.held).toBe(3);
    // The link has got a0 to a3, which lies in the chunk of the holes.
    for (let i = 0; i < 2; i++) world.run();
    expect(world.window.takeBack(seqOf(3), "timeout")).toBe(false);
    world.refuse("a3");
    world.window.sweep();
    expect(world.window.held).toBe(3);
  });

  it("makes room by itself as soon as another chunk is opened", () => {
    const world = filled(6);
    drop(world, 0, 1, 2);
    expect(world.window.held).toBe(2);
    world.append(Kind.Data, "more", THIRD);
    expect(world.window.held).toBe(2);
    expect(world.write()).toEqual(["a3", "a4", "a5", "PING", "more"]);
  });

  it("is no harm to confirmations across it: bytes and counts agree", () => {
    const world = filled(12);
    world.window.appendPing(0);
    drop(world, 3, 4, 5, 6, 7, 8);
    world.window.sweep();
    expect(world.window.held).toBe(2);
    expect(world.write()).toEqual(["a0", "a1", "a2", "PING", "a9", "a10", "a11", "PING"]);
    world.pong();
    expect(world.books).toMatchObject({ confirmed: 3, pending: 3 });
    // A frame to a10 or a11 is one byte longer.
    expect(world.window.bytes).toBe(3 * BYTES + 2 + PING);
    world.pong();
    expect(world.window.bytes).toBe(0);
    expect(world.books).toMatchObject({ confirmed: 6, dropped: 6, pending: 0 });
    expect(world.pool.used).toBe(0);
  });

  it("before and behind which nothing is left leaves an empty window", () => {
    const world = filled(7);
    drop(world, 0, 1, 2, 3, 4, 5);
    world.window.sweep();
    drop(world, 6);
    expect(world.window.bytes).toBe(0);
    expect(world.write()).toEqual([]);
    expect(world.window.drained).toBe(true);
  });

  it("is not written again after a reconnect, and what is around it is, in order", () => {
    const world = filled(9);
    world.write();
    world.die();
    drop(world, 3, 4, 5);
    world.window.sweep();
    world.append(Kind.Data, "new");
    expect(world.die()).toEqual({ replay: 0, unconfirmed: 0 });
    expect(world.write()).toEqual(["a0", "a1", "a2", "PING", "a6", "a7", "a8", "new"]);
  });

  it("whose PING is gone leaves nothing without a PING: what is before it gets another", () => {
    const world = new WindowWorld();
    for (let i = 0; i < 3; i++) world.append(Kind.Data, `a${i}`, THIRD);
    world.window.appendPing(0);
    world.append(Kind.Data, "b", THIRD);
    world.append(Kind.Data, "b", THIRD);
    world.append(Kind.Data, "b", THIRD);
    world.window.appendPing(0);
    expect(world.window.unfenced).toBe(false);
    for (const seq of [4, 5, 6]) world.window.dropFrame(seq, "ttl");
    world.append(Kind.Data, "c", Buffer.alloc(60_000));
    world.window.appendPing(0);
    world.write();
    while (world.pings.length > 0) world.pong();
    expect(world.books).toMatchObject({ pending: 0, confirmed: 4, dropped: 3 });
    expect(world.window.bytes).toBe(0);
    expect(world.pool.used).toBe(0);
  });

  it("is not given away while a write still refers to it", () => {
    const world = filled(6);
    world.window.nextRun();
    const chunk = world.window.outChunk!;
    world.die();
    drop(world, 0, 1, 2);
    world.window.sweep();
    expect(world.window.held).toBe(1);
    expect(world.pool.free).toBe(0);
    world.pool.unref(chunk);
    expect(world.pool.free).toBe(1);
  });

  it("does not go under the feet of a scan whose sink appends", () => {
    const world = filled(6);
    const seen: string[] = [];
    const { onDropped } = world;
    world.onDropped = (window, chunk, frame, reason) => {
      onDropped.call(world, window, chunk, frame, reason);
      seen.push(`${chunk.base + frame}`);
      if (seen.length < 4) world.append(Kind.Data, "more", Buffer.alloc(CHUNK_BYTES));
    };
    world.window.recheck(19_999, true);
    expect(seen.slice(0, 6)).toEqual(["0", "1", "2", "4", "5", "6"]);
    expect(world.books.balanced).toBe(true);
    world.window.close();
    expect(world.books).toMatchObject({ pending: 0, accepted: 9, dropped: 9 });
    expect(world.pool.used).toBe(0);
  });
});

describe("holes and the margin", () => {
  it("what is kept beyond its confirmation does not count, with holes or without", () => {
    const world = filled(6, new Margin(1000, 2 ** 30));
    drop(world, 1, 3);
    world.window.appendPing(0);
    world.write();
    world.pong(10);
    world.pong(10);
    expect(world.window.bytes).toBe(0);
    expect(world.window.held).toBe(2);
    expect(world.die(20).replay).toBe(4);
    expect(world.window.bytes).toBe(0);
    expect(world.write().filter((name) => name !== "PING")).toEqual(["a0", "a2", "a4", "a5"]);
    expect(world.books).toMatchObject({ confirmed: 4, dropped: 2, pending: 0, replayed: 4 });
  });

  it("a hole made in what is kept is no hole in what counts", () => {
    const world = filled(2, new Margin(1000, 2 ** 30));
    world.window.appendPing(0);
    world.write();
    world.pong(10);
    world.append(Kind.Data, "young", "x");
    const { bytes } = world.window;
    world.die(20);
    world.window.recheck(100, true);
    expect(world.window.bytes).toBe(bytes);
    expect(world.books).toMatchObject({ confirmed: 2, dropped: 0, pending: 1 });
    expect(world.write().filter((name) => name !== "PING")).toEqual(["young"]);
  });
});

describe("dropping the oldest", () => {
  /** Drops one message. */
  const one = (world: WindowWorld, mayGo: (seq: number) => boolean = always) =>
    world.window.dropOldest(1, 0, mayGo);

  it("takes as many as are needed, by count or by bytes, the oldest first", () => {
    const world = filled(6);
    expect(world.window.dropOldest(2, 0, always)).toBe(true);
    expect(world.told).toEqual(["drop-oldest 0 a0", "drop-oldest 1 a1"]);
    expect(world.window.dropOldest(0, BYTES + 1, always)).toBe(true);
    expect(world.told.slice(2)).toEqual(["drop-oldest 2 a2", "drop-oldest 4 a3"]);
    expect(world.window.dropOldest(0, 0, always)).toBe(true);
    expect(world.write()).toEqual(["PING", "a4", "a5"]);
    expect(world.books.dropReasons["drop-oldest"]).toBe(4);
  });

  it("takes none when not enough may go", () => {
    const world = filled(3);
    expect(world.window.dropOldest(4, 0, always)).toBe(false);
    expect(world.window.dropOldest(0, 3 * BYTES + 1, always)).toBe(false);
    expect(world.told).toEqual([]);
    expect(world.window.dropOldest(3, 3 * BYTES, always)).toBe(true);
    expect(world.books).toMatchObject({ dropped: 3, pending: 0 });
  });

  it("spares what is on the link, what may not go, and all that is no plain message", () => {
    const world = new WindowWorld();
    world.data("linked");
    world.write();
    for (const kind of [Kind.Request, Kind.SafeRequest, Kind.Control, Kind.Pull])
      world.append(kind, "special");
    world.window.appendProtocol(Buffer.from("SUB a 1\r\n"), 0);
    const kept = world.append(Kind.Data, "kept");
    world.append(Kind.DataOnce, "once");
    expect(one(world, (seq) => seq !== kept)).toBe(true);
    expect(world.told).toEqual([expect.stringMatching(/once$/)]);
    expect(one(world, (seq) => seq !== kept)).toBe(false);
    expect(world.books).toMatchObject({ dropped: 1, pending: 6 });
  });

  it("finds what is appended later, and what has come back from a dead link", () => {
    const world = new WindowWorld();
    world.data("a");
    world.write();
    expect(one(world)).toBe(false);
    world.data("b");
    expect(one(world)).toBe(true);
    expect(one(world)).toBe(false);
    world.die();
    expect(one(world)).toBe(true);
    expect(world.told).toEqual(["drop-oldest 1 b", "drop-oldest 0 a"]);
    expect(world.books).toMatchObject({ accepted: 2, dropped: 2 });
  });

  it("costs constant time: a full buffer of small messages is turned over quickly", () => {
    const world = new WindowWorld();
    for (let i = 0; i < 20_000; i++) world.append(Kind.Data, "a", "");
    let asked = 0;
    const count = () => {
      asked++;
      return true;
    };
    for (let i = 0; i < 20_000; i++) {
      expect(one(world, count)).toBe(true);
      world.append(Kind.Data, "a", "");
    }
    expect(asked).toBe(20_000);
    expect(world.window.held).toBeLessThan(16);
    expect(world.books).toMatchObject({ accepted: 40_000, dropped: 20_000, pending: 20_000 });
  });

  it("costs constant time also when nothing may go, as long as all is on the link", () => {
    const world = new WindowWorld();
    for (let i = 0; i < 20_000; i++) world.append(Kind.Data, "a", "");
    world.write();
    const looks = vi.spyOn(world.window as unknown as { isBehindCursor(): boolean }, "isBehindCursor");
    for (let i = 0; i < 100; i++) expect(one(world)).toBe(false);
    expect(looks.mock.calls.length).toBeLessThan(30_000);
  });
});

describe("counting", () => {
  it("finds positions by what still waits, over holes and other frames", () => {
    const world = filled(5);
    drop(world, 1, 2);
    expect(world.window.countPending(0, 100)).toBe(3);
    expect(world.window.countPending(seqOf(1), seqOf(3))).toBe(0);
    expect(world.window.positionAfter(0, 1)).toBe(1);
    expect(world.window.positionAfter(0, 2)).toBe(seqOf(3) + 1);
    expect(world.window.positionAfter(0, 99)).toBe(seqOf(4) + 1);
    expect(world.window.positionAfter(7, 0)).toBe(7);
  });
});

describe("a limit", () => {
  it("holds back what is behind it, in the middle of a chunk and across chunks, until it is lifted", () => {
    for (const limit of [1, 2, 4, 5]) {
      const world = filled(6);
      world.window.limit = limit;
      const before = world.write();
      expect(before).toEqual(["a0", "a1", "a2", "PING", "a3", "a4", "a5"].slice(0, limit));
      expect(world.window.handed).toBe(limit);
      world.window.limit = Number.POSITIVE_INFINITY;
      expect([...before, ...world.write()]).toEqual(["a0", "a1", "a2", "PING", "a3", "a4", "a5"]);
    }
  });

  it("is reached over holes", () => {
    const world = filled(3);
    drop(world, 1, 2);
    world.window.limit = 3;
    expect(world.write()).toEqual(["a0"]);
    expect(world.window.handed).toBe(3);
  });

  it("whose chunk has gone back can be confirmed all the same", () => {
    const world = new WindowWorld();
    world.append(Kind.Data, "culprit", Buffer.alloc(60_000));
    world.window.limit = world.window.position;
    world.window.dropFrame(0, "ttl");
    world.append(Kind.Data, "next", Buffer.alloc(60_000));
    expect(world.window.held).toBe(1);
    world.write();
    expect(world.window.handed).toBeGreaterThanOrEqual(world.window.limit);
    world.window.confirm(world.window.limit, 0);
    expect(world.window.bytes).toBe("PUB next 60000\r\n".length + 60_000 + 2);
  });
});
