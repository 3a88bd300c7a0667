import { once } from "node:events";
import { connect as dial } from "node:net";
import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { connectAtFirst } from "../support/at-first.js";
import { expectBalanced } from "../support/books.js";
import { Cleanup } from "../support/cleanup.js";
import { FakeServer } from "../support/fake-server.js";
import { Load } from "../support/load.js";
import { OutageLog } from "../support/outage-log.js";
import { publishNumbers } from "../support/publisher.js";
import { Recorder } from "../support/recorder.js";
import { ThreeNodes } from "../support/three-nodes.js";
import { until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

/** ms that a handshake by hand takes, now. */
async function byHand({ host, port }: NatsServer): Promise<number> {
  const since = performance.now();
  const socket = dial({ host, port, noDelay: true });
  try {
    await once(socket, "data");
    socket.write('CONNECT {"verbose":false}\r\nPING\r\n');
    await once(socket, "data");
    return performance.now() - since;
  } finally {
    socket.destroy();
  }
}

/** What a server knows of its connections. */
async function connections(
  server: NatsServer,
  query: string,
): Promise<{ cid: number; name?: string; reason?: string; subscriptions_list?: string[] }[]> {
  const response = await fetch(`http://127.0.0.1:${server.monitorPort}/connz?${query}`);
  return ((await response.json()) as { connections: [] }).connections;
}

describe("nats.go: SIGKILL of the publisher's node", () => {
  it.each([
    ["at 20k msg/s", 40_000, Load.steady],
    ["publishing as fast as it goes", 200_000, Load.flood],
  ])("0 lost, no duplicate of what was confirmed, back at once; %s", async (_, before, start) => {
    await using nodes = await ThreeNodes.start();
    const nc = await nodes.publisher();
    const log = new OutageLog(nc);
    const recorder = new Recorder(nc);
    using load = start(nc, "a", 20_000);
    await until(() => nc.stats().confirmed > before, "messages before the kill");
    const dead = nodes.serverOf(nc);
    const [other] = nodes.cluster.servers.filter((server) => server !== dead);
    const beside = new Promise<number>((resolve) => nc.once("disconnect", () => resolve(byHand(other))));
    const killed = dead.kill();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    const { count: then } = load;
    await until(() => nc.stats().confirmed > then + before / 2, "messages after the kill");
    const count = load.stop();
    await nc.flush();
    await nodes.arrived(count, log);
    await killed;
    // nats.go: 3 to 9 ms, with the machine to itself; the exact comparison is the benchmark's. What making a connection takes at this
    // moment is the machine's affair.
    expect(recorder.of("reconnect")[0][0].downtime).toBeLessThan(400 + (await beside));
    expect(recorder.of("reconnecting").map(([info]) => info.delay)).toEqual([0]);
    expect(log.outages).toHaveLength(1);
    expect(log.repeatedUnduly(nodes.arrivals)).toEqual([]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count, dropped: 0 });
  });
});

describe.concurrent("nats.go: single server killed and restarted at once", () => {
  it("the first attempt at once, then short steps; sooner back than the 2,071 ms of nats.go", async () => {
    const waited = await Promise.all(
      Array.from({ length: 5 }, async () => {
        await using world = new Cleanup();
        const server = world.use(await NatsServer.start());
        const nc = world.use(await connect({ servers: server.url }));
        const recorder = new Recorder(nc);
        const since = performance.now();
        await server.restart();
        const away = performance.now() - since;
        await until(() => recorder.count("reconnect") === 1, "the reconnect");
        publishNumbers(nc, "a", 0, 10);
        await nc.flush();
        const steps = recorder.of("reconnecting").map(([info]) => info);
        expect(steps[0]).toMatchObject({ attempt: 1, server: server.hostport, delay: 0 });
        // Those that follow are longer, where this machine takes so long to start a server.
        expect(steps.find(({ delay }) => delay > 0)?.delay ?? 0).toBeLessThanOrEqual(2_000);
        expect(expectBalanced(nc)).toMatchObject({ accepted: 10, confirmed: 10 });
        return recorder.of("reconnect")[0][0].downtime - away;
      }),
    );
    // From when the server was there again: how long that took is not the client's affair.
    expect(waited.toSorted((a, b) => a - b)[2]).toBeLessThan(2_000);
  });
});

