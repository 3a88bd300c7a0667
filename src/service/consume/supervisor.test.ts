import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { Connection, Msg } from "../../index.js";
import type { ConsumerInfo } from "./jetstream.js";
import type { Keeper } from "./keeper.js";
import { HEARTBEAT, Puller } from "./puller.js";
import { Supervisor } from "./supervisor.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection that writes down pulls, and a consumer that answers them. */
class FakeConnection extends EventEmitter {
  state = "connected";
  readonly options = { inboxPrefix: "_INBOX" };
  readonly pulls: { batch: number; reply: string; at: number }[] = [];
  /** Whether the server answers a pull, and with what. */
  answer: (reply: string) => void = () => {};
  private callback: (error: Error | null, msg: Msg) => void = () => {};

  subscribe(_: string, { callback }: { callback: (error: Error | null, msg: Msg) => void }) {
    this.callback = callback;
    return { unsubscribe: () => {}, drain: async () => {} };
  }

  publish(_: string, payload: string, { reply }: { reply: string }): boolean {
    this.pulls.push({ batch: JSON.parse(payload).batch, reply, at: performance.now() });
    const { answer } = this;
    queueMicrotask(() => answer(reply));
    return true;
  }

  /** The reply subject of the pull that was sent last. */
  get last(): string {
    return this.pulls.at(-1)?.reply ?? "";
  }

  status(reply: string, code: number, description: string): void {
    this.callback(null, { subject: reply, headers: { code, description } } as unknown as Msg);
  }

  /** Answers each pull with a heartbeat, and goes on with that. */
  alive(): void {
    this.answer = (reply) => this.status(reply, 100, "Idle Heartbeat");
  }
}

function supervising() {
  const nc = new FakeConnection();
  const events: string[] = [];
  const errors: Error[] = [];
  const looks = { fail: undefined as Error | undefined, count: 0, missing: false };
  const info = { created: "a" } as ConsumerInfo;
  const keeper = {
    info: undefined as ConsumerInfo | undefined,
    async establish() {
      looks.count++;
      if (looks.fail !== undefined) throw looks.fail;
      looks.missing = false;
      this.info = info;
      return info;
    },
    async look() {
      looks.count++;
      if (looks.fail !== undefined) throw looks.fail;
      return looks.missing ? undefined : info;
    },
  };
  const connection = nc as unknown as Connection;
  const room = { left: 20 };
  let supervisor: Supervisor;
  const puller = new Puller(connection, "$JS.API", "s", "d", {
    onMessage: () => {},
    onSign: () => supervisor.signCame(),
    onStatus: (meaning, text) => supervisor.statusCame(meaning, text),
    onDenied: (error) => supervisor.pullDenied(error),
  });
  supervisor = new Supervisor(connection, puller, keeper as unknown as Keeper, {
    name: "consumer",
    room: () => room.left,
    portion: 10,
    found: () => {},
    changed: (from, to) => events.push(`${from} > ${to}`),
    recovered: (after) => events.push(`recovered after ${after}`),
    failed: (error) => errors.push(error),
    denied: () => events.push("denied"),
  });
  return { nc, supervisor, puller, events, errors, looks, room };
}

async function consuming() {
  const world = supervising();
  world.nc.alive();
  world.supervisor.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(world.supervisor.state).toBe("consuming");
  world.nc.status(world.nc.pulls[0].reply, 408, "Request Timeout");
  world.events.length = 0;
  world.nc.pulls.splice(0, world.nc.pulls.length - 1);
  return world;
}

test("begins with a probe, and pulls what there is room for when the server shows itself", async () => {
  const { nc, supervisor, events } = supervising();
  nc.alive();
  supervisor.start();
  await vi.advanceTimersByTimeAsync(0);
  // The probe may still bring its message.
  expect(nc.pulls.map(({ batch }) => batch)).toEqual([1, 19]);
  expect(events).toEqual(["starting > consuming"]);
});

test("is not set going by a consumer that says nothing, and tries again within a second or so", async () => {
  const { nc, supervisor } = supervising();
  supervisor.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(supervisor.state).toBe("starting");
  const pauses = nc.pulls.slice(1).map(({ at }, index) => at - nc.pulls[index].at);
  expect(Math.max(...pauses)).toBeLessThan(2_300);
  nc.alive();
  await vi.advanceTimersByTimeAsync(2_300);
  expect(supervisor.state).toBe("consuming");
});

test("two heartbeats that stay away make it pull anew", async () => {
  const { nc, supervisor, events } = await consuming();
  nc.answer = () => {};
  await vi.advanceTimersByTimeAsync(2 * HEARTBEAT);
  expect(supervisor.state).toBe("consuming");
  nc.alive();
  await vi.advanceTimersByTimeAsync(500);
  expect(events).toEqual(["consuming > recovering", "recovering > consuming", "recovered after 0"]);
  expect(supervisor.recoveries).toBe(1);
});

test.each([
  [503, "", true],
  [409, "Leadership Change", true],
  [409, "Consumer Deleted", true],
  [409, "Exceeded MaxRequestBatch of 5", true],
  [408, "Request Timeout", false],
  [404, "No Messages", false],
  [409, "Batch Completed", false],
] as const)("status %i %s of its pull: recovering %s", async (code, text, isTrouble) => {
  const { nc, events } = await consuming();
  nc.status(nc.last, code, text);
  expect(events.includes("consuming > recovering")).toBe(isTrouble);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nc.pulls.length).toBeGreaterThan(1);
});

