import { beforeEach, describe, expect, it } from "vitest";
import { CAUSE, FakeConnection, FakeSubscription } from "../../test/observe/support/fake-connection.js";
import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { type LogEntry, Observation } from "./observation.js";

let nc: FakeConnection;
let now: number;
let seen: Observation;
beforeEach(() => {
  nc = new FakeConnection();
  now = 1_000;
  seen = new Observation(nc.nc, () => now);
});

const refused = publicError(new CodedError("CONNECTION_REFUSED", "connect ECONNREFUSED"));
const lines = () => seen.log.map(({ text, times }) => (times === 1 ? text : `${text} x${times}`));

function fail(server = "a:1", attempt = 1): void {
  nc.emit("attemptFailed", refused, { server, attempt, cause: CAUSE, abandoned: 0 });
}

it("is one per connection", () => {
  expect(Observation.of(nc.nc)).toBe(Observation.of(nc.nc));
  expect(Observation.of(new FakeConnection().nc)).not.toBe(Observation.of(nc.nc));
});

describe("an outage", () => {
  it("is told with what began it, what was done in it, and what ended it", () => {
    nc.lose({ unconfirmed: 3, abandoned: 1 });
    expect(seen.current).toBe(seen.outages[0]);
    expect(seen.current).toMatchObject({ startedAt: 1_000, endedAt: undefined, duration: undefined });
    fail("a:1", 1);
    fail("b:1", 2);
    now = 1_500;
    nc.find({ server: "b:1", downtime: 498, attempts: 3, replayed: 3 });
    expect(seen.current).toBeUndefined();
    expect(seen.outages).toEqual([
      {
        startedAt: 1_000,
        server: "a:1",
        cause: CAUSE,
        unconfirmed: 3,
        abandoned: 1,
        endedAt: 1_500,
        duration: 498,
        next: "b:1",
        attempts: 3,
        replayed: 3,
        lost: 0,
      },
    ]);
    expect(seen).toMatchObject({ disconnects: 1, attempts: { succeeded: 1, failed: 2 } });
    expect(seen.downtimes).toMatchObject({ count: 1, sum: 0.498 });
  });

  it("that goes on has the attempts so far", () => {
    nc.lose();
    fail("a:1", 4);
    expect(seen.current?.attempts).toBe(4);
  });

  it("has lost what was given up between its beginning and its end, and nothing else", () => {
    nc.count({ dropped: 1 });
    nc.lose();
    nc.count({ dropped: 10 });
    fail();
    nc.count({ dropped: 100 });
    nc.find();
    nc.count({ dropped: 1_000 });
    seen.noteDrops();
    expect(seen.outages[0].lost).toBe(110);
    nc.lose();
    nc.count({ dropped: 5 });
    nc.emit("close", refused, { cause: CAUSE, dropped: 5, unconfirmed: 0 });
    expect(seen.outages[1].lost).toBe(5);
  });

  it("has not lost what nobody misses: pulls, requests whose caller knows, what was to expire", () => {
    nc.lose();
    const lines = seen.log.length;
    nc.count({ dropped: 5 });
    nc.stats_ = { ...nc.stats_, dropReasons: { pull: 1, timeout: 1, ttl: 1, unsent: 1, kept: 1 } };
    seen.noteDrops();
    expect([seen.current?.lost, seen.log.length]).toEqual([0, lines]);
    nc.count({ dropped: 1 });
    seen.noteDrops();
    expect(seen.current?.lost).toBe(1);
  });

  it("that the end of the connection ends has no server behind it, and is no downtime that ended", () => {
    nc.lose();
    now = 3_000;
    nc.emit("close", undefined, { cause: CAUSE, dropped: 0, unconfirmed: 0 });
    expect(seen.current).toBeUndefined();
    expect(seen.outages[0]).toMatchObject({ endedAt: 3_000, duration: 2_000, next: undefined });
    expect(seen.downtimes.count).toBe(0);
  });

  it("is remembered with 99 others, the newest last", () => {
    for (let i = 0; i < 150; i++) {
      now = i;
      nc.lose();
      nc.find();
    }
    expect(seen.outages.map(({ startedAt }) => startedAt)).toEqual(
      Array.from({ length: 100 }, (_, i) => 50 + i),
    );
    expect(seen.disconnects).toBe(150);
  });
});

