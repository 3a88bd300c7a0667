import { expect } from "vitest";
import type { Connection } from "../../src/index.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { OutageLog } from "../support/outage-log.js";
import { Recorder } from "../support/recorder.js";
import { rejection } from "../support/until.js";
import { Observer } from "./observer.js";
import type { Scenario, Stage, StageServer } from "./stage.js";

/** The server that a connection is at. */
function serverOf(stage: Stage, nc: Connection): StageServer {
  const at = stage.servers.find(({ hostport }) => hostport === nc.getServer());
  if (at === undefined) throw new Error(`${nc.getServer()} is no server of this stage`);
  return at;
}

/** Publishes numbers, a few every ms or so, until it is stopped; says how many were accepted. */
function load(stage: Stage, nc: Connection, subject: string, each = 20): { stop(): Promise<number> } {
  let going = true;
  let count = 0;
  const done = (async () => {
    while (going) {
      for (let i = 0; i < each; i++) nc.publish(subject, String(count++));
      await stage.sleep(1);
    }
  })();
  return {
    async stop() {
      going = false;
      await done;
      return count;
    },
  };
}

/** Publishes under load while the client's server is killed, three times; what the observer has got. */
async function loadAndKills(
  stage: Stage,
  delivery: "at-least-once" | "at-most-once",
): Promise<{ nc: Connection; arrivals: Arrivals; log: OutageLog; count: number }> {
  const observer = await Observer.of(stage, "a");
  const arrivals = new Arrivals();
  observer.onMessage = ({ text }) => arrivals.add(Number(text));
  const servers = stage.servers.slice(0, -1).map(({ url }) => url);
  const nc = await stage.connect({ servers, delivery, ignoreClusterUpdates: true });
  const log = new OutageLog(nc);
  const publishing = load(stage, nc, "a");
  for (let kills = 1; kills <= 3; kills++) {
    const before = nc.stats().confirmed;
    await stage.until(() => nc.stats().confirmed >= before + 500, "some are confirmed");
    const at = serverOf(stage, nc);
    await at.kill();
    await stage.until(() => nc.stats().reconnects === kills, `reconnect ${kills}`);
    await at.start();
  }
  const count = await publishing.stop();
  await nc.flush();
  return { nc, arrivals, log, count };
}

