import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { connectAtFirst } from "../support/at-first.js";
import { expectBalanced } from "../support/books.js";
import { Cleanup } from "../support/cleanup.js";
import { publishNumbers } from "../support/publisher.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

/** The default of `stallTimeout`: it is noticed within that. */
const STALL = 5_000;
/** What a busy machine may add to other times. */
const SLACK = 4_000;
/**
 * ms between PINGs where nothing else is sent. A server that a busy machine has let wait for more than 1.5 of them is given one more, as it
 * should be: no test of these.
 */
const INTERVAL = 600;

/** A connection to a server behind a proxy, another server that it may go to, and what that one receives. */
class HalfOpen extends Cleanup {
  readonly arrivals = new Arrivals();
  proxy!: FaultProxy;
  other!: NatsServer;
  subscriber!: Connection;
  nc!: Connection;
  recorder!: Recorder;
  /** When it was noticed; monotonic ms. */
  noticedAt = 0;

  static async start(options: ConnectionOptions = {}): Promise<HalfOpen> {
    const world = new HalfOpen();
    const server = world.use(await NatsServer.start());
    world.other = world.use(await NatsServer.start());
    world.proxy = world.use(await FaultProxy.start({ target: server.hostport }));
    world.subscriber = world.use(await connect({ servers: world.other.url }));
    world.subscriber.subscribe("a", { callback: countInto(world.arrivals) });
    await world.subscriber.flush();
    const servers = [world.proxy.url, world.other.url];
    world.nc = world.use(await connectAtFirst(servers, { ignoreClusterUpdates: true, ...options }));
    await world.nc.flush();
    world.recorder = new Recorder(world.nc);
    world.nc.once("disconnect", () => {
      world.noticedAt = performance.now();
    });
    return world;
  }
}

const KINDS = [
  ["nothing is read at the other end", (proxy: FaultProxy) => proxy.addToxic({ type: "freeze" })],
  ["what is sent is acknowledged and lost", (proxy: FaultProxy) => proxy.addToxic({ type: "half_open" })],
  // The server's first PING, 2 s after the beginning, still arrives: it is no answer.
  ["the same one way only", (proxy: FaultProxy) => proxy.addToxic({ type: "blackhole", stream: "upstream" })],
] as const;

describe.concurrent.each(KINDS)("row 4: half-open link, defaults; %s", (_, breakIt) => {
  it("with bytes waiting: noticed within 5 s, another node first, all of them arrive", async () => {
    await using world = await HalfOpen.start();
    const { proxy, other, arrivals, nc, recorder } = world;
    publishNumbers(nc, "a", 0, 100);
    await nc.flush();
    breakIt(proxy);
    publishNumbers(nc, "a", 100, 200);
    const since = performance.now();
    const timer = sleep(STALL).then(() => performance.now() - since);
    await until(() => recorder.count("disconnect") === 1, "that it is noticed", STALL + SLACK);
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "STALE_CONNECTION" });
    // What it was borne; how late this machine lets a timer fire comes on top of it, and how late it lets the bytes be written.
    const [, waited] = /nothing moved for (\d+) ms/.exec(recorder.of("disconnect")[0][0]!.message)!;
    expect(Number(waited)).toBeLessThanOrEqual(STALL);
    expect(world.noticedAt - since).toBeLessThan((await timer) + 1_000);
    expect(recorder.of("disconnect")[0][1]).toMatchObject({ server: proxy.hostport, unconfirmed: 100 });
    await until(() => recorder.count("reconnect") === 1, "the other node");
    expect(recorder.of("reconnecting").map(([info]) => info.server)).toEqual([other.hostport]);
    expect(recorder.of("reconnect")[0][0]).toMatchObject({ server: other.hostport, attempts: 1 });
    await nc.flush();
    await until(() => arrivals.distinct === 100, "the messages that waited");
    expect(arrivals.total).toBe(100);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 200, confirmed: 200, replayed: 100 });
  });

  it("with nothing to send: noticed by pings, within pingInterval × (maxPingOut + 1)", async () => {
    await using world = await HalfOpen.start({ pingInterval: INTERVAL });
    const { proxy, other, nc, recorder } = world;
    breakIt(proxy);
    const since = performance.now();
    await until(() => recorder.count("reconnect") === 1, "the other node", INTERVAL * 3 + SLACK);
    expect(world.noticedAt - since).toBeGreaterThan(INTERVAL);
    const [error, { cause }] = recorder.of("disconnect")[0];
    expect(error).toMatchObject({ code: "STALE_CONNECTION" });
    // maxPingOut of them, and given up when the next one was due: how late the timers are is this machine's affair.
    expect(cause.evidence).toContainEqual(expect.stringMatching(/^2 PINGs had no answer, /));
    expect(recorder.of("reconnecting").map(([info]) => info.server)).toEqual([other.hostport]);
    expect(nc.getServer()).toBe(other.hostport);
    expectBalanced(nc);
  });
});

describe.concurrent("row 5: half-open with more unsent data than the kernel takes", () => {
  it("the socket is destroyed, no write is waited for, everything arrives over another node [parity 109, 110]", async () => {
    await using world = await HalfOpen.start();
    const { proxy, other, subscriber, nc, recorder } = world;
    const sizes = new Map<number, number>();
    subscriber.subscribe("large", {
      callback: (_, msg) => sizes.set(msg.data[0], (sizes.get(msg.data[0]) ?? 0) + msg.data.length),
    });
    await subscriber.flush();
    const freeze = proxy.addToxic({ type: "freeze" });
    const since = performance.now();
    for (let i = 0; i < 60; i++) nc.publish("large", Buffer.alloc(500_000, i));
    await until(() => recorder.count("reconnect") === 1, "the other node", STALL + SLACK);
    expect(performance.now() - since).toBeLessThan(STALL + SLACK);
    expect(recorder.of("disconnect")[0][1]).toMatchObject({ server: proxy.hostport });
    expect(recorder.of("reconnect")[0][0]).toMatchObject({ server: other.hostport });
    await nc.flush();
    await until(() => sizes.size === 60, "all of it");
    expect([...sizes.values()]).toEqual(Array(60).fill(500_000));
    // A reset, not an orderly end that would wait behind what the kernel holds.
    freeze.remove();
    await until(() => proxy.links[0].ended !== undefined, "the end of the dead link's socket");
    expect(proxy.links[0].ended).toEqual({ by: "client", how: "rst" });
    expect(expectBalanced(nc)).toMatchObject({ accepted: 60, confirmed: 60 });
  });

  it("what moves in the beginning, until all buffers on the way are full, is not taken for a slow link", async () => {
    await using world = await HalfOpen.start({ stallTimeout: 500 });
    const { proxy, nc, recorder } = world;
    proxy.addToxic({ type: "bandwidth", stream: "upstream", rate: 4_000_000 });
    for (let i = 0; i < 30; i++) nc.publish("large", Buffer.alloc(1_000_000));
    publishNumbers(nc, "a", 0, 1_000);
    await until(() => proxy.links[0].bytesFromClient > 1_000_000, "that some of it is on its way");
    proxy.addToxic({ type: "freeze" });
    await until(() => recorder.count("reconnect") === 1, "the other node", 500 + SLACK);
    await nc.flush();
    await until(() => world.arrivals.distinct === 1_000, "all of it");
    expect(expectBalanced(nc)).toMatchObject({ accepted: 1_030, confirmed: 1_030 });
  });
});
