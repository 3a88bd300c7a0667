import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect, type LostMessage } from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer } from "../src/testing/server.js";
import { answered } from "./support/answered.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { expectBalanced } from "./support/books.js";
import { Cleanup } from "./support/cleanup.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

/** We take 4,096 bytes for what every server bears, the default: these bear less. */
const STRICT = { config: "max_control_line: 512" };
const POISON = `p.${"x".repeat(598)}`;
/** ms in which the culprit must be found on a busy machine, with the defaults of all options. */
const FEW_SECONDS = 8_000;

interface Scene {
  nc: Connection;
  arrivals: Arrivals;
  lost: LostMessage[];
  recorder: Recorder;
}

/** A connection, and another one that reads what it publishes on `a`. */
async function scene(cleanup: Cleanup, urls: string[], options: ConnectionOptions = {}): Promise<Scene> {
  const reader = cleanup.use(await connect({ servers: urls.at(-1)! }));
  const arrivals = new Arrivals();
  reader.subscribe("a", { callback: countInto(arrivals) });
  reader.subscribe("there?", { callback: (_, msg) => msg.respond() });
  await reader.flush();
  for (const url of urls) await answered(cleanup.use(await connect({ servers: url })), "there?");
  const nc = cleanup.use(await connect({ servers: urls, closeTimeout: 100, ...options }));
  const recorder = new Recorder(nc);
  const lost: LostMessage[] = [];
  nc.on("messageLost", (batch) => lost.push(...batch));
  return { nc, arrivals, lost, recorder };
}

const isPoison = (message: LostMessage) => message.subject === POISON && message.reason === "poison";

describe.each([
  ["a single server", 1],
  ["a cluster", 3],
])("a message that costs the connection, at %s [poison]", (_, size) => {
  async function servers(cleanup: Cleanup): Promise<string[]> {
    if (size === 1) return [cleanup.use(await NatsServer.start(STRICT)).url];
    return cleanup.use(await NatsCluster.start({ size, ...STRICT })).urls;
  }

  it("is dropped alone; all others arrive in order, within a few seconds", async () => {
    await using cleanup = new Cleanup();
    const { nc, arrivals, lost, recorder } = await scene(cleanup, await servers(cleanup));
    const since = performance.now();
    publishNumbers(nc, "a", 0, 700);
    nc.publish(POISON, "the culprit");
    publishNumbers(nc, "a", 700, 1_500);
    await until(
      () => arrivals.distinct === 1_500,
      () => `all others; ${arrivals.distinct} are there`,
      20_000,
    );
    expect(performance.now() - since).toBeLessThan(FEW_SECONDS);
    await nc.flush();
    await until(() => lost.length > 0, "the loss is told");
    expect(lost.filter((message) => !isPoison(message))).toEqual([]);
    expect(lost.map(({ data }) => Buffer.from(data!).toString())).toEqual(["the culprit"]);
    expect(lost[0].maybeDelivered).toBe(true);
    if (size === 1) expect(arrivals.late).toBe(0);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 1_501, confirmed: 1_500, dropped: 1, pending: 0 });
    expect(nc.stats().dropReasons.poison).toBe(1);
    expect(recorder.of("disconnect")[0][1].cause).toMatchObject({
      kind: "protocol",
      code: "MAX_CONTROL_LINE_EXCEEDED",
    });
    expect(nc.state).toBe("connected");
  });

  it("while others go on being published, and some are as bad", async () => {
    await using cleanup = new Cleanup();
    const { nc, arrivals, lost } = await scene(cleanup, await servers(cleanup));
    let number = 0;
    const outcomes: Promise<Error & { code: string }>[] = [];
    for (let round = 0; round < 30; round++) {
      publishNumbers(nc, "a", number, number + 20);
      number += 20;
      if (round % 10 === 5) outcomes.push(rejection(nc.publishConfirmed(POISON, String(round))));
      await turn();
    }
    await until(() => lost.length === 3, "all three are found", 20_000);
    expect((await Promise.all(outcomes)).map(({ code }) => code)).toEqual(Array(3).fill("MESSAGE_DROPPED"));
    await nc.flush();
    await until(() => arrivals.distinct === number, "all others");
    if (size === 1) expect(arrivals.late).toBe(0);
    expect(lost.every(isPoison)).toBe(true);
    expect(lost.map(({ data }) => Buffer.from(data!).toString())).toEqual(["5", "15", "25"]);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: number, dropped: 3, pending: 0 });
  });
});