/** Servers that die, and what becomes of what was published. */
export const RECOVERY: readonly Scenario[] = [
  {
    name: "what is published during an outage arrives after it, in order",
    async play(stage) {
      const nc = await stage.connect();
      const got: string[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      await nc.flush();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      const sent = Array.from({ length: 500 }, (_, i) => String(i));
      for (const text of sent) nc.publish("a", text);
      expect(nc.buffered.messages).toBe(500);
      await stage.servers[0].start();
      await nc.flush();
      expect(got).toEqual(sent);
      expect(expectBalanced(nc)).toMatchObject({ accepted: 500, confirmed: 500, pending: 0 });
    },
  },
  {
    name: "a server that dies in the middle of a burst loses nothing that it had not confirmed",
    async play(stage) {
      const nc = await stage.connect();
      const arrivals = new Arrivals();
      nc.subscribe("a", { callback: countInto(arrivals) });
      await nc.flush();
      const log = new OutageLog(nc);
      const count = 20_000;
      for (let i = 0; i < count; i++) nc.publish("a", String(i));
      await stage.until(() => nc.stats().confirmed > 0 || arrivals.total > 0, "the burst has begun");
      await stage.servers[0].kill();
      await stage.servers[0].start();
      await nc.flush();
      expect(log.lost(arrivals, count)).toEqual([]);
      expect(log.repeatedUnduly(arrivals)).toEqual([]);
      expect(arrivals.late).toBe(0);
      expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
    },
  },
  {
    name: "servers that are killed under load, one after the other, lose nothing",
    setup: { servers: 3 },
    async play(stage) {
      const { nc, arrivals, log, count } = await loadAndKills(stage, "at-least-once");
      await stage.until(
        () => log.lost(arrivals, count).length === 0,
        () => `the rest: ${log.lost(arrivals, count).slice(0, 20)} of ${count}`,
      );
      expect(log.repeatedUnduly(arrivals)).toEqual([]);
      expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count, pending: 0 });
    },
  },
  {
    name: "at-most-once never delivers twice, whatever dies",
    setup: { servers: 3 },
    async play(stage) {
      const { nc, arrivals, count } = await loadAndKills(stage, "at-most-once");
      const { confirmed, unconfirmed } = expectBalanced(nc);
      expect(confirmed + unconfirmed).toBe(count);
      expect(arrivals.duplicates).toBe(0);
    },
  },
  {
    name: "the only configured server dies, and another one is known by gossip",
    setup: { servers: 3 },
    async play(stage) {
      const observer = await Observer.of(stage, "a");
      const nc = await stage.connect({ servers: stage.servers[0].url });
      const recorder = new Recorder(nc);
      const got: string[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      await nc.flush();
      await stage.servers[0].kill();
      await stage.until(() => recorder.count("reconnect") === 1, "the reconnect");
      expect(stage.servers.slice(1).map(({ hostport }) => hostport)).toContain(nc.getServer());
      await nc.publishConfirmed("a", "hello");
      await stage.until(() => got.length > 0 && observer.messages.length > 0, "the message");
      expect(got).toEqual(["hello"]);
      const events = ["disconnect", "reconnecting", "reconnect", "close"] as const;
      expect(recorder.names().filter((name) => events.includes(name as never))).toEqual([
        "disconnect",
        "reconnecting",
        "reconnect",
      ]);
    },
  },
  {
    name: "subscriptions come back, with what is left of their max",
    async play(stage) {
      const nc = await stage.connect();
      const limited = nc.subscribe("a", { max: 5 });
      const got: string[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      const gone = nc.subscribe("a");
      for (const text of ["1", "2", "3"]) nc.publish("a", text);
      await nc.flush();
      gone.unsubscribe();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      await stage.servers[0].start();
      await stage.until(() => nc.state === "connected", "the reconnect");
      for (const text of ["4", "5", "6", "7"]) nc.publish("a", text);
      await nc.flush();
      expect(got).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
      const some: string[] = [];
      for await (const msg of limited) some.push(msg.string());
      expect(some).toEqual(["1", "2", "3", "4", "5"]);
      expect(gone.getReceived()).toBe(3);
    },
  },
  {
    name: "a frozen server is noticed, and another one is taken",
    setup: { servers: 3 },
    async play(stage) {
      const observer = await Observer.of(stage, "a");
      const servers = stage.servers.slice(0, 2).map(({ url }) => url);
      const nc = await stage.connect({ servers, ignoreClusterUpdates: true, stallTimeout: 700 });
      const recorder = new Recorder(nc);
      const frozen = serverOf(stage, nc);
      frozen.stop();
      const since = stage.now();
      const sent = Array.from({ length: 100 }, (_, i) => i);
      for (const number of sent) nc.publish("a", String(number));
      await stage.until(() => recorder.count("reconnect") === 1, "the reconnect");
      expect(stage.now() - since).toBeLessThan(3000);
      expect(nc.getServer()).not.toBe(frozen.hostport);
      await nc.flush();
      await stage.until(() => observer.messages.length >= 100, "all of them");
      expect(observer.numbers).toEqual(sent);
      frozen.cont();
    },
  },
  {
    name: "a frozen server that nothing is published to is noticed by its silence",
    async play(stage) {
      const nc = await stage.connect({ pingInterval: 200, maxPingOut: 1 });
      const recorder = new Recorder(nc);
      stage.servers[0].stop();
      await stage.until(() => recorder.count("disconnect") === 1, "the disconnect");
      stage.servers[0].cont();
      await stage.until(() => recorder.count("reconnect") === 1, "the reconnect");
      await nc.flush();
    },
  },
  {
    name: "flush() and publishConfirmed() resolve across an outage",
    async play(stage) {
      const nc = await stage.connect();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      const settled: string[] = [];
      const all = [
        nc.publishConfirmed("a", "x").then(() => settled.push("publishConfirmed")),
        nc.flush().then(() => settled.push("flush")),
        nc.fence().then(() => settled.push("fence")),
      ];
      await stage.sleep(100);
      expect(settled).toEqual([]);
      await stage.servers[0].start();
      await Promise.all(all);
      expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
    },
  },
  {
    name: "flush() rejects at its deadline, and the messages stay",
    async play(stage) {
      const nc = await stage.connect();
      const got: string[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      await nc.flush();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      nc.publish("a", "x");
      expect((await rejection(nc.flush({ timeout: 50 }))).code).toBe("TIMEOUT");
      expect((await rejection(nc.rtt())).code).toBe("DISCONNECTED");
      await stage.servers[0].start();
      await nc.flush();
      expect(got).toEqual(["x"]);
      expect(await nc.rtt()).toBeGreaterThanOrEqual(0);
    },
  },
  {
    name: "a server in lame duck mode says so, and when it ends another one is taken",
    setup: { servers: 3 },
    async play(stage) {
      const nc = await stage.connect();
      const recorder = new Recorder(nc);
      const first = serverOf(stage, nc);
      first.lameDuck();
      await stage.until(() => recorder.count("lameDuck") === 1, "the event");
      expect(recorder.of("lameDuck")).toEqual([[{ server: first.hostport }]]);
      await nc.publishConfirmed("a", "still there");
      await first.kill();
      await stage.until(() => recorder.count("reconnect") === 1, "the reconnect");
      expect(nc.getServer()).not.toBe(first.hostport);
    },
  },
  {
    name: "reconnect() moves to another server, loses nothing, and is no outage",
    setup: { servers: 3 },
    async play(stage) {
      const observer = await Observer.of(stage, "a");
      const nc = await stage.connect({ servers: stage.servers.slice(0, 2).map(({ url }) => url) });
      const recorder = new Recorder(nc);
      const arrivals = new Arrivals();
      observer.onMessage = ({ text }) => arrivals.add(Number(text));
      const publishing = load(stage, nc, "a");
      await stage.until(() => nc.stats().confirmed > 100, "some");
      await nc.reconnect();
      await stage.until(() => recorder.count("move") === 1, "the move");
      const count = await publishing.stop();
      await nc.flush();
      await stage.until(() => arrivals.distinct === count, "all of them");
      expect(recorder.names("serverInfo")).toEqual(["move"]);
    },
  },
  {
    name: "a subscriber that comes back late misses nothing when beforeReplay() waits for it",
    async play(stage) {
      const subscriber = await stage.connect({ reconnectTimeWait: 300 });
      const got: number[] = [];
      subscriber.subscribe("a", { callback: (_, msg) => got.push(Number(msg.string())) });
      subscriber.subscribe("there?", { callback: (_, msg) => msg.respond() });
      await subscriber.flush();
      const nc = await stage.connect({
        async beforeReplay(self) {
          const isThere = () => self.request("there?", "", { timeout: 100 }).then(() => true);
          while (!(await isThere().catch(() => false))) await stage.sleep(5);
        },
      });
      await stage.servers[0].kill();
      const areOut = () => [nc, subscriber].every(({ state }) => state === "reconnecting");
      await stage.until(areOut, "the outage");
      const sent = Array.from({ length: 100 }, (_, i) => i);
      for (const number of sent) nc.publish("a", String(number));
      await stage.servers[0].start();
      await nc.flush();
      await stage.until(() => got.length === sent.length, "all of them");
      expect(got).toEqual(sent);
    },
  },
  {
    name: "a message that is worth nothing after its ttl is reported, the others arrive",
    async play(stage) {
      const nc = await stage.connect();
      const recorder = new Recorder(nc);
      const got: string[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      await nc.flush();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      nc.publish("a", "stale", { ttl: 50 });
      nc.publish("a", "lasting", { ttl: 60_000 });
      nc.publish("a", "plain");
      await stage.until(() => recorder.count("messageLost") === 1, "the loss is told");
      await stage.servers[0].start();
      await nc.flush();
      expect(got).toEqual(["lasting", "plain"]);
      const lost = recorder.of("messageLost").flatMap(([messages]) => messages);
      expect(lost.map(({ reason, maybeDelivered }) => [reason, maybeDelivered])).toEqual([["ttl", false]]);
      expect(expectBalanced(nc)).toMatchObject({ accepted: 3, confirmed: 2, dropped: 1 });
    },
  },
  {
    name: 'with overflow "drop-oldest" the newest messages of an outage arrive, the others are reported',
    async play(stage) {
      const nc = await stage.connect({ maxBufferedMessages: 10, overflow: "drop-oldest" });
      const recorder = new Recorder(nc);
      const got: number[] = [];
      nc.subscribe("a", { callback: (_, msg) => got.push(Number(msg.string())) });
      await nc.flush();
      await stage.servers[0].kill();
      await stage.until(() => nc.state === "reconnecting", "the outage");
      const sent = Array.from({ length: 30 }, (_, i) => i);
      for (const number of sent) nc.publish("a", String(number));
      await stage.servers[0].start();
      await nc.flush();
      expect(got).toEqual(sent.slice(20));
      const lost = recorder.of("messageLost").flatMap(([messages]) => messages);
      expect(lost.map(({ reason }) => reason)).toEqual(Array(20).fill("drop-oldest"));
      expect(lost.map(({ data }) => Number(Buffer.from(data!).toString()))).toEqual(sent.slice(0, 20));
      expect(expectBalanced(nc)).toMatchObject({ accepted: 30, confirmed: 10, dropped: 20 });
    },
  },
  {
    name: "connect() waits for a server when it is told to",
    async play(stage) {
      await stage.servers[0].kill();
      expect((await rejection(stage.connect())).code).toBe("CONNECTION_REFUSED");
      const waiting = stage.connect({ waitOnFirstConnect: true });
      const early = await stage.connect({ retryOnFailedConnect: true });
      expect(early.state).toBe("reconnecting");
      early.publish("a", "kept");
      await stage.servers[0].start();
      const nc = await waiting;
      expect(nc.state).toBe("connected");
      await early.flush();
      expect(early.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
    },
  },
];