describe("servers", () => {
  it("have the links that stood, the one of the first look among them", () => {
    expect(seen.linksTo("a:1")).toEqual({ count: 1, lastAt: 5 });
    now = 2_000;
    nc.lose();
    nc.find({ server: "b:1" });
    nc.emit("move", { from: "b:1", to: "a:1", reason: "failback", overlap: 1, twins: 0 });
    expect(seen.linksTo("a:1")).toEqual({ count: 2, lastAt: 2_000 });
    expect(seen.linksTo("b:1")).toEqual({ count: 1, lastAt: 2_000 });
    expect(seen.linksTo("c:1")).toBeUndefined();
    expect(seen.moves).toBe(1);
  });

  it("have none before the first one stands", () => {
    const early = new FakeConnection();
    early.state = "connecting";
    const observation = new Observation(early.nc, () => 7);
    expect(observation.linksTo("a:1")).toBeUndefined();
    early.emit("connect", { server: "a:1" });
    expect(observation.linksTo("a:1")).toEqual({ count: 1, lastAt: 7 });
  });

  it("have their failures: attempts, and links that were lost", () => {
    nc.lose();
    now = 1_200;
    fail();
    expect(seen.failuresOf("a:1")).toEqual({
      failures: 2,
      lastError: "CONNECTION_REFUSED: connect ECONNREFUSED",
      lastErrorAt: 1_200,
    });
    expect(seen.failuresOf("b:1")).toBeUndefined();
  });

  it("are not blamed for what the application did", () => {
    nc.lose({ cause: { ...CAUSE, kind: "client", code: "RECONNECT" } });
    expect(seen.failuresOf("a:1")).toBeUndefined();
  });

  it("are forgotten when there are too many, the one that was quiet for longest first", () => {
    for (let i = 0; i < 256; i++) fail(`s:${i}`);
    fail("s:0");
    for (let i = 256; i < 300; i++) fail(`s:${i}`);
    expect(seen.failuresOf("s:0")?.failures).toBe(2);
    expect(seen.failuresOf("s:44")).toBeUndefined();
    expect(seen.failuresOf("s:45")).toBeDefined();
    for (let i = 0; i < 300; i++) nc.find({ server: `s:${i}` });
    expect(seen.linksTo("s:43")).toBeUndefined();
    expect(seen.linksTo("s:44")).toBeDefined();
  });
});

describe("errors", () => {
  it("are counted by their code", () => {
    nc.emit("error", refused);
    nc.emit("error", new Error("mine"));
    nc.emit("error", Object.assign(new Error("mine"), { code: "ANY" }));
    fail();
    expect([...seen.errors]).toEqual([
      ["CONNECTION_REFUSED", 2],
      ["UNKNOWN", 2],
    ]);
  });
});

describe("slow subscriptions", () => {
  function slow(pending: number): FakeSubscription {
    const fake = new FakeSubscription("a");
    fake.pending = pending;
    nc.emit("slowConsumer", { subscription: fake.sub, pending, dropped: 1 });
    return fake;
  }

  it("are those that have not caught up, and are open", () => {
    const first = slow(10);
    const second = slow(10);
    const third = slow(10);
    first.pending = 6;
    second.pending = 5;
    third.closed = true;
    expect(seen.slowSubscriptions).toEqual([first.sub]);
    expect(seen.slowConsumers).toBe(3);
    // Once it has caught up, only another event makes it slow again.
    second.pending = 10;
    expect(seen.slowSubscriptions).toEqual([first.sub]);
  });

  it("are let go of when nobody asks for them", () => {
    for (let i = 0; i < 10_000; i++) slow(10).closed = true;
    const kept = (seen as unknown as { slow: Map<unknown, unknown> }).slow;
    expect(kept.size).toBeLessThanOrEqual(64);
  });
});

