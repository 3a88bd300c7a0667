import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { until } from "./support/until.js";

let server: NatsServer;
let nc: Connection;
let publisher: Connection;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  const options = { servers: server.url, reconnectTimeWait: 5, reconnectJitter: 0 };
  [nc, publisher] = await Promise.all([connect(options), connect(options)]);
});
afterEach(() => Promise.all([nc.close(), publisher.close()]));

async function send(count: number, subject = "a"): Promise<void> {
  await nc.flush();
  for (let i = 0; i < count; i++) publisher.publish(subject, String(i));
  await publisher.flush();
  await nc.flush();
}

async function restartServer(): Promise<void> {
  const { reconnects } = nc.stats();
  const others = publisher.stats().reconnects;
  await server.restart();
  await until(
    () => nc.stats().reconnects > reconnects && publisher.stats().reconnects > others,
    "both connections are back",
  );
}

describe("max: the total of messages after which a subscription ends", () => {
  it("is exact with a callback [parity 159]", async () => {
    let count = 0;
    const sub = nc.subscribe("a", { max: 10, callback: () => count++ });
    expect(sub.getMax()).toBe(10);
    await send(25);
    expect(count).toBe(10);
    expect(sub.isClosed()).toBe(true);
    await expect(sub.closed).resolves.toBeUndefined();
  });

  it("is exact with an iterator, which then ends [parity 159]", async () => {
    const got: string[] = [];
    const sub = nc.subscribe("a", { max: 3 });
    await send(5);
    for await (const msg of sub) got.push(msg.string());
    expect(got).toEqual(["0", "1", "2"]);
  });

  it("can be set later by unsubscribe(max), and counts what has come already [parity 177]", async () => {
    let count = 0;
    const sub = nc.subscribe("a", { callback: () => count++ });
    await send(4);
    sub.unsubscribe(6);
    expect(sub.isClosed()).toBe(false);
    await send(10);
    expect(count).toBe(6);
    expect(sub.isClosed()).toBe(true);
  });

  it("that is reached already ends it at once [parity 177]", async () => {
    const sub = nc.subscribe("a", { callback: () => {} });
    await send(4);
    sub.unsubscribe(4);
    expect(sub.isClosed()).toBe(true);
  });

  it("can be changed in the callback, down and up [parity 160]", async () => {
    const counts = { down: 0, up: 0 };
    const down = nc.subscribe("a", { max: 10, callback: () => ++counts.down === 3 && down.unsubscribe(5) });
    const up = nc.subscribe("a", { max: 5, callback: () => ++counts.up === 3 && up.unsubscribe(10) });
    await send(3);
    await send(20);
    expect(counts).toEqual({ down: 5, up: 10 });
    expect([down.isClosed(), up.isClosed()]).toEqual([true, true]);
  });

  it("ends it also when the answer is given after the server has let it go [parity 161]", async () => {
    const sub = nc.subscribe("ask", { max: 1 });
    await nc.flush();
    const asked = publisher.request("ask", "", { timeout: 5_000 });
    for await (const msg of sub) msg.respond("answer");
    expect((await asked).string()).toBe("answer");
  });
});

describe("max across a restart of the server [S1]", () => {
  it("is a total over all links [parity 46]", async () => {
    let count = 0;
    const sub = nc.subscribe("a", { max: 10, callback: () => count++ });
    await send(4);
    await restartServer();
    await send(3);
    expect([count, sub.isClosed()]).toEqual([7, false]);
    await restartServer();
    await send(20);
    expect([count, sub.isClosed()]).toEqual([10, true]);
  });

  it("set by unsubscribe(max) before or during the outage counts in the same way", async () => {
    const counts = { before: 0, during: 0 };
    const before = nc.subscribe("a", { callback: () => counts.before++ });
    const during = nc.subscribe("a", { callback: () => counts.during++ });
    await send(4);
    before.unsubscribe(6);
    await nc.flush();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    during.unsubscribe(7);
    await restartServer();
    await send(20);
    expect(counts).toEqual({ before: 6, during: 7 });
    expect([before.isClosed(), during.isClosed()]).toEqual([true, true]);
  });

  it("with a queue group: no message is swallowed [peers 20] [parity 45, 46]", async () => {
    let [limited, other] = [0, 0];
    nc.subscribe("a", { queue: "q", max: 10, callback: () => limited++ });
    await send(5);
    await restartServer();
    publisher.subscribe("a", { queue: "q", callback: () => other++ });
    await publisher.flush();
    await send(1000);
    await until(() => limited === 10, "the limited member has its 10");
    await publisher.flush();
    expect(limited - 5 + other).toBe(1000);
  });
});

describe("subscriptions across a restart of the server [S1]", () => {
  it("come back: plain, wildcard, queue group, iterator, callback [parity 43, 45]", async () => {
    const counts = { plain: 0, star: 0, rest: 0, queue: 0 };
    nc.subscribe("x.a", { callback: () => counts.plain++ });
    nc.subscribe("x.*", { callback: () => counts.star++ });
    nc.subscribe("x.>", { callback: () => counts.rest++ });
    for (let i = 0; i < 3; i++) nc.subscribe("x.a", { queue: "q", callback: () => counts.queue++ });
    const iterated = nc.subscribe("x.a");
    await restartServer();
    await send(10, "x.a");
    expect(counts).toEqual({ plain: 10, star: 10, rest: 10, queue: 10 });
    expect(iterated.getPending()).toBe(10);
  });

  it("made during the outage work after it, ended during the outage do not [parity 44]", async () => {
    const counts = { kept: 0, ended: 0, made: 0 };
    nc.subscribe("a", { callback: () => counts.kept++ });
    const ended = nc.subscribe("a", { callback: () => counts.ended++ });
    await nc.flush();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    ended.unsubscribe();
    nc.subscribe("a", { callback: () => counts.made++ });
    await restartServer();
    await send(5);
    expect(counts).toEqual({ kept: 5, ended: 0, made: 5 });
  });

  it("are all there after it: 5,000 of them", async () => {
    let count = 0;
    for (let i = 0; i < 5_000; i++) nc.subscribe(`many.${i}`, { callback: () => count++ });
    await restartServer();
    await nc.flush();
    for (let i = 0; i < 5_000; i++) publisher.publish(`many.${i}`);
    await publisher.flush();
    await nc.flush();
    expect(count).toBe(5_000);
  });
});
