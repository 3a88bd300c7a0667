import { describe, expect, it } from "vitest";
import type { CodedError } from "../errors.js";
import { type Chunk, ChunkPool } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { SubjectCache } from "../wire/subject-cache.js";
import { Books } from "./books.js";
import { type FrameWatch, type PendingRequest, Requests } from "./requests.js";
import { Window, type WindowSink } from "./window.js";

const subjects = new SubjectCache();
const PREFIX = "_INBOX.me.";

/** Requests on a window whose link the test plays. */
class World implements WindowSink {
  readonly requests = new Requests(PREFIX);
  readonly pool = new ChunkPool();
  readonly books = new Books();
  readonly window = new Window(this.pool, this.books, this);
  readonly told: string[] = [];

  onSettled(window: Window, chunk: Chunk, frame: number, outcome: "refused" | "unconfirmed"): void {
    this.requests.frameFailed(window, chunk.base + frame, outcome);
  }
  onDropped(window: Window, chunk: { base: number }, frame: number): void {
    this.requests.frameFailed(window, chunk.base + frame, "dropped");
  }
  isWanted(window: Window, seq: number): boolean {
    return this.requests.isWaiting(window, seq);
  }

  private append(kind: number, name: string, window: Window): number {
    window.append(kind, subjects.get(name), "", undefined, "x", 0);
    return window.position - 1;
  }

  send(
    name: string,
    { kind = Kind.Request as number, deadline = 1000, window = this.window } = {},
  ): PendingRequest {
    const seq = this.append(kind, name, window);
    const request: PendingRequest = {
      token: this.requests.nextToken(),
      subject: name,
      sink: {
        onReply: (buf, _subject, _subjectEnd, _reply, _replyEnd, _start, body, end) =>
          this.told.push(`${name}: ${buf.latin1Slice(body, end)}`),
        onFail: (error) => this.told.push(`${name}: ${describeError(error)}`),
      },
      window,
      seq,
      safe: kind === Kind.SafeRequest,
      again: { payload: "x", headers: undefined },
      deadline,
      heapIndex: -1,
    };
    this.requests.add(request);
    return request;
  }

  watch(name: string, window = this.window): FrameWatch {
    const seq = this.append(Kind.Request, name, window);
    const watch: FrameWatch = {
      subject: name,
      window,
      seq,
      onFail: (error) => this.told.push(`${name}: ${describeError(error)}`),
    };
    this.requests.watch(watch);
    return watch;
  }

  answer(token: string, payload: string): void {
    const subject = PREFIX + token;
    const buf = Buffer.from(subject + payload);
    const end = subject.length;
    this.requests.onMessage(buf, 0, end, end, end, end, end, buf.length);
  }

  write(): void {
    while (this.window.nextRun()) this.pool.unref(this.window.outChunk!);
  }

  /** What the engine does when the link dies. */
  die(): PendingRequest[] {
    const again = this.requests.linkLost(undefined, this.window);
    this.window.rewind(0, true);
    return again;
  }
}

function describeError({ code, detail }: CodedError): string {
  return detail.maybeDelivered === undefined
    ? code
    : `${code} ${detail.maybeDelivered ? "maybe" : "not"} delivered`;
}