test("a status of another pull says nothing, but for a consumer that is deleted", async () => {
  const { nc, events } = await consuming();
  const other = nc.last.replace(/\d+$/, "9999");
  nc.status(other, 503, "");
  nc.status(other, 409, "Leadership Change");
  expect(events).toEqual([]);
  nc.status(other, 409, "Consumer Deleted");
  expect(events[0]).toBe("consuming > recovering");
});

test("a lost link is no reason to pull; the next one is, at once", async () => {
  const { nc, supervisor } = await consuming();
  nc.state = "reconnecting";
  nc.emit("disconnect");
  expect(supervisor.state).toBe("recovering");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(nc.pulls.length).toBe(1);
  nc.state = "connected";
  nc.emit("reconnect");
  await vi.advanceTimersByTimeAsync(0);
  expect(supervisor.state).toBe("consuming");
});

test("looks now and then, and finds a consumer that is gone", async () => {
  const { supervisor, looks, events, nc } = await consuming();
  looks.missing = true;
  looks.count = 0;
  // The server keeps sending heartbeats.
  const beats = setInterval(() => nc.status(nc.last, 100, ""), 500);
  await vi.advanceTimersByTimeAsync(5_500);
  clearInterval(beats);
  expect(events.slice(0, 2)).toEqual(["consuming > recovering", "recovering > consuming"]);
  expect(supervisor.state).toBe("consuming");
});

test("tells what will not pass by itself at once, and once", async () => {
  const { nc, supervisor, errors, looks } = supervising();
  nc.alive();
  looks.fail = codedError("CONSUMER_FAILED", "it is not there");
  supervisor.start();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(errors).toEqual([looks.fail]);
  expect(supervisor.state).toBe("starting");
  expect(supervisor.silentFor).toBeGreaterThan(19_000);
});

test("tells what may pass by itself after five seconds", async () => {
  const { supervisor, errors, looks } = supervising();
  looks.fail = codedError("CONSUMER_FAILED", "nobody", { cause: codedError("TIMEOUT", "x") });
  supervisor.start();
  await vi.advanceTimersByTimeAsync(4_900);
  expect(errors).toEqual([]);
  await vi.advanceTimersByTimeAsync(600);
  expect(errors).toEqual([looks.fail]);
});

test("a process that has stood still does not blame the server", async () => {
  const { events } = await consuming();
  const now = performance.now.bind(performance);
  let still = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now() + still);
  still = 10_000;
  await vi.advanceTimersByTimeAsync(300);
  expect(events).toEqual([]);
  vi.mocked(performance.now).mockRestore();
});

test("pulls no more than there is room for, and nothing when it is stopped", async () => {
  const { nc, supervisor, room } = await consuming();
  nc.status(nc.last, 408, "Request Timeout");
  nc.pulls.length = 0;
  room.left = 0;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(nc.pulls).toEqual([]);
  supervisor.stop("stopping", "test");
  room.left = 20;
  supervisor.fill();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(nc.pulls).toEqual([]);
  expect(nc.listenerCount("reconnect")).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  ["refused", 409, "Exceeded MaxRequestBatch of 5", "its pulls are refused: Exceeded MaxRequestBatch of 5"],
  ["bad", 400, "Bad Request - Priority Group missing", "its pulls are refused: Bad Request"],
  ["lost", 503, "", "its pulls are refused: 503"],
  [
    "not answered",
    0,
    "",
    'no answer to its pulls (may this user publish to "$JS.API.CONSUMER.MSG.NEXT.s.d"?)',
  ],
])("tells after five seconds, once, of pulls that are %s", async (_, code, text, says) => {
  const { nc, supervisor, errors } = supervising();
  if (code !== 0) nc.answer = (reply) => nc.status(reply, code, text);
  supervisor.start();
  await vi.advanceTimersByTimeAsync(4_900);
  expect(errors).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(errors).toMatchObject([{ code: "CONSUMER_FAILED", message: expect.stringContaining(says) }]);
});

test("after an outage, too, the server has five seconds", async () => {
  const { nc, errors } = await consuming();
  nc.answer = () => {};
  nc.state = "reconnecting";
  nc.emit("disconnect");
  await vi.advanceTimersByTimeAsync(30_000);
  nc.state = "connected";
  nc.emit("reconnect");
  await vi.advanceTimersByTimeAsync(4_900);
  expect(errors).toEqual([]);
  await vi.advanceTimersByTimeAsync(600);
  expect(errors.length).toBe(1);
});

test("a consumer that ends pulls at once is not asked all the time", async () => {
  const { nc, supervisor } = await consuming();
  nc.answer = (reply) => nc.status(reply, 408, "Request Timeout");
  nc.pulls.length = 0;
  nc.status(nc.last, 408, "Request Timeout");
  supervisor.fill();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(nc.pulls.length).toBeLessThan(110);
  // A pull that has waited long enough is followed by the next at once.
  nc.answer = () => {};
  await vi.advanceTimersByTimeAsync(100);
  const { length } = nc.pulls;
  await vi.advanceTimersByTimeAsync(60);
  nc.status(nc.last, 408, "Request Timeout");
  expect(nc.pulls.length).toBe(length + 1);
});

test("a consumer that lets one pull wait gets one at a time", async () => {
  const { nc, supervisor, puller, room } = await consuming();
  puller.limits = { maxBatch: 0, maxExpires: 0, maxWaiting: 1 };
  room.left = 100;
  await vi.advanceTimersByTimeAsync(300);
  supervisor.fill();
  expect(nc.pulls.length).toBe(1);
  nc.status(nc.last, 408, "Request Timeout");
  expect(nc.pulls.map(({ batch }) => batch).at(-1)).toBe(100);
});
