import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../src/errors.js";
import { publicError } from "../../src/interop/errors.js";
import type { Hello, Series } from "../../src/observe/dashboard/protocol.js";
import { heldHeap } from "../support/memory.js";
import { expectNoProblems } from "../support/problems.js";
import { DashboardSite } from "./support/dashboard-site.js";
import { FakeClock } from "./support/fake-clock.js";
import { FakeConnection, FakeSubscription } from "./support/fake-connection.js";

expectNoProblems();

describe("the history of a connection", () => {
  it("is an hour of samples", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    clock.pass(1_000);
    nc.count({ outMsgs: 5 });
    nc.become("reconnecting", clock.now());
    clock.pass(1_000);
    clock.stall(3_000);
    nc.become("connected", clock.now());
    clock.pass(1_000);
    const { status, headers, body } = await site.ask("/dashboard/history?connection=1");
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([
      200,
      "application/json; charset=utf-8",
      "no-store",
    ]);
    expect(JSON.parse(body.toString())).toMatchObject({
      connection: "1",
      until: clock.now(),
      state: [2, 3, null, null, 2, 2],
      outMsgs: [0, 5, null, null, 0, 0],
      rtt: [1, null, null, null, 1, 1],
    });
  });

  it("is sent compressed to those who take that, and anew after each sample", async () => {
    const clock = new FakeClock();
    await using site = await DashboardSite.start([new FakeConnection().nc], { clock });
    clock.pass(4_000_000);
    const gzip = { "Accept-Encoding": "gzip, br" };
    const plain = await site.ask("/dashboard/history?connection=1");
    const packed = await site.ask("/dashboard/history?connection=1", gzip);
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    expect(packed.body.length).toBeLessThan(plain.body.length / 20);
    clock.pass(1_000);
    const { until: later, state } = JSON.parse(
      gunzipSync((await site.ask("/dashboard/history?connection=1", gzip)).body).toString(),
    ) as Series;
    expect(later).toBe(clock.now());
    expect(state).toHaveLength(3_600);
  });
});

describe("what is not asked for as it should be", () => {
  it.each([
    ["/dashboard/history", 404],
    ["/dashboard/history?connection=2", 404],
    ["/dashboard/history?connection=__proto__", 404],
    ["/dashboard/history?connection=1&process=9", 404],
    ["/dashboard/events?process=9", 404],
    ["/dashboard/events?process=", 404],
    ["/dashboard/events?process=%00canary%0d%0aX:%20y", 404],
  ])("%s", async (path, expected) => {
    await using site = await DashboardSite.start([new FakeConnection().nc]);
    const { status, body, headers } = await site.ask(path);
    expect(status).toBe(expected);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(body.toString()).toMatch(
      /^{"status":"not found","reason":"there is no such (process|connection)"}$/,
    );
  });

  it("a URL of some thousand characters", async () => {
    await using site = await DashboardSite.start([new FakeConnection().nc]);
    for (const path of ["/events?process=", "/history?connection=1&", "?"])
      expect((await site.ask(`/dashboard${path}${"x=1&".repeat(500)}`)).status).toBe(414);
  });

  it.each(["/dashboard/events", "/dashboard/history?connection=1"])(
    "HEAD of %s has no body and no end",
    async (path) => {
      await using site = await DashboardSite.start([new FakeConnection().nc]);
      const { status, body, headers } = await site.ask(path, {}, "HEAD");
      expect([status, body.length]).toEqual([200, 0]);
      expect(headers["cache-control"]).toBe("no-store");
    },
  );

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])(
    "%s is refused, also without the server's help",
    async (method) => {
      await using site = await DashboardSite.start([new FakeConnection().nc]);
      for (const path of ["/dashboard", "/dashboard/events", "/dashboard/history?connection=1"])
        expect(await site.ask(path, {}, method)).toMatchObject({
          status: 405,
          headers: { allow: "GET, HEAD" },
        });
    },
  );
});

describe("ten hours", () => {
  it("take no more memory than two, with outages, errors and slow consumers all the time", async () => {
    const nc = new FakeConnection();
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc.nc], { clock });
    const hour = (number: number) => {
      for (let i = 0; i < 3_600; i++) {
        if (i % 5 === 0) nc.lose({ server: `s-${number}-${i}:1`, unconfirmed: 5 }, clock.now());
        nc.emit("error", publicError(new CodedError("SERVER_ERROR", `error ${number}.${i}`)));
        const { sub } = new FakeSubscription(`a.${i}`);
        nc.emit("slowConsumer", { subscription: sub, pending: 1, dropped: 1 });
        clock.pass(500);
        if (i % 5 === 0) nc.find({ server: `s-${number}-${i}:1`, replayed: 5 }, clock.now());
        nc.count({ outMsgs: i, dropped: 1 });
        clock.pass(500);
      }
    };
    const sizes = async () => {
      const { body } = await site.ask("/dashboard/history?connection=1");
      using reader = await site.read();
      await reader.next("hello");
      return [body.length, reader.raw.length];
    };
    hour(0);
    hour(1);
    const early = await sizes();
    const before = await heldHeap();
    for (let number = 2; number < 10; number++) hour(number);
    const late = await sizes();
    const grown = (await heldHeap()) - before;
    // Of 28,800 seconds: one object of each that is kept would be more.
    expect(grown).toBeLessThan(1024 * 1024);
    for (const [index, size] of late.entries()) expect(size / early[index]).toBeCloseTo(1, 1);
    using reader = await site.read();
    const { timeline, outages, log } = (await reader.next<Hello>("hello")).connections[0];
    expect([timeline.length, outages.length, log.length]).toEqual([1_000, 100, 200]);
  });

  it("of a hundred connections are greeted with no more than ten megabytes", async () => {
    const clock = new FakeClock();
    const all = Array.from({ length: 100 }, () => new FakeConnection());
    await using site = await DashboardSite.start(
      all.map(({ nc }) => nc),
      { clock },
    );
    for (const nc of all) {
      for (let i = 0; i < 300; i++) {
        nc.lose({
          cause: {
            ...nc.lastCause!,
            kind: "unknown",
            code: "SERVER_ERROR",
            message: "m".repeat(900),
            evidence: ["e".repeat(900)],
            advice: ["a".repeat(900)],
          },
        });
        nc.find();
      }
    }
    using reader = await site.read();
    await reader.next("hello");
    expect(reader.raw.length).toBeLessThan(10_000_000);
  });
});