describe.concurrent("nats.go: frozen server, ping 1 s, 20k msg/s", () => {
  it("noticed within 5 s, publish() never blocks, 0 lost", async () => {
    await using nodes = await ThreeNodes.start();
    const nc = await nodes.publisher({ pingInterval: 1_000 });
    const log = new OutageLog(nc);
    const recorder = new Recorder(nc);
    using load = Load.steady(nc, "a", 20_000);
    await until(() => nc.stats().confirmed > 10_000, "messages before the freeze");
    const frozen = nodes.serverOf(nc);
    frozen.stop();
    await until(() => recorder.count("reconnect") === 1, "the other node", 15_000);
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "STALE_CONNECTION" });
    // What it was borne, be it by the PINGs or by the bytes that wait; how late this machine lets a timer fire comes on top of it.
    const [, borne] = /for (\d+) ms$/.exec(recorder.of("disconnect")[0][0]!.message)!;
    expect(Number(borne)).toBeLessThanOrEqual(5_000);
    expect(nc.getServer()).not.toBe(frozen.hostport);
    const { count: then } = load;
    await until(() => nc.stats().confirmed > then + 5_000, "messages after it");
    const count = load.stop();
    await nc.flush();
    await nodes.arrived(count, log);
    expect(load.longest).toBeLessThan(500);
    expect(log.repeatedUnduly(nodes.arrivals)).toEqual([]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });
});

describe.concurrent("nats.go: frozen in the middle of a write, then thawed", () => {
  it("the old link is never used again, no frame is torn, everything arrives [parity 111]", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start({ monitor: true }));
    const subscriber = world.use(await connect({ servers: server.url, stallTimeout: 0, pingInterval: 0 }));
    const arrivals = new Arrivals();
    const sizes = new Set<number>();
    subscriber.subscribe("a", { callback: countInto(arrivals) });
    subscriber.subscribe("large", { callback: (_, msg) => sizes.add(msg.data.length) });
    await subscriber.flush();
    const nc = world.use(
      await connect({ servers: server.url, stallTimeout: 1_500, timeout: 1_500, ...EAGER }),
    );
    const { client_id } = nc.info!;
    const recorder = new Recorder(nc);
    server.stop();
    // More than the kernel takes, so that a frame is cut in two where the write stops.
    for (let i = 0; i < 30; i++) nc.publish("large", Buffer.alloc(1_000_000));
    publishNumbers(nc, "a", 0, 1_000);
    await until(() => recorder.count("disconnect") === 1, "that it is noticed");
    publishNumbers(nc, "a", 1_000, 2_000);
    server.cont();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    publishNumbers(nc, "a", 2_000, 3_000);
    await nc.flush();
    await subscriber.flush();
    await until(() => arrivals.distinct === 3_000, "all of it");
    expect([...sizes]).toEqual([1_000_000]);
    // The server says how the old link ended: reset, and not closed in order behind what was still to be sent.
    const [dead] = await connections(server, `state=closed&cid=${client_id}`);
    expect(dead).toMatchObject({ cid: client_id, reason: "Read Error" });
    expect(arrivals.late).toBe(0);
    expect(server.log()).not.toMatch(/parse|protocol|unknown/i);
    expect([recorder.count("disconnect"), recorder.count("error")]).toEqual([1, 0]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 3_030, confirmed: 3_030 });
  });

  it("an -ERR that costs the link does not cost the connection: it reconnects [parity 121]", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start());
    const proxy = world.use(await FaultProxy.start({ target: server.hostport }));
    const nc = world.use(await connect({ servers: proxy.url, ignoreClusterUpdates: true, ...EAGER }));
    const recorder = new Recorder(nc);
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    for (let round = 1; round <= 3; round++) {
      // What a torn frame looks like to the server, which says so and closes the link.
      proxy.addToxic({ type: "inject", stream: "upstream", line: "half a frame", count: 1 });
      nc.publish("a", String(round));
      await until(() => recorder.count("reconnect") === round, "the reconnect");
      await nc.flush();
    }
    expect(recorder.count("disconnect")).toBe(3);
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(new Set(got)).toEqual(new Set(["1", "2", "3"]));
    expect(expectBalanced(nc)).toMatchObject({ accepted: 3, confirmed: 3 });
  });

  it("an -ERR that nobody knows does not, either [parity 123]", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start());
    const proxy = world.use(await FaultProxy.start({ target: server.hostport }));
    const nc = world.use(await connect({ servers: proxy.url, ignoreClusterUpdates: true, ...EAGER }));
    const recorder = new Recorder(nc);
    proxy.addToxic({ type: "inject", line: "-ERR 'The Moon Is Full'", count: 1 });
    proxy.links[0].halfClose("downstream");
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    publishNumbers(nc, "a", 0, 10);
    await nc.flush();
    const told = [...recorder.of("error"), ...recorder.of("disconnect")].map(([error]) => error?.message);
    expect(told.join()).toContain("The Moon Is Full");
    expect(nc.isClosed()).toBe(false);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 10, confirmed: 10 });
  });
});

