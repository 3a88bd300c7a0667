import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { CompiledLibrary } from "../support/child.js";
import { Cleanup } from "../support/cleanup.js";
import { Load } from "../support/load.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

// What takes long by its nature, side by side.

describe.concurrent("no false alarm: a link of 200 KB/s, messages of 900 KB, default stallTimeout", () => {
  it("is never declared dead, and everything is confirmed", { timeout: 90_000 }, async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start());
    const proxy = world.use(await FaultProxy.start({ target: server.hostport }));
    const sizes: number[] = [];
    const subscriber = world.use(await connect({ servers: server.url }));
    subscriber.subscribe("a", { callback: (_, msg) => sizes.push(msg.data.length) });
    await subscriber.flush();
    const nc = world.use(await connect({ servers: proxy.url, ignoreClusterUpdates: true, closeTimeout: 0 }));
    const recorder = new Recorder(nc);
    const disconnected = new Promise((resolve) => nc.once("disconnect", resolve));
    proxy.addToxic({ type: "bandwidth", stream: "upstream", rate: 200_000 });
    const since = performance.now();
    // More than the kernel at the proxy takes at once: a queue is left that can be looked at.
    for (let i = 0; i < 4; i++) nc.publish("a", Buffer.alloc(900_000, i));
    await Promise.race([nc.flush({ timeout: 60_000 }), disconnected]);
    expect(recorder.names("state", "serverInfo")).toEqual([]);
    expect(proxy.links).toHaveLength(1);
    // Much slower than stallTimeout, or this proves nothing.
    expect(performance.now() - since).toBeGreaterThan(2 * 8_000);
    await subscriber.flush();
    expect(sizes).toEqual([900_000, 900_000, 900_000, 900_000]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 4, confirmed: 4, replayed: 0 });
  });
});

describe.concurrent("no false alarm: this process stood still for 10 s", () => {
  let library: CompiledLibrary;
  beforeAll(async () => {
    library = await CompiledLibrary.make();
  });
  afterAll(() => library[Symbol.dispose]());

  const SLEEP = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);";
  const SPIN = "for (const end = performance.now() + 10_000; performance.now() < end; );";

  it.each([
    ["idle, with pings; asleep", "{ pingInterval: 200, maxPingOut: 1 }", "", SLEEP],
    ["bytes wait for a confirmation; asleep", "{}", 'nc.publish("out", "x".repeat(100_000));', SLEEP],
    [
      "bytes wait, pings every second; asleep",
      "{ pingInterval: 1000 }",
      'nc.publish("out", "x".repeat(100_000));',
      SLEEP,
    ],
    [
      "bytes wait, with pings; busy",
      "{ pingInterval: 200, maxPingOut: 1 }",
      'nc.publish("out", "x".repeat(100_000));',
      SPIN,
    ],
  ])("no disconnect: %s", { timeout: 90_000 }, async (_, options, before, block) => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start());
    using child = library.run(
      `import { Socket } from "node:net";
       // It stands still right after a PING: the answer is there, unread, long before anybody looks for it.
       const { write } = Socket.prototype;
       let [armed, stood] = [false, 0];
       Socket.prototype.write = function (data, ...rest) {
         if (armed && Buffer.from(data).toString("latin1").endsWith("PING\\r\\n")) {
           armed = false;
           queueMicrotask(() => {
             ${before}
             queueMicrotask(standStill);
           });
         }
         return write.call(this, data, ...rest);
       };
       const standStill = () => {
         const since = performance.now();
         ${block}
         stood = performance.now() - since;
       };
       const nc = await connect({ servers: SERVER, ...${options} });
       const told = [];
       for (const name of ["disconnect", "reconnecting", "reconnect", "error"]) nc.on(name, () => told.push(name));
       let got = 0;
       nc.subscribe("in", { callback: () => got++ });
       await nc.flush();
       say("ready");
       await until(() => got > 10);
       armed = true;
       ${before}
       await until(() => stood > 0);
       const atOnce = got;
       await nc.flush();
       await until(() => told.length > 0 || got > atOnce + 1_000);
       // Pings go on, and are answered.
       for (let i = 0; i < 5 && told.length === 0; i++) {
         await nc.rtt();
         await new Promise((resolve) => setTimeout(resolve, 250));
       }
       const { reconnects, accepted, confirmed, pending } = nc.stats();
       say(JSON.stringify({ stood, told, reconnects, pending, open: accepted - confirmed }));
       await nc.close();`,
      server.url,
    );
    await child.said("ready");
    // What comes in meanwhile waits in the kernel.
    const nc = world.use(await connect({ servers: server.url }));
    using load = Load.steady(nc, "in", 500);
    await child.ended(60_000);
    load.stop();
    const result = child.result<{ stood: number }>();
    expect(result).toMatchObject({ told: [], reconnects: 0, pending: 0, open: 0 });
    expect(result.stood).toBeGreaterThan(9_900);
    expectBalanced(nc);
  });
});

/** Calls `make` with these draws in place of chance: what it makes keeps them. */
function drawing<T>(draw: number, make: () => T): T {
  const { random } = Math;
  Math.random = () => draw;
  try {
    return make();
  } finally {
    Math.random = random;
  }
}

describe.concurrent("row 14: default options, server away for 19 s", () => {
  it("reconnects; what was published meanwhile is confirmed", { timeout: 90_000 }, async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start());
    // Every jitter will do; with this one there is an attempt soon after 19 s, which saves time.
    const nc = world.use(await drawing(0.22, () => connect({ servers: server.url })));
    const recorder = new Recorder(nc);
    await server.kill();
    const since = performance.now();
    await until(() => nc.state === "reconnecting", "the outage");
    for (let i = 0; i < 100; i++) nc.publish("a", String(i));
    await until(() => performance.now() - since > 19_000, "19 s", 30_000);
    expect(nc.state).toBe("reconnecting");
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect", 35_000);
    await nc.flush();
    const { downtime } = recorder.of("reconnect")[0][0];
    expect(downtime).toBeGreaterThan(19_000);
    // A server that starts too late for that attempt is found by the next one, 11 s later: this outage is then a partition.
    const told = ["disconnect", "reconnect", ...(downtime < 30_000 ? [] : ["partition"])];
    expect(recorder.names("state", "reconnecting", "serverInfo")).toEqual(told);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, confirmed: 100 });
  });
});
