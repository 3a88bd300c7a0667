import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { Observation } from "../../src/observe/observation.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { Outage } from "../support/outage.js";
import { rejection, until } from "../support/until.js";

const events = (seen: Observation) => seen.log.map(({ event }) => event);

describe("what is remembered of a real connection", () => {
  it("an outage: why, how long, what was tried, and what was written again", async () => {
    await using outage = await Outage.prepare();
    const { nc, server } = outage;
    const seen = Observation.of(nc);
    expect(seen.linksTo(server.hostport)).toMatchObject({ count: 1 });
    // What is on its way when the server dies has to be written again.
    await server.stop();
    nc.publish("a", "1");
    await new Promise(setImmediate);
    await outage.begin();
    expect(seen.current).toMatchObject({ server: server.hostport, unconfirmed: 1, endedAt: undefined });
    await until(() => (seen.current?.attempts ?? 0) > 1, "attempts");
    await outage.end();
    await until(() => outage.got.length === 1, "the message");
    const [past] = seen.outages;
    expect(past).toMatchObject({ next: server.hostport, unconfirmed: 1, replayed: 1, lost: 0 });
    expect(past.attempts).toBeGreaterThan(1);
    expect(past.endedAt).toBeGreaterThan(past.startedAt);
    expect(Math.abs(past.endedAt! - past.startedAt - past.duration!)).toBeLessThan(100);
    expect(past.cause.kind).toMatch(/^(network|server-shutdown)$/);
    expect(seen.current).toBeUndefined();
    expect(seen).toMatchObject({ disconnects: 1, attempts: { succeeded: 1 }, downtimes: { count: 1 } });
    expect(seen.linksTo(server.hostport)).toMatchObject({ count: 2 });
    expect(seen.failuresOf(server.hostport)!.failures).toBeGreaterThan(2);
    expect(seen.failuresOf(server.hostport)!.lastError).toMatch(/^CONNECTION_REFUSED: /);
    // However many attempts there were; a server that starts may refuse in two ways, and each is a line.
    expect(new Set(events(seen))).toEqual(
      new Set(["disconnect", "attemptFailed", "reconnecting", "reconnect"]),
    );
    expect(seen.log.length).toBeLessThan(8);
  });

  it("messages that were given up in an outage", async () => {
    await using outage = await Outage.prepare({ reconnectBufSize: 1_000, overflow: "drop-oldest" });
    const { nc } = outage;
    const seen = Observation.of(nc);
    await outage.begin();
    for (let i = 0; i < 100; i++) nc.publish("a", "x".repeat(100));
    await outage.end();
    const { dropped } = nc.stats();
    expect(dropped).toBeGreaterThan(50);
    expect(seen.outages[0].lost).toBe(dropped);
    expect(events(seen)).toEqual(expect.arrayContaining(["overflow", "messageLost"]));
    expect(seen.log.find(({ event }) => event === "messageLost")?.text).toBe(
      `${dropped} messages were given up`,
    );
  });

  it("an outage that the end of the connection ends", async () => {
    await using outage = await Outage.prepare();
    const seen = Observation.of(outage.nc);
    await outage.begin();
    outage.nc.publish("a", "never");
    await outage.nc.close();
    expect(seen.outages).toMatchObject([{ next: undefined, lost: 1 }]);
    expect(seen.outages[0].endedAt).toBeDefined();
    expect(events(seen).slice(-2)).toEqual(["messageLost", "close"]);
  });

  it("permission violations, without the subject for those who may not see it", async () => {
    await using cleanup = new Cleanup();
    const config = `authorization { users: [{ user: a, password: p, permissions: { publish: { deny: ["denied.>"] } } }] }`;
    const server = cleanup.use(await NatsServer.start({ config }));
    const nc = cleanup.use(await connect({ servers: server.url, user: "a", pass: "p" }));
    const seen = Observation.of(nc);
    for (let i = 0; i < 10; i++) await rejection(nc.publishConfirmed(`denied.canary${i}`, ""));
    expect([...seen.errors]).toEqual([["PERMISSIONS_VIOLATION", 10]]);
    expect(seen.log).toHaveLength(1);
    const [entry] = seen.log;
    expect(entry).toMatchObject({ event: "error", level: "error", times: 10 });
    expect(entry.text).toMatch(/^PERMISSIONS_VIOLATION: .*"\{subject\}"/);
    expect(entry.detail).toContain("denied.canary9");
  });

  it("a subscription that is too slow, until it has caught up", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    const seen = Observation.of(nc);
    const sub = nc.subscribe("b", { slow: 10 });
    for (let i = 0; i < 100; i++) nc.publish("b");
    await nc.flush();
    expect(seen.slowSubscriptions).toEqual([sub]);
    expect(seen.log).toMatchObject([{ event: "slowConsumer", level: "warning", detail: "b" }]);
    let read = 0;
    for await (const _ of sub) if (++read === 100) break;
    expect(seen.slowSubscriptions).toEqual([]);
    expect(seen.slowConsumers).toBe(1);
  });

  it("a move, which is no outage", async () => {
    await using outage = await Outage.prepare();
    const { nc, server } = outage;
    const seen = Observation.of(nc);
    await nc.reconnect();
    await until(() => seen.moves === 1, "the move");
    expect(seen.outages).toEqual([]);
    expect(seen.linksTo(server.hostport)).toMatchObject({ count: 2 });
    expect(events(seen)).toEqual(["move"]);
  });
});