describe("the log", () => {
  it("has one line for what is told again, also when other things are told in between", () => {
    for (let i = 0; i < 1_000; i++) {
      now++;
      fail("a:1");
      fail("b:1");
      nc.emit("reconnecting", {
        attempt: i,
        server: "",
        delay: 5 + (i % 2),
        error: undefined,
        cause: undefined,
        abandoned: 0,
      });
    }
    expect(lines()).toEqual([
      "attempt at a:1 failed: CONNECTION_REFUSED: connect ECONNREFUSED x1000",
      "attempt at b:1 failed: CONNECTION_REFUSED: connect ECONNREFUSED x1000",
      "waits 6 ms before the next attempt x1000",
    ]);
    expect(seen.log[0]).toMatchObject({ id: 1, at: 1_001, lastAt: 2_000 });
  });

  it("begins a new line when it was quiet for a minute", () => {
    fail();
    now += 60_000;
    fail();
    now += 60_001;
    fail();
    expect(seen.log.map(({ times }) => times)).toEqual([2, 1]);
  });

  it("begins a new line when something has happened to the link", () => {
    fail();
    nc.find();
    fail();
    nc.lose();
    nc.find();
    nc.lose();
    expect(seen.log.map(({ event }) => event)).toEqual([
      "attemptFailed",
      "reconnect",
      "attemptFailed",
      "disconnect",
      "reconnect",
      "disconnect",
    ]);
  });

  it("has one line for errors that differ in what is not shown, with the detail of the last", () => {
    for (let i = 0; i < 100; i++) {
      const subject = `orders.${i}`;
      nc.emit("error", publicError(new CodedError("TIMEOUT", `nothing on ${subject}`, { subject })));
    }
    expect(seen.log).toMatchObject([
      { text: "TIMEOUT: nothing on {subject}", times: 100, detail: "nothing on orders.99" },
    ]);
  });

  it("adds up what had no room, and what was given up", () => {
    for (let i = 1; i <= 100; i++) {
      nc.count({ dropped: i });
      nc.emit("overflow", { policy: "drop-oldest", messages: i, bytes: i, limit: 64, buffered: 64 });
    }
    expect(lines()).toEqual([
      "5050 messages were given up x100",
      "no room for 5050 messages: buffer of 64 bytes is full (drop-oldest) x100",
    ]);
  });

  it("tells of what was given up once, whoever asks", () => {
    nc.count({ dropped: 2 });
    seen.noteDrops();
    seen.noteDrops();
    nc.emit("error", refused);
    expect(lines()).toEqual(["2 messages were given up", "CONNECTION_REFUSED: connect ECONNREFUSED"]);
  });

  it("does not tell of what was given up before the first look", () => {
    nc.count({ dropped: 2 });
    const late = new Observation(nc.nc);
    late.noteDrops();
    expect(late.log).toEqual([]);
  });

  it("has the last 500 lines", () => {
    for (let i = 0; i < 700; i++) nc.emit("lameDuck", { server: `s:${i}` });
    expect(seen.log.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, i) => 201 + i));
  });

  it("is told line by line to those who listen, until they stop", () => {
    const told: [number, number][] = [];
    const stop = seen.listen(({ id, times }: LogEntry) => told.push([id, times]));
    fail();
    fail();
    nc.lose();
    stop();
    nc.find();
    expect(told).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
  });

  it("says nothing of a message that was lost, since its payload would be kept for that", () => {
    expect(nc.emitter.has("messageLost")).toBe(false);
    expect(nc.emitter.has("serverInfo")).toBe(false);
  });
});