describe("a message that costs the connection, and is not to be written twice", () => {
  it("ends as unconfirmed, and is not tried again", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start(STRICT));
    const { nc, arrivals, lost, recorder } = await scene(cleanup, [server.url]);
    publishNumbers(nc, "a", 0, 100);
    const outcome = rejection(nc.publishConfirmed(POISON, "", { replay: false }));
    publishNumbers(nc, "a", 100, 200);
    expect((await outcome).code).toBe("UNCONFIRMED");
    await nc.flush();
    await until(() => arrivals.distinct === 200, "all others");
    expect(lost).toEqual([]);
    expect(recorder.count("disconnect")).toBe(1);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 200, unconfirmed: 1 });
  });

  it("fails as a request, once", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start(STRICT));
    const { nc, arrivals, recorder } = await scene(cleanup, [server.url]);
    publishNumbers(nc, "a", 0, 100);
    const error = await rejection(nc.request(POISON, "", { timeout: 10_000 }));
    expect(error.code).toBe("CONNECTION_LOST");
    publishNumbers(nc, "a", 100, 200);
    await nc.flush();
    await until(() => arrivals.distinct === 200, "all others");
    expect([recorder.count("disconnect"), arrivals.late]).toEqual([1, 0]);
    expectBalanced(nc);
  });
});

describe("a message that costs the connection, on a network that costs it as well", () => {
  it("no other message is taken for it", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start(STRICT));
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    const options = { ignoreClusterUpdates: true, reconnectTimeWait: 5, reconnectJitter: 0 };
    const reader = cleanup.use(await connect({ servers: server.url }));
    const arrivals = new Arrivals();
    reader.subscribe("a", { callback: countInto(arrivals) });
    await reader.flush();
    const nc = cleanup.use(await connect({ servers: proxy.url, closeTimeout: 100, ...options }));
    const lost: LostMessage[] = [];
    nc.on("messageLost", (batch) => lost.push(...batch));
    let reconnects = 0;
    // While the culprit is searched for, the network breaks ten links in a row, each as soon as it stands.
    nc.on("reconnect", () => {
      reconnects++;
      if (reconnects > 2 && reconnects <= 12) proxy.reset();
    });
    publishNumbers(nc, "a", 0, 30);
    nc.publish(POISON, "the culprit");
    publishNumbers(nc, "a", 30, 60);
    await until(() => arrivals.distinct === 60 || lost.length > 1, "all others", 15_000);
    await nc.flush({ timeout: 15_000 });
    await until(() => lost.length > 0, "the loss is told");
    expect(lost.map(({ subject, data }) => [subject, Buffer.from(data!).toString()])).toEqual([
      [POISON, "the culprit"],
    ]);
    expect(arrivals.missing(60)).toEqual([]);
    expectBalanced(nc);
  });
});

describe("messages that cost the connection, and came in an outage", () => {
  it("are found one after the other, and the rest goes out", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start(STRICT));
    const nc = cleanup.use(await connect({ servers: server.url, reconnectTimeWait: 5, closeTimeout: 100 }));
    const arrivals = new Arrivals();
    const lost: LostMessage[] = [];
    nc.on("messageLost", (batch) => lost.push(...batch));
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    for (let i = 0; i < 200; i++) {
      publishNumbers(nc, "a", i * 5, i * 5 + 5);
      if (i % 50 === 25) nc.publish(POISON, String(i));
    }
    await server.restart();
    const reader = cleanup.use(await connect({ servers: server.url }));
    reader.subscribe("a", { callback: countInto(arrivals) });
    await reader.flush();
    await nc.flush({ timeout: 20_000 });
    await until(() => lost.length >= 4, "all are told");
    expect(lost.map(({ data }) => Buffer.from(data!).toString())).toEqual(["25", "75", "125", "175"]);
    expect(lost.every(isPoison)).toBe(true);
    expect(arrivals.late).toBe(0);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 1_000, dropped: 4 });
  });
});
