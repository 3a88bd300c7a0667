import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHUNK_BYTES, CHUNK_FRAMES, type Chunk, ChunkPool } from "../wire/chunk.js";
import { decodePublish } from "../wire/encoder.js";
import { Kind } from "../wire/frame.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { Books, type DropReason } from "./books.js";
import { Margin } from "./margin.js";
import { Window, type WindowSink } from "./window.js";

const subjects = new SubjectCache();
const MESSAGES: readonly number[] = [
  Kind.Data,
  Kind.DataOnce,
  Kind.Request,
  Kind.SafeRequest,
  Kind.Control,
  Kind.Pull,
];

/** A window with a link that the test plays: what is written, answered and lost is in its hands. */
class World implements WindowSink {
  readonly pool = new ChunkPool();
  readonly books = new Books();
  readonly window: Window;
  /** What the sink was told, as text. */
  readonly told: string[] = [];
  /** Positions of the PINGs that wait for their PONG. */
  pings: number[] = [];

  /** Read-only requests that someone still waits for. */
  isWanted: (window: Window, seq: number) => boolean = () => true;

  constructor(margin = new Margin(0, 0)) {
    this.window = new Window(this.pool, this.books, this, margin);
  }

  onSettled(_window: Window, seq: number, outcome: string): void {
    this.told.push(`${outcome} ${seq}`);
  }

  onDropped(_window: Window, chunk: Chunk, frame: number, reason: DropReason): void {
    this.told.push(`${reason} ${chunk.base + frame} ${decodePublish(chunk, frame).subject}`);
  }

  append(kind: number, subject: string, payload: Uint8Array | string = "x", now = 0): number {
    this.window.append(kind, subjects.get(subject), "", undefined, payload, now);
    return this.window.position - 1;
  }

  refuse(subject: string): boolean {
    return this.window.refuse((frame) => frame.subject === subject);
  }

  data(...names: string[]): void {
    for (const name of names) this.append(Kind.Data, name);
  }

  /** Takes one run, as text; the write is over at once. */
  run(): string | undefined {
    const { window, pool } = this;
    if (!window.nextRun()) return undefined;
    const chunk = window.outChunk!;
    for (const ping of chunk.pings) {
      if (ping >= window.outFirst && ping < window.outLast) this.pings.push(chunk.base + ping + 1);
    }
    const text = chunk.bytes.toString("utf8", window.outStart, window.outEnd);
    pool.unref(chunk);
    return text;
  }

  /** Writes all there is; returns the subjects of messages and the names of other frames. */
  write(): string[] {
    let text = "";
    for (let run = this.run(); run !== undefined; run = this.run()) text += run;
    return [...text.matchAll(/^(?:H?PUB (\S+) .*\r\n.*|(PING|SUB|UNSUB)\b.*)\r\n/gm)].map(
      (m) => m[1] ?? m[2],
    );
  }

  pong(now = 0): void {
    this.window.confirm(this.pings.shift()!, now);
  }

  die(now = 0, unclean = true) {
    this.pings = [];
    return this.window.rewind(now, unclean);
  }
}

