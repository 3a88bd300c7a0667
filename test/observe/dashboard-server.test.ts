import { describe, expect, it } from "vitest";
import { CodedError } from "../../src/errors.js";
import { publicError } from "../../src/interop/errors.js";
import { LINES, ROUND_MS } from "../../src/observe/dashboard/own-stream.js";
import type { ConnectionView, Hello, LogView, Sample, Series } from "../../src/observe/dashboard/protocol.js";
import { expectNoProblems } from "../support/problems.js";
import { until } from "../support/until.js";
import { DashboardSite } from "./support/dashboard-site.js";
import { FakeClock } from "./support/fake-clock.js";
import { FakeConnection } from "./support/fake-connection.js";

expectNoProblems();

const refused = publicError(new CodedError("CONNECTION_REFUSED", "connect ECONNREFUSED"));
type LogLine = { connection: string; entry: LogView };

describe("a reader of the stream", () => {
  it("is greeted with everything that is known", async () => {
    const nc = new FakeConnection("orders");
    nc.servers = ["a:1", "b:1"];
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc, new FakeConnection().nc], { clock });
    nc.lose({ unconfirmed: 2 }, clock.now() - 100);
    nc.find({ server: "b:1", replayed: 2, downtime: 90 }, clock.now());
    using reader = await site.read();
    const hello = await reader.next<Hello>("hello");
    expect(reader.events[0].event).toBe("hello");
    expect(reader.status).toBe(200);
    expect(reader.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-content-type-options": "nosniff",
    });
    expect(reader.raw.startsWith("retry: 1000\n\n")).toBe(true);
    expect(hello).toMatchObject({
      version: 1,
      process: { name: "orders", pid: process.pid, node: process.version, now: clock.now() },
      processes: [{ id: "1", name: "orders" }],
    });
    const [orders, other] = hello.connections;
    expect(orders).toMatchObject({
      id: "1",
      name: "orders",
      state: "connected",
      since: clock.now(),
      server: "b:1",
      reconnects: 1,
      lastCause: "CONNECTION_LOST: a:1 closed the connection",
      timeline: [{ state: "connected" }, { state: "reconnecting" }, { state: "connected" }],
    });
    expect(orders.outages).toMatchObject([
      {
        server: "a:1",
        next: "b:1",
        kind: "server-shutdown",
        duration: 90,
        replayed: 2,
        unconfirmed: 2,
        lost: 0,
      },
    ]);
    expect(orders.servers).toMatchObject(
      [
        { server: "a:1", current: false, reconnects: 1, failures: 1, lastError: /closed the connection/ },
        { server: "b:1", current: true, reconnects: 1, failures: 0, lastError: "", lastErrorAt: null },
      ].map((server) => ({ ...server, lastError: expect.stringMatching(server.lastError) })),
    );
    expect(orders.log.map(({ event }) => event)).toEqual(["disconnect", "reconnect"]);
    expect(other).toMatchObject({ id: "2", name: "connection 2", outages: [], log: [] });
  });

  it("gets a sample each second, with what went by in it", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using reader = await site.read();
    await reader.next("hello");
    nc.count({ inMsgs: 10, outMsgs: 20, inBytes: 1_000, outBytes: 2_000, accepted: 20, pending: 5 });
    nc.buffer = { messages: 5, bytes: 50, limit: 100, ratio: 0.5, oldestAge: 12.3 };
    clock.pass(1_000);
    await reader.next("sample");
    clock.pass(1_000);
    await until(() => reader.of("sample").length === 2, "two samples");
    const [first, second] = reader.of<Sample>("sample");
    expect(first.at).toBe(1_700_000_001_000);
    expect(first.connections).toMatchObject([
      {
        id: "1",
        state: "connected",
        bufferMessages: 5,
        bufferBytes: 50,
        bufferLimit: 100,
        oldestAge: 12,
        inMsgs: 10,
        outMsgs: 20,
        inBytes: 1_000,
        outBytes: 2_000,
        rtt: 1,
        books: { accepted: 20, pending: 5 },
      },
    ]);
    expect(second.connections[0]).toMatchObject({ inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: 0 });
  });

  it("is told of a happening once, soon, and of the next one within 100 ms", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using reader = await site.read();
    await reader.next("hello");
    nc.lose();
    nc.emit("attemptFailed", refused, { server: "a:1", attempt: 1, cause: nc.lastCause!, abandoned: 0 });
    clock.pass(20);
    const lost = await reader.next<ConnectionView>("connection");
    expect(lost.state).toBe("reconnecting");
    expect(reader.events.map(({ event }) => event)).toEqual(["hello", "log", "log", "connection"]);
    expect(reader.of<LogLine>("log").map(({ entry }) => entry.event)).toEqual([
      "disconnect",
      "attemptFailed",
    ]);
    nc.find();
    clock.pass(ROUND_MS);
    const found = await reader.next<ConnectionView>("connection", ({ state }) => state === "connected");
    expect(found.outages).toHaveLength(1);
  });

  it("is told of a few lines of the log for each tenth of a second of a storm, and the newest of them", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using reader = await site.read();
    await reader.next("hello");
    for (let i = 0; i < 10_000; i++) {
      nc.emit("error", publicError(new CodedError("SERVER_ERROR", `error ${i}`)));
      if (i % 10 === 9) clock.pass(1);
    }
    clock.pass(ROUND_MS);
    await reader.next<LogLine>("log", ({ entry }) => entry.text.endsWith("error 9999"));
    expect(reader.of("log").length).toBeLessThanOrEqual(12 * LINES);
    expect(reader.of("connection").length).toBe(0);
  });

  it("is told ten times a second of a link that flaps", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using reader = await site.read();
    await reader.next("hello");
    for (let i = 0; i < 1_000; i++) {
      nc.lose({}, clock.now());
      nc.find({}, clock.now());
      clock.pass(1);
    }
    await reader.next("sample");
    expect(reader.of("connection").length).toBeGreaterThan(8);
    expect(reader.of("connection").length).toBeLessThanOrEqual(11);
  });

  it("sees a connection end, and those of the same name apart", async () => {
    const [first, second] = [new FakeConnection("same"), new FakeConnection("same")];
    const clock = new FakeClock();
    await using site = await DashboardSite.start([first.nc, second.nc], { clock });
    using reader = await site.read();
    const hello = await reader.next<Hello>("hello");
    expect(hello.connections.map(({ id, name }) => [id, name])).toEqual([
      ["1", "same"],
      ["2", "same"],
    ]);
    second.become("closed", clock.now());
    second.emit("close", undefined, {
      cause: { kind: "client", code: "CLOSE", message: "", evidence: [], advice: [], docs: "" },
      dropped: 0,
      unconfirmed: 0,
    });
    clock.pass(1_000);
    const closed = await reader.next<ConnectionView>("connection");
    expect(closed).toMatchObject({ id: "2", state: "closed", server: "" });
    const sample = await reader.next<Sample>("sample");
    expect(sample.connections.map(({ state, rtt }) => [state, rtt])).toEqual([
      ["connected", 1],
      ["closed", null],
    ]);
    expect((await site.json<Series>("/dashboard/history?connection=2")).state).toEqual([5]);
  });

  it("is told of messages that were given up without an event that may be listened to", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    using reader = await site.read();
    await reader.next("hello");
    nc.count({ dropped: 3 });
    clock.pass(1_000 + ROUND_MS);
    const { entry } = await reader.next<LogLine>("log");
    expect(entry).toMatchObject({ event: "messageLost", text: "3 messages were given up" });
  });

  it("gets a comment now and then", async () => {
    const clock = new FakeClock();
    await using site = await DashboardSite.start([new FakeConnection().nc], { clock });
    using reader = await site.read();
    await reader.next("hello");
    clock.pass(30_000);
    await until(() => reader.raw.split("\n:\n").length === 4, "three heartbeats");
  });

  it("costs nothing when there is none: nothing is made of what happens", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    let looks = 0;
    const getServers = nc.getServers.bind(nc);
    nc.getServers = () => {
      looks++;
      return getServers();
    };
    const idle = clock.waiting;
    for (let i = 0; i < 100; i++) {
      nc.lose();
      expect(clock.waiting).toBe(idle);
      nc.find();
      clock.pass(1_000);
    }
    expect(looks).toBe(0);
    {
      using reader = await site.read();
      await reader.next("hello");
      expect(looks).toBe(1);
      nc.lose();
      clock.pass(100);
      await reader.next("connection");
      expect(looks).toBe(2);
    }
    await until(() => site.sockets.length === 0, "nobody");
    nc.find();
    clock.pass(1_000);
    expect(looks).toBe(2);
  });
});
