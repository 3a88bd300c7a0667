import { describe, expect, it } from "vitest";
import { PATIENCE_MS } from "../../src/observe/dashboard/peer-request.js";
import type {
  Away,
  ConnectionView,
  Hello,
  LogView,
  Sample,
  Series,
} from "../../src/observe/dashboard/protocol.js";
import { freePort } from "../../src/testing/launcher/ports.js";
import { expectNoProblems } from "../support/problems.js";
import { until } from "../support/until.js";
import { DashboardSite } from "./support/dashboard-site.js";
import { FakeClock } from "./support/fake-clock.js";
import { FakeConnection } from "./support/fake-connection.js";

expectNoProblems();

/** Another process, and one that shows it. */
class Two implements AsyncDisposable {
  readonly nc = new FakeConnection("billing");
  readonly farClock = new FakeClock();
  far!: DashboardSite;
  near!: DashboardSite;

  static async start(token?: string, subjects = true): Promise<Two> {
    const two = new Two();
    two.far = await DashboardSite.start([two.nc.nc], { clock: two.farClock, token, subjects: true });
    const peers = [{ url: two.far.url, token }];
    const clock = new FakeClock();
    two.near = await DashboardSite.start([new FakeConnection("orders").nc], { peers, clock, subjects });
    return two;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.near[Symbol.asyncDispose]();
    await this.far[Symbol.asyncDispose]();
  }
}

describe("another process", () => {
  it("is one of those that can be chosen, and is told as it tells", async () => {
    await using two = await Two.start();
    const { near, far, nc, farClock } = two;
    using own = await near.read();
    expect((await own.next<Hello>("hello")).processes).toEqual([
      { id: "1", name: "orders" },
      { id: "2", name: `127.0.0.1:${far.port}` },
    ]);
    using reader = await near.read("?process=2");
    const hello = await reader.next<Hello>("hello");
    expect(hello.process.name).toBe("billing");
    expect(hello.connections[0].name).toBe("billing");
    expect(hello.processes).toEqual([
      { id: "1", name: "orders" },
      { id: "2", name: "billing" },
    ]);
    nc.lose();
    farClock.pass(100);
    expect(await reader.next<ConnectionView>("connection")).toMatchObject({ state: "reconnecting" });
    expect(await reader.next<{ entry: LogView }>("log")).toMatchObject({ entry: { event: "disconnect" } });
    farClock.pass(1_000);
    expect(await reader.next<Sample>("sample")).toMatchObject({
      connections: [{ id: "1", state: "reconnecting" }],
    });
    const series = await near.json<Series>("/dashboard/history?process=2&connection=1");
    expect(series.state).toEqual([3]);
    expect(own.of("connection")).toEqual([]);
    expect((await near.ask("/dashboard/history?process=2&connection=7")).status).toBe(404);
    // What is passed on is an id, and nothing else.
    for (const id of ["..%2fx", "1%26process%3D1", "1%20", "", "x".repeat(33)])
      expect((await near.ask(`/dashboard/history?process=2&connection=${id}`)).status).toBe(404);
  });

  it("is asked once for all who look, who come late are told what has happened, and not asked when nobody does", async () => {
    await using two = await Two.start();
    const { near, far, nc, farClock } = two;
    expect(far.sockets).toEqual([]);
    const first = await near.read("?process=2");
    await first.next("hello");
    nc.lose();
    farClock.pass(100);
    await first.next("connection");
    nc.emit("error", new Error("mine"));
    nc.emit("error", new Error("mine"));
    farClock.pass(1_000);
    await first.next("sample");
    using second = await near.read("?process=2");
    const [view] = (await second.next<Hello>("hello")).connections;
    expect(view.state).toBe("reconnecting");
    expect(view.log.map(({ event, times, detail }) => [event, times, detail])).toEqual([
      ["disconnect", 1, undefined],
      ["error", 2, "mine"],
    ]);
    expect(far.sockets).toHaveLength(1);
    first[Symbol.dispose]();
    await until(() => near.sockets.length === 1, "the first to leave");
    nc.find();
    farClock.pass(1_000);
    await second.next<ConnectionView>("connection", ({ state }) => state === "connected");
    second[Symbol.dispose]();
    await until(() => far.sockets.length === 0, "nobody to ask any more");
  });

  it("shows no more of subjects here than this process does, whatever it shows itself", async () => {
    await using two = await Two.start(undefined, false);
    const { near, nc, farClock } = two;
    using reader = await near.read("?process=2");
    await reader.next("hello");
    nc.emit("error", new Error("canary"));
    nc.lose();
    farClock.pass(100);
    await reader.next("log");
    await reader.next("connection");
    using late = await near.read("?process=2");
    expect((await late.next<Hello>("hello")).connections[0].log).not.toEqual([]);
    expect(reader.raw + late.raw).not.toContain("canary");
  });

  it("gets its token, and nobody else does", async () => {
    await using two = await Two.start("canary-token");
    const { near, far } = two;
    using reader = await near.read("?process=2");
    await reader.next("hello");
    expect(far.authorizations).toEqual(["Bearer canary-token"]);
    expect(reader.raw + JSON.stringify(reader.headers)).not.toContain("canary");
    // Whoever asks cannot make it say something else.
    await near.ask("/dashboard/history?process=2&connection=1", {
      Authorization: "Bearer other",
      Cookie: "a=b",
    });
    expect(far.authorizations).toEqual(["Bearer canary-token", "Bearer canary-token"]);
  });

  it("is away while it is gone, and back when it is back", async () => {
    const port = await freePort("127.0.0.1");
    const peers = [{ url: `http://127.0.0.1:${port}`, name: "billing" }];
    await using near = await DashboardSite.start([new FakeConnection().nc], { peers });
    using reader = await near.read("?process=2");
    expect(await reader.next<Away>("away")).toEqual({
      process: "2",
      reason: "it cannot be reached (ECONNREFUSED)",
    });
    using late = await near.read("?process=2");
    await late.next("away");
    expect((await near.ask("/dashboard/history?process=2&connection=1")).status).toBe(502);
    for (let life = 1; life <= 2; life++) {
      const far = await DashboardSite.start([new FakeConnection("far").nc], { port });
      await until(() => reader.of("hello").length === life, "it to be back");
      await far[Symbol.asyncDispose]();
      await until(() => reader.of("away").length === life + 1, "it to be away again");
    }
    expect(reader.of<Away>("away")[1].reason).toMatch(/^it has ended the connection$|^it cannot be reached/);
    expect(late.of("hello").length).toBe(2);
  });

  it("that stands still is away, and readers are told so with comments in between", async () => {
    const clock = new FakeClock();
    await using far = await DashboardSite.start([new FakeConnection().nc], { clock: new FakeClock() });
    await using near = await DashboardSite.start([new FakeConnection().nc], { clock, peers: [far.url] });
    using reader = await near.read("?process=2");
    await reader.next("hello");
    clock.pass(PATIENCE_MS - 1);
    expect(reader.of("away")).toEqual([]);
    clock.pass(1);
    expect((await reader.next<Away>("away")).reason).toBe("it says nothing for 5 s");
    const beats = reader.raw.split("\n:\n").length;
    clock.pass(10_000);
    await until(() => reader.raw.split("\n:\n").length > beats, "a heartbeat");
  });
});