describe("a message", () => {
  it("is kept after it was written, and let go of when the PONG behind it has come", () => {
    const world = new World();
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
    const world = new World();
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
    const world = new World();
    world.data("a");
    expect(world.write()).toEqual(["a"]);
    expect(world.write()).toEqual([]);
    world.data("b");
    expect(world.write()).toEqual(["b"]);
  });

  it("is written with the very same bytes each time", () => {
    const world = new World();
    const payload = "é\r\nPUB x 1\r\n\u{1f600}";
    world.append(Kind.Data, "a.é", payload);
    const wire = `PUB a.é ${Buffer.byteLength(payload)}\r\n${payload}\r\n`;
    for (let link = 0; link < 3; link++) {
      expect(world.run()).toBe(wire);
      world.die();
    }
  });

  it("that was confirmed stays confirmed when the link dies later", () => {
    const world = new World();
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
    const world = new World();
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
    const world = new World();
    world.die();
    world.append(kind, "once");
    world.die();
    expect(world.write()).toEqual(["once"]);
    expect(world.die()).toEqual({ replay: 0, unconfirmed: 1 });
    expect(world.write()).toEqual([]);
  });

  it("a pull that never left is dropped when the link dies: it is not even buffered", () => {
    const world = new World();
    world.append(Kind.Pull, "pull");
    expect(world.die()).toEqual({ replay: 0, unconfirmed: 0 });
    expect(world.told).toEqual(["pull 0 pull"]);
    expect(world.books).toMatchObject({ dropped: 1, pending: 0 });
    expect(world.write()).toEqual([]);
  });

  it("SUB and UNSUB of a dead link are not written to the next, which gets the whole table", () => {
    const world = new World();
    world.window.appendProtocol(Buffer.from("SUB a 1\r\n"), 0);
    world.data("a");
    world.window.appendProtocol(Buffer.from("UNSUB 1\r\n"), 0);
    expect(world.write()).toEqual(["SUB", "a", "UNSUB"]);
    world.window.appendProtocol(Buffer.from("SUB b 2\r\n"), 0);
    world.die();
    expect(world.write()).toEqual(["a"]);
  });

  it("a read-only JetStream request is written again, as long as someone waits for its answer", () => {
    const world = new World();
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
    const world = new World();
    world.data("a");
    expect(world.window.unfenced).toBe(true);
    const position = world.window.appendPing(0);
    expect(world.window.unfenced).toBe(false);
    expect(world.window.appendPing(0)).toBe(position);
    expect(world.write()).toEqual(["a", "PING"]);
  });

  it("another follows when the last has been answered", () => {
    const world = new World();
    world.window.appendPing(0);
    world.write();
    world.pong();
    const position = world.window.position;
    expect(world.window.appendPing(0)).toBe(position + 1);
    expect(world.write()).toEqual(["PING"]);
  });

  it("close every chunk that has something to confirm", () => {
    const world = new World();
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
    const world = new World();
    for (let i = 0; i < 3 * CHUNK_FRAMES; i++) world.append(Kind.Data, "s", "");
    const names = world.write();
    expect(names).toHaveLength(3 * CHUNK_FRAMES + 3);
    expect(names.filter((name) => name === "s")).toHaveLength(3 * CHUNK_FRAMES);
    while (world.pings.length > 0) world.pong();
    expect(world.books.pending).toBe(3 * CHUNK_FRAMES - 3 * (CHUNK_FRAMES - 1));
  });

  it("fit behind a frame that fills its chunk to the last byte, and behind one larger than a chunk", () => {
    for (let size = CHUNK_BYTES - 60; size < CHUNK_BYTES + 10; size++) {
      const world = new World();
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
    const world = new World();
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

describe("refusals", () => {
  it("go to the oldest unconfirmed message to that subject that is on the link", () => {
    const world = new World();
    world.data("a", "b", "a", "c");
    world.window.appendPing(0);
    world.write();
    world.data("a");
    expect(world.refuse("a")).toBe(true);
    expect(world.refuse("a")).toBe(true);
    expect(world.told).toEqual(["refused 0", "refused 2"]);
    expect(world.refuse("a")).toBe(false);
    expect(world.refuse("nobody")).toBe(false);
    world.pong();
    expect(world.books).toMatchObject({ accepted: 5, refused: 2, confirmed: 2, pending: 1 });
    expect(world.write()).toEqual(["a"]);
  });

  it("are not written again after a reconnect", () => {
    const world = new World();
    world.data("a", "b");
    world.write();
    world.refuse("a");
    expect(world.die()).toEqual({ replay: 1, unconfirmed: 0 });
    expect(world.write()).toEqual(["b"]);
  });

  it("after a reconnect concern only what the new link has got", () => {
    const world = new World();
    world.data("a");
    world.write();
    world.die();
    expect(world.refuse("a")).toBe(false);
    world.write();
    expect(world.refuse("a")).toBe(true);
  });
});

describe("a new server", () => {
  it("does not get what it would close the connection for: too large, or headers where there are none", () => {
    const world = new World();
    const { window } = world;
    world.data("ok");
    world.append(Kind.Data, "large", "x".repeat(2000));
    window.append(Kind.Data, subjects.get("headers"), "", Buffer.from("NATS/1.0\r\n\r\n"), "x", 0);
    world.write();
    world.die();
    window.recheck(1000, false);
    expect(world.told).toEqual(["max-payload 1 large", "headers 2 headers"]);
    expect(world.write()).toEqual(["ok"]);
    expect(world.books).toMatchObject({ accepted: 3, dropped: 2, pending: 1 });
    expect(world.books.dropReasons).toMatchObject({ "max-payload": 1, headers: 1 });
  });

  it("gets everything when nothing is too much for it", () => {
    const world = new World();
    world.data("a", "b");
    world.window.recheck(1, true);
    expect(world.told).toEqual([]);
    expect(world.write()).toEqual(["a", "b"]);
  });
});

describe("taking back", () => {
  it("what was not written: it is never written, and nothing else is lost", () => {
    const world = new World();
    world.data("a");
    const seq = world.append(Kind.Request, "late");
    world.data("b");
    expect(world.window.isPending(seq)).toBe(true);
    expect(world.window.takeBack(seq, "timeout")).toBe(true);
    expect(world.window.isPending(seq)).toBe(false);
    expect(world.window.takeBack(seq, "timeout")).toBe(false);
    expect(world.told).toEqual([`timeout ${seq} late`]);
    expect(world.write()).toEqual(["a", "b"]);
    expect(world.books).toMatchObject({ accepted: 3, dropped: 1, pending: 2 });
  });

  it("is too late for what is on the link", () => {
    const world = new World();
    const seq = world.append(Kind.Data, "sent");
    world.write();
    expect(world.window.isHanded(seq)).toBe(true);
    expect(world.window.takeBack(seq, "timeout")).toBe(false);
    expect(world.books).toMatchObject({ pending: 1, dropped: 0 });
  });

  it("what only a dead link has carried ends as unconfirmed: a server may have got it", () => {
    const world = new World();
    const seq = world.append(Kind.SafeRequest, "info");
    world.write();
    world.die();
    expect(world.window.takeBack(seq, "timeout")).toBe(true);
    expect(world.told).toEqual([`unconfirmed ${seq}`]);
    expect(world.write()).toEqual([]);
    expect(world.books).toMatchObject({ unconfirmed: 1, pending: 0, replayed: 0 });
  });

  it("knows no frame that is confirmed, not a message, or not there", () => {
    const world = new World();
    world.data("a");
    const ping = world.window.appendPing(0) - 1;
    world.write();
    world.pong();
    world.data("b");
    for (const seq of [-1, 0, ping, world.window.position, 99]) {
      expect(world.window.isPending(seq)).toBe(false);
      expect(world.window.takeBack(seq, "timeout")).toBe(false);
    }
  });
});

describe("closing", () => {
  it("ends what was written as unconfirmed and what never left as dropped, and holds nothing", () => {
    const world = new World();
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
    const world = new World();
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
    const world = new World();
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
    const world = new World();
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

  it("oldestAt does not take the time of a confirmed message that is only kept for the margin", () => {
    const world = new World(new Margin(60_000, 2 ** 30));
    world.append(Kind.Data, "a", "x", 0);
    world.window.appendPing(0);
    world.write();
    world.pong(5);
    world.append(Kind.Data, "b", "x", 30_000);
    expect(world.window.oldestAt).toBeGreaterThan(29_000);
  });
});

describe("the margin", () => {
  const confirmed = (world: World, name: string, at: number) => {
    world.append(Kind.Data, name, "x", at);
    world.window.appendPing(at);
    world.write();
    world.pong(at);
  };

  it("keeps confirmed messages and writes them again after an unclean death", () => {
    const world = new World(new Margin(100, 2 ** 30));
    confirmed(world, "old", 0);
    confirmed(world, "young", 60);
    world.data("new");
    world.write();
    expect(world.die(120)).toEqual({ replay: 2, unconfirmed: 0 });
    expect(world.write().filter((name) => name !== "PING")).toEqual(["young", "new"]);
    expect(world.books).toMatchObject({ confirmed: 2, pending: 1, replayed: 2 });
  });

  it("is not replayed when the link was left on purpose", () => {
    const world = new World(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    expect(world.die(10, false)).toEqual({ replay: 0, unconfirmed: 0 });
    expect(world.write()).toEqual([]);
  });

  it("never replays requests, at-most-once data or read-only requests that were confirmed", () => {
    const world = new World(new Margin(100, 2 ** 30));
    for (const kind of MESSAGES) world.append(kind, `kind${kind}`);
    world.window.appendPing(0);
    world.write();
    world.pong(0);
    world.die(10);
    expect(world.write().filter((name) => name !== "PING")).toEqual([`kind${Kind.Data}`]);
    expect(world.books).toMatchObject({ confirmed: 6, unconfirmed: 0, pending: 0 });
  });

  it("lets go when its time is over", () => {
    const world = new World(new Margin(100, 2 ** 30));
    expect(world.window.releaseAt).toBe(Number.POSITIVE_INFINITY);
    confirmed(world, "a", 0);
    expect(world.window.held).toBe(1);
    expect(world.window.releaseAt).toBe(100);
    world.window.release(99);
    expect(world.window.held).toBe(1);
    world.window.release(100);
    expect(world.window.held).toBe(0);
    expect(world.window.releaseAt).toBe(Number.POSITIVE_INFINITY);
  });

  it("is bounded in bytes", () => {
    const world = new World(new Margin(1000, 200_000));
    for (let i = 0; i < 100; i++) {
      world.append(Kind.Data, "a", Buffer.alloc(20_000), i);
      world.window.appendPing(i);
      world.write();
      while (world.pings.length > 0) world.pong(i);
      expect(world.window.held * CHUNK_BYTES).toBeLessThan(200_000 + 3 * CHUNK_BYTES);
    }
  });

  it("is replayed although the outage lasted longer than the margin", () => {
    const world = new World(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    expect(world.die(10).replay).toBe(1);
    world.window.release(100);
    world.window.release(5000);
    expect(world.write()).toContain("a");
  });

  it("is still replayed when the next link dies before it has got any of it", () => {
    const world = new World(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    world.die(10);
    world.die(500);
    expect(world.write()).toContain("a");
  });

  it("is still replayed when the next link dies before it has confirmed the replay", () => {
    const world = new World(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    world.die(10);
    expect(world.write()).toContain("a");
    world.die(500);
    expect(world.write()).toContain("a");
  });

  it("holds no chunk on an idle connection after its replay has been confirmed", () => {
    const world = new World(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    world.die(10);
    world.window.release(110);
    world.write();
    while (world.pings.length > 0) world.pong(500);
    const { releaseAt } = world.window;
    if (releaseAt !== Number.POSITIVE_INFINITY) world.window.release(releaseAt);
    expect(world.window.held).toBe(0);
  });
});

interface Frame {
  readonly kind: number;
  readonly subject: string;
  readonly size: number;
  readonly headers: boolean;
  readonly bytes: Buffer;
  gone: boolean;
}

type Step =
  | {
      op: "append";
      kind: number;
      subject: string;
      reply: string;
      headers: boolean;
      payload: { of: string; times: number };
    }
  | { op: "ping" }
  | { op: "sub" }
  | { op: "write"; runs: number }
  | { op: "ended"; count: number }
  | { op: "pong"; count: number }
  | { op: "refuse"; subject: string }
  | { op: "takeBack"; back: number }
  | { op: "die"; unclean: boolean }
  | { op: "connect"; maxPayload: number; headers: boolean }
  | { op: "wait"; ms: number };

const HEADERS = Buffer.from("NATS/1.0\r\nA: b\r\n\r\n");

/** The window once more, as simple as can be: an array of frames and three numbers. */
class Model implements WindowSink {
  readonly frames: Frame[] = [];
  confirmed = 0;
  cursor = 0;
  handed = 0;
  readonly sums = {
    accepted: 0,
    confirmed: 0,
    refused: 0,
    dropped: 0,
    unconfirmed: 0,
    pending: 0,
    replayed: 0,
  };
  readonly sizes = { accepted: 0, confirmed: 0, refused: 0, dropped: 0, unconfirmed: 0, pending: 0 };
  readonly told: string[] = [];
  up = false;
  now = 0;
  /** The next link has not yet confirmed what is written once more because of the margin. */
  private owing = 0;
  private pings: number[] = [];
  private marks: { seq: number; at: number }[] = [];
  private kept = 0;
  private writes: { chunk: Chunk; start: number; bytes: Buffer }[] = [];
  private readonly duration: number;
  private readonly pool = new ChunkPool();
  private readonly books = new Books();
  private readonly window: Window;
  private readonly heard: string[] = [];

  constructor(duration: number) {
    this.duration = duration;
    this.window = new Window(this.pool, this.books, this, new Margin(duration, 2 ** 40));
  }

  onSettled(_window: Window, seq: number, outcome: string): void {
    this.heard.push(`${outcome} ${seq}`);
  }

  isWanted(_window: Window, seq: number): boolean {
    return seq % 3 > 0;
  }

  onDropped(_window: Window, chunk: Chunk, frame: number, reason: DropReason): void {
    const seq = chunk.base + frame;
    expect(decodePublish(chunk, frame).subject).toBe(this.frames[seq].subject);
    this.heard.push(`${reason} ${seq}`);
  }

  private get position(): number {
    return this.frames.length;
  }

  private isMessage(frame: Frame): boolean {
    return !frame.gone && MESSAGES.includes(frame.kind);
  }

  private push(kind: number, subject: string, bytes: Buffer, size = 0, headers = false): void {
    this.frames.push({ kind, subject, size, headers, bytes, gone: false });
  }

  /** A PING may have been put in front of what was appended, to close a chunk. */
  private appended(count: number, push: () => void): void {
    const extra = this.window.position - this.position - count;
    expect(extra === 0 || (extra === 1 && this.unfenced)).toBe(true);
    if (extra === 1) this.push(Kind.Ping, "", Buffer.from("PING\r\n"));
    push();
  }

  private get unfenced(): boolean {
    return this.position > 0 && this.frames[this.position - 1].kind !== Kind.Ping;
  }

  private settle(seq: number, outcome: "confirmed" | "refused" | "dropped" | "unconfirmed"): void {
    const { size } = this.frames[seq];
    this.sums[outcome]++;
    this.sizes[outcome] += size;
    this.sums.pending--;
    this.sizes.pending -= size;
    if (outcome !== "confirmed") this.frames[seq].gone = true;
  }

  private end(seq: number, outcome: "refused" | "unconfirmed"): void {
    this.settle(seq, outcome);
    this.told.push(`${outcome} ${seq}`);
  }

  private drop(seq: number, reason: DropReason): void {
    this.settle(seq, "dropped");
    this.told.push(`${reason} ${seq}`);
  }

  step(step: Step): void {
    switch (step.op) {
      case "append":
        return this.append(step);
      case "ping": {
        const { unfenced } = this;
        const position = this.window.appendPing(this.now);
        if (unfenced || this.confirmed === this.position) this.push(Kind.Ping, "", Buffer.from("PING\r\n"));
        expect(position).toBe(this.position);
        return;
      }
      case "sub": {
        const line = Buffer.from(`SUB s ${this.position}\r\n`);
        this.window.appendProtocol(line, this.now);
        return this.appended(1, () => this.push(Kind.Protocol, "", line));
      }
      case "write":
        for (let i = 0; i < step.runs && this.up; i++) if (!this.write()) return;
        return;
      case "ended":
        for (let i = 0; i < step.count; i++) this.ended();
        return;
      case "pong":
        for (let i = 0; i < step.count && this.pings.length > 0; i++) this.pong();
        return;
      case "refuse":
        return this.refuse(step.subject);
      case "takeBack":
        return this.takeBack(this.position - 1 - step.back);
      case "die":
        return this.die(step.unclean);
      case "connect":
        return this.connect(step.maxPayload, step.headers);
      case "wait":
        this.now += step.ms;
        if (this.window.releaseAt <= this.now) this.window.release(this.now);
    }
  }

  private append(step: Step & { op: "append" }): void {
    const { kind, subject, reply } = step;
    const { of, times } = step.payload;
    const payload = of === "" ? Buffer.alloc(times, "0123456789") : of.repeat(times);
    const headers = step.headers ? HEADERS : undefined;
    this.window.append(kind, subjects.get(subject), reply, headers, payload, this.now);
    const body = Buffer.from(payload as string);
    const size = body.length + (headers?.length ?? 0);
    const sizes = headers === undefined ? `${size}` : `${headers.length} ${size}`;
    const line = `${headers ? "HPUB" : "PUB"} ${subject} ${reply === "" ? "" : `${reply} `}${sizes}\r\n`;
    const bytes = Buffer.concat([Buffer.from(line), headers ?? Buffer.alloc(0), body, Buffer.from("\r\n")]);
    this.appended(1, () => this.push(kind, subject, bytes, size, step.headers));
    this.sums.accepted++;
    this.sums.pending++;
    this.sizes.accepted += size;
    this.sizes.pending += size;
  }

  /** Takes one run: whole frames, none that is gone, none twice, none left out. */
  private write(): boolean {
    const { window, frames } = this;
    let first = this.cursor;
    while (first < this.position && frames[first].gone) first++;
    const found = window.nextRun();
    expect(found).toBe(first < this.position);
    if (!found) return false;
    const chunk = window.outChunk!;
    const last = first + window.outLast - window.outFirst;
    expect(chunk.base + window.outFirst).toBe(first);
    expect(last).toBeGreaterThan(first);
    const run = frames.slice(first, last);
    expect(run.some((frame) => frame.gone)).toBe(false);
    const bytes = Buffer.concat(run.map((frame) => frame.bytes));
    expect(chunk.bytes.subarray(window.outStart, window.outEnd).equals(bytes)).toBe(true);
    this.writes.push({ chunk, start: window.outStart, bytes });
    run.forEach((frame, i) => {
      if (frame.kind === Kind.Ping) this.pings.push(first + i + 1);
      else if (first + i < this.handed && this.isMessage(frame)) this.sums.replayed++;
    });
    const pings = chunk.pings.filter((ping) => ping >= window.outFirst && ping < window.outLast);
    expect(pings.map((ping) => chunk.base + ping)).toEqual(
      run.flatMap((frame, i) => (frame.kind === Kind.Ping ? [first + i] : [])),
    );
    this.cursor = last;
    this.handed = Math.max(this.handed, last);
    return true;
  }

  /** The oldest write has ended: until then its bytes must have stayed what they were. */
  private ended(): void {
    const write = this.writes.shift();
    if (write === undefined) return;
    const { chunk, start, bytes } = write;
    expect(chunk.bytes.subarray(start, start + bytes.length).equals(bytes)).toBe(true);
    this.pool.unref(chunk);
  }

  private pong(): void {
    const position = this.pings.shift()!;
    this.window.confirm(position, this.now);
    for (let seq = this.confirmed; seq < position; seq++) {
      if (this.isMessage(this.frames[seq])) this.settle(seq, "confirmed");
    }
    if (position > this.confirmed) {
      this.confirmed = position;
      this.marks.push({ seq: position, at: this.now });
    }
  }

  private refusedBehind = 0;

  private refuse(subject: string): void {
    // Errors come in the order of what they answer: behind the last refused frame first.
    let wanted = -1;
    for (const from of [Math.max(this.confirmed, this.refusedBehind), this.confirmed]) {
      for (let seq = from; seq < this.cursor && wanted === -1; seq++) {
        if (this.isMessage(this.frames[seq]) && this.frames[seq].subject === subject) wanted = seq;
      }
    }
    if (wanted !== -1) this.refusedBehind = wanted + 1;
    expect(this.window.refuse((frame) => frame.subject === subject)).toBe(wanted !== -1);
    if (wanted !== -1) this.end(wanted, "refused");
  }

  private takeBack(seq: number): void {
    if (seq < 0) return;
    const pending = seq >= this.confirmed && this.isMessage(this.frames[seq]);
    expect(this.window.isPending(seq)).toBe(pending);
    expect(this.window.isHanded(seq)).toBe(seq < this.handed);
    const there = pending && seq >= this.cursor;
    expect(this.window.takeBack(seq, "timeout")).toBe(there);
    if (!there) return;
    if (seq < this.handed) this.end(seq, "unconfirmed");
    else this.drop(seq, "timeout");
  }

  private die(unclean: boolean): void {
    // What becomes of a margin that the next link did not confirm either has tests of its own.
    if (this.owing > 0) return;
    for (const mark of this.marks) if (mark.at + this.duration <= this.now) this.kept = mark.seq;
    const from = unclean ? Math.min(this.kept, this.confirmed) : this.confirmed;
    const result = { replay: 0, unconfirmed: 0 };
    for (let seq = from; seq < this.position; seq++) this.rewound(seq, result);
    this.refusedBehind = 0;
    expect(this.window.rewind(this.now, unclean)).toEqual(result);
    this.owing = from < this.confirmed ? this.position : 0;
    this.cursor = from;
    this.pings = [];
    this.up = false;
  }

  private rewound(seq: number, result: { replay: number; unconfirmed: number }): void {
    const frame = this.frames[seq];
    if (frame.kind === Kind.Protocol) frame.gone = true;
    if (!this.isMessage(frame)) return;
    const handed = seq < this.cursor;
    const confirmed = seq < this.confirmed;
    const safe = frame.kind === Kind.SafeRequest && !confirmed && this.isWanted(this.window, seq);
    if (frame.kind === Kind.Data || safe) {
      if (handed) result.replay++;
    } else if (confirmed) {
      frame.gone = true;
    } else if (handed) {
      result.unconfirmed++;
      this.end(seq, "unconfirmed");
    } else if (frame.kind === Kind.Pull) {
      this.drop(seq, "pull");
    }
  }

  private connect(maxPayload: number, headers: boolean): void {
    if (this.up) return;
    this.up = true;
    this.window.recheck(maxPayload, headers);
    this.frames.forEach((frame, seq) => {
      if (!this.isMessage(frame)) return;
      const reason =
        frame.size > maxPayload ? "max-payload" : !headers && frame.headers ? "headers" : undefined;
      if (reason === undefined) return;
      if (seq >= this.confirmed) this.drop(seq, reason);
      else frame.gone = true;
    });
    if (this.owing === 0) return;
    while (this.write());
    while (this.pings.length > 0) this.pong();
    this.owing = 0;
  }

  check(): void {
    const { window, books, sums, sizes } = this;
    expect(books.balanced).toBe(true);
    expect(books).toMatchObject(sums);
    expect(books).toMatchObject({
      acceptedBytes: sizes.accepted,
      confirmedBytes: sizes.confirmed,
      refusedBytes: sizes.refused,
      droppedBytes: sizes.dropped,
      unconfirmedBytes: sizes.unconfirmed,
      pendingBytes: sizes.pending,
    });
    expect(this.heard).toEqual(this.told);
    expect(window.position).toBe(this.position);
    expect(window.confirmed).toBe(this.confirmed);
    expect(window.unfenced).toBe(this.unfenced);
    expect(window.bytes).toBe(
      this.frames.slice(this.confirmed).reduce((sum, frame) => sum + frame.bytes.length, 0),
    );
    if (this.duration === 0 && this.confirmed === this.position && this.cursor === this.position) {
      expect(window.held).toBe(0);
    }
  }

  close(): void {
    this.window.close();
    for (let seq = this.confirmed; seq < this.position; seq++) {
      if (!this.isMessage(this.frames[seq])) continue;
      if (seq < this.handed) this.end(seq, "unconfirmed");
      else this.drop(seq, "closed");
    }
    this.confirmed = this.position;
    this.cursor = this.position;
    expect(this.window.held).toBe(0);
    this.check();
    expect(this.books.pending).toBe(0);
    while (this.writes.length > 0) this.ended();
    expect(this.pool.used).toBe(0);
  }
}

const subject = fc.constantFrom("a", "b.c", "é");
/** A payload in few words, so that a counterexample can be read. */
const payload = fc.oneof(
  { weight: 6, arbitrary: fc.record({ of: fc.constant("x"), times: fc.nat(120) }) },
  { weight: 2, arbitrary: fc.record({ of: fc.constant("é"), times: fc.nat(12) }) },
  { weight: 3, arbitrary: fc.record({ of: fc.constant(""), times: fc.integer({ min: 5000, max: 30_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ of: fc.constant("€"), times: fc.integer({ min: 20_000, max: 24_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ of: fc.constant(""), times: fc.integer({ min: 65_480, max: 65_560 }) }),
  },
);
const few = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constant("append" as const),
      kind: fc.oneof(
        { weight: 3, arbitrary: fc.constant(Kind.Data as number) },
        fc.constantFrom(...MESSAGES),
      ),
      subject,
      reply: fc.constantFrom("", "", "_INBOX.1"),
      headers: fc.boolean(),
      payload,
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("ping" as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("sub" as const) }) },
  { weight: 7, arbitrary: fc.record({ op: fc.constant("write" as const), runs: few }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("ended" as const), count: few }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant("pong" as const), count: few }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("refuse" as const), subject }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("takeBack" as const), back: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("die" as const), unclean: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("connect" as const),
      maxPayload: fc.constantFrom(50, 10_000, 1e9, 1e9),
      headers: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 60 }) }),
  },
);

describe("any history", () => {
  it.each([
    ["without a margin", 0],
    ["with a margin of 50 ms", 50],
  ])(
    "%s agrees with a list of frames: books, positions, bytes and what goes out (property)",
    (_what, duration) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
          const model = new Model(duration);
          for (const one of steps) {
            model.step(one);
            model.check();
          }
          model.close();
        }),
        { numRuns: 100 },
      );
    },
  );
});