describe("answers", () => {
  it("go to the request whose token they carry, once", () => {
    const world = new World();
    const a = world.send("a");
    const b = world.send("b");
    world.answer(b.token, "two");
    world.answer(a.token, "one");
    world.answer(a.token, "again");
    world.answer("nobody", "x");
    world.answer("", "x");
    expect(world.told).toEqual(["b: two", "a: one"]);
    expect(world.requests.size).toBe(0);
    expect(world.requests.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it("on a subject that is shorter than the inbox are passed over, also at the end of a read", () => {
    const world = new World();
    world.send("a");
    for (const subject of ["_", PREFIX.slice(0, -1), PREFIX]) {
      const buf = Buffer.from(subject);
      const end = subject.length;
      world.requests.onMessage(buf, 0, end, end, end, end, end, end);
    }
    expect(world.told).toEqual([]);
    expect(world.requests.size).toBe(1);
  });

  it("that come late reach no other request: tokens are never used twice", () => {
    const world = new World();
    const tokens = Array.from({ length: 10_000 }, () => world.requests.nextToken());
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const token of tokens) expect(token).toMatch(/^[a-z0-9]+$/);
    const old = world.send("old", { deadline: 1 });
    world.requests.expire(1);
    world.send("new");
    world.answer(old.token, "late");
    expect(world.told).toEqual(["old: TIMEOUT not delivered"]);
  });
});

describe("time-outs", () => {
  it("come in their order, when it is time and not before", () => {
    const world = new World();
    world.send("c", { deadline: 30 });
    world.send("a", { deadline: 10 });
    world.send("b", { deadline: 20 });
    expect(world.requests.nextDeadline).toBe(10);
    world.requests.expire(9);
    expect(world.told).toEqual([]);
    world.requests.expire(20);
    expect(world.told).toEqual(["a: TIMEOUT not delivered", "b: TIMEOUT not delivered"]);
    expect(world.requests.nextDeadline).toBe(30);
  });

  it("take a request that was not written yet out of the window", () => {
    const world = new World();
    world.send("a", { deadline: 10 });
    world.requests.expire(10);
    expect(world.told).toEqual(["a: TIMEOUT not delivered"]);
    expect(world.window.nextRun()).toBe(false);
    expect(world.books).toMatchObject({ dropped: 1, pending: 0 });
  });

  it("leave one that was written where it is", () => {
    const world = new World();
    world.send("a", { deadline: 10 });
    world.write();
    world.requests.expire(10);
    expect(world.told).toEqual(["a: TIMEOUT maybe delivered"]);
    expect(world.books).toMatchObject({ dropped: 0, pending: 1 });
  });
});

describe("a request that is given up", () => {
  it("is told nothing more, and taken out of the window if it was not written", () => {
    const world = new World();
    const request = world.send("a", { deadline: Number.POSITIVE_INFINITY });
    expect(world.requests.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    world.requests.cancel(request);
    world.requests.cancel(request);
    world.requests.close();
    expect([world.told, world.requests.size]).toEqual([[], 0]);
    expect(world.books).toMatchObject({ dropped: 1, pending: 0 });
  });

  it("stays where it is when it was written", () => {
    const world = new World();
    const request = world.send("a");
    world.write();
    world.requests.cancel(request);
    expect(world.books).toMatchObject({ dropped: 0, pending: 1 });
  });
});

describe("a lost link", () => {
  it("ends at once what it may have carried to the server, and says so", () => {
    const world = new World();
    world.send("a");
    world.write();
    expect(world.die()).toEqual([]);
    expect(world.told).toEqual(["a: CONNECTION_LOST maybe delivered"]);
    expect(world.requests.size).toBe(0);
  });

  it("also ends what was confirmed and not answered", () => {
    const world = new World();
    world.send("a");
    const position = world.window.appendPing(0);
    world.write();
    world.window.confirm(position, 0);
    world.die();
    expect(world.told).toEqual(["a: CONNECTION_LOST maybe delivered"]);
  });

  it("does not end what was never written: it waits for the next link", () => {
    const world = new World();
    const request = world.send("a");
    expect(world.die()).toEqual([]);
    expect(world.told).toEqual([]);
    world.write();
    world.answer(request.token, "there");
    expect(world.told).toEqual(["a: there"]);
  });

  it("does not end read-only JetStream requests: those in the window are written again", () => {
    const world = new World();
    world.send("info", { kind: Kind.SafeRequest });
    world.write();
    expect(world.die()).toEqual([]);
    expect(world.told).toEqual([]);
    expect(world.window.nextRun()).toBe(true);
    expect(world.books.replayed).toBe(1);
  });

  it("names the read-only requests that must be sent anew, because their frame was confirmed", () => {
    const world = new World();
    const info = world.send("info", { kind: Kind.SafeRequest });
    const position = world.window.appendPing(0);
    world.write();
    world.window.confirm(position, 0);
    expect(world.die()).toEqual([info]);
    expect(world.told).toEqual([]);
  });

  it("of another window: what was never written there must be sent anew, the rest is lost", () => {
    const world = new World();
    const express = new Window(world.pool, world.books, world);
    const written = world.send("written", { window: express });
    while (express.nextRun()) world.pool.unref(express.outChunk!);
    const waiting = world.send("waiting", { window: express });
    expect(world.requests.linkLost(undefined, world.window)).toEqual([waiting]);
    express.close("unsent");
    expect(world.told).toEqual(["written: CONNECTION_LOST maybe delivered"]);
    expect(written.heapIndex).toBe(-1);
    expect(world.requests.size).toBe(1);
  });
});

describe("frames", () => {
  it("that are refused or dropped end their request, and no other", () => {
    const world = new World();
    world.send("denied");
    world.send("large");
    world.send("fine");
    world.write();
    world.window.refuse((frame) => frame.subject === "denied");
    expect(world.told).toEqual(["denied: PERMISSIONS_VIOLATION"]);
    world.requests.frameFailed(world.window, 1, "dropped");
    expect(world.told[1]).toBe("large: CONNECTION_LOST maybe delivered");
    expect(world.requests.size).toBe(1);
  });

  it("that somebody watches tell of their bad end, and of nothing else", () => {
    const world = new World();
    world.watch("denied");
    world.watch("lost");
    const gone = world.watch("unwatched");
    const unsent = () => world.watch("unsent");
    world.write();
    unsent();
    world.requests.unwatch(gone);
    world.window.refuse((frame) => frame.subject === "denied");
    world.die();
    expect(world.told).toEqual(["denied: PERMISSIONS_VIOLATION", "lost: CONNECTION_LOST maybe delivered"]);
    world.requests.close();
    expect(world.told.slice(2)).toEqual(["unsent: CONNECTION_CLOSED"]);
  });
});

describe("the end", () => {
  it("of the connection ends all requests", () => {
    const world = new World();
    world.send("a");
    world.send("b");
    world.requests.close();
    expect(world.told).toEqual(["a: CONNECTION_CLOSED", "b: CONNECTION_CLOSED"]);
    expect(world.requests.size).toBe(0);
    expect(world.requests.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it("of the inbox subscription ends all requests with its error", () => {
    const world = new World();
    world.send("a");
    world.requests.onEnd({ code: "PERMISSIONS_VIOLATION", detail: {} } as CodedError);
    expect(world.told).toEqual(["a: PERMISSIONS_VIOLATION"]);
  });
});