describe.concurrent("nats.go: next server accepts and stays silent", () => {
  it("publish() is not blocked; the other servers are tried meanwhile", async () => {
    await using world = new Cleanup();
    const first = world.use(await NatsServer.start());
    const silent = world.use(await FakeServer.start(() => {}));
    const third = world.use(await NatsServer.start());
    const subscriber = world.use(await connect({ servers: third.url }));
    const arrivals = new Arrivals();
    subscriber.subscribe("a", { callback: countInto(arrivals) });
    await subscriber.flush();
    const nc = world.use(await connectAtFirst([first.url, silent.url, third.url]));
    const recorder = new Recorder(nc);
    await nc.flush();
    const since = performance.now();
    await first.kill();
    await until(() => silent.links.length === 1, "the attempt at the silent one");
    using load = Load.steady(nc, "a", 1_000);
    await until(() => nc.getServer() === third.hostport, "the third server", 20_000);
    const took = performance.now() - since;
    const { count: then } = load;
    await until(() => load.count > then + 100, "messages after it");
    const count = load.stop();
    await nc.flush();
    await until(() => arrivals.distinct === count, "all messages");
    expect(load.longest).toBeLessThan(500);
    expect([recorder.count("disconnect"), recorder.count("reconnect")]).toEqual([1, 1]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
    // Less than the attempt's deadline, which is 5 s by default: nobody waits for the silent one.
    expect(took).toBeLessThan(4_000);
  });
});

describe.concurrent("nats.go: a draining subscription across a reconnect", () => {
  it("stays gone, with what it had got handled", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start({ monitor: true }));
    const proxy = world.use(await FaultProxy.start({ target: server.hostport }));
    const publisher = world.use(await connect({ servers: server.url }));
    const nc = world.use(
      await connect({ servers: proxy.url, ignoreClusterUpdates: true, name: "drainer", ...EAGER }),
    );
    const recorder = new Recorder(nc);
    let [got, kept] = [0, 0];
    const sub = nc.subscribe("gone", { callback: () => got++ });
    nc.subscribe("kept", { callback: () => kept++ });
    await nc.flush();
    publisher.publish("gone");
    await until(() => got === 1, "a message");
    // The UNSUB never reaches the server.
    const freeze = proxy.addToxic({ type: "freeze" });
    const drained = sub.drain();
    expect(sub.isDraining()).toBe(true);
    proxy.reset();
    freeze.remove();
    await drained;
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    await nc.flush();
    publisher.publish("gone");
    publisher.publish("kept");
    await publisher.flush();
    await nc.flush();
    await until(() => kept === 1, "the message for the other subscription");
    expect([got, sub.isClosed()]).toEqual([1, true]);
    const subscriptions = (await connections(server, "subs=1"))
      .filter(({ name }) => name === "drainer")
      .flatMap((one) => one.subscriptions_list ?? []);
    expect(subscriptions).toContain("kept");
    expect(subscriptions).not.toContain("gone");
    expectBalanced(nc);
  });
});
