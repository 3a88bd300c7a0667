import { createConnection, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { MOST_READERS } from "../../src/observe/dashboard/answers.js";
import { ROUND_MS } from "../../src/observe/dashboard/own-stream.js";
import { LONGEST_WAIT_MS, MOST_WAITING } from "../../src/observe/dashboard/reader.js";
import { expectNoProblems } from "../support/problems.js";
import { until } from "../support/until.js";
import { DashboardSite } from "./support/dashboard-site.js";
import { FakeClock } from "./support/fake-clock.js";
import { FakeConnection } from "./support/fake-connection.js";

expectNoProblems();

describe("many readers", () => {
  it("share what is made for them", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    const readers = await Promise.all(Array.from({ length: 10 }, () => site.read()));
    for (const reader of readers) await reader.next("hello");
    let looks = 0;
    const getServers = nc.getServers.bind(nc);
    nc.getServers = () => {
      looks++;
      return getServers();
    };
    nc.lose();
    clock.pass(100);
    for (const reader of readers) await reader.next("connection");
    expect(looks).toBe(1);
    for (const reader of readers) reader[Symbol.dispose]();
  });

  it("are too many at some number, until one leaves", async () => {
    await using site = await DashboardSite.start([new FakeConnection().nc]);
    const readers = await Promise.all(Array.from({ length: MOST_READERS }, () => site.read()));
    for (const reader of readers) await reader.next("hello");
    const { status, headers, body } = await site.ask("/dashboard/events");
    expect([status, headers["retry-after"]]).toEqual([503, "5"]);
    expect(JSON.parse(body.toString())).toMatchObject({ status: "unavailable" });
    readers[7][Symbol.dispose]();
    await until(() => site.sockets.length === MOST_READERS - 1, "one to leave");
    using one = await site.read();
    await one.next("hello");
    for (const reader of readers) reader[Symbol.dispose]();
  });

  it("that leave before they are answered are not counted", async () => {
    await using site = await DashboardSite.start([new FakeConnection().nc]);
    for (let i = 0; i < 3 * MOST_READERS; i++) {
      const socket = createConnection(site.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write("GET /dashboard/events HTTP/1.1\r\nHost: a\r\n\r\n", () => socket.resetAndDestroy());
      await new Promise((resolve) => socket.on("close", resolve));
    }
    await until(() => site.sockets.length === 0, "all to be gone");
    using reader = await site.read();
    await reader.next("hello");
  });
});

/** A connection whose view is large. */
function chatty(): FakeConnection {
  const nc = new FakeConnection();
  nc.servers = Array.from({ length: 256 }, (_, i) => `server-${i}.example.com:4222`);
  return nc;
}

/** Tells so much that some of it has to wait. */
async function fill(socket: Socket, nc: FakeConnection, clock: FakeClock): Promise<void> {
  for (let round = 0; socket.writableLength === 0; round++) {
    expect(round).toBeLessThan(2_000);
    nc.find({}, clock.now());
    clock.pass(ROUND_MS);
    await new Promise(setImmediate);
  }
}

describe("a reader that does not read", () => {
  it("is dropped when too much waits for it, and the others go on", async () => {
    const nc = chatty();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using slow = await site.read();
    await slow.next("hello");
    const [socket] = site.sockets;
    slow.pause();
    using other = await site.read();
    await other.next("hello");
    let most = 0;
    for (let round = 0; !socket.destroyed; round++) {
      expect(round).toBeLessThan(2_000);
      const before = other.of("connection").length;
      nc.find({}, clock.now());
      clock.pass(ROUND_MS);
      most = Math.max(most, socket.writableLength);
      await until(() => other.of("connection").length > before, "the other to be told");
    }
    expect(most).toBeLessThan(2 * MOST_WAITING);
    expect(most).toBeGreaterThan(MOST_WAITING / 2);
    await until(() => site.sockets.length === 1, "the end of its socket");
    clock.pass(1_000);
    await other.next("sample");
  });

  it("is dropped when what waits has waited for too long", async () => {
    const nc = chatty();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using slow = await site.read();
    await slow.next("hello");
    const [socket] = site.sockets;
    slow.pause();
    await fill(socket, nc, clock);
    clock.pass(LONGEST_WAIT_MS / 2);
    expect(socket.destroyed).toBe(false);
    clock.pass(LONGEST_WAIT_MS / 2 + 2_000);
    expect(socket.destroyed).toBe(true);
  });

  it("and takes it slowly is not dropped", async () => {
    const nc = chatty();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using slow = await site.read();
    await slow.next("hello");
    const [socket] = site.sockets;
    for (let rest = 0; rest < 5; rest++) {
      slow.pause();
      await fill(socket, nc, clock);
      clock.pass((LONGEST_WAIT_MS * 2) / 3);
      expect(socket.destroyed).toBe(false);
      slow.resume();
      await until(() => socket.writableLength === 0, "everything to be taken");
      clock.pass(1_000);
    }
    expect(slow.ended).toBe(false);
  });
});

describe("the end of the dashboard", () => {
  it("ends its readers at once, also those that do not read, and lets go of connections and timers", async () => {
    const nc = chatty();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using stuck = await site.read();
    await stuck.next("hello");
    const [socket] = site.sockets;
    stuck.pause();
    await fill(socket, nc, clock);
    using reader = await site.read();
    await reader.next("hello");
    nc.lose();
    site.route.close?.();
    await until(() => reader.ended && site.sockets.length === 0, "the end of all streams");
    expect(nc.emitter.has("state")).toBe(false);
    expect(clock.waiting).toBe(0);
    nc.find();
    expect(clock.waiting).toBe(0);
    expect((await site.ask("/dashboard/events")).status).toBe(503);
    site.route.close?.();
  });
});
