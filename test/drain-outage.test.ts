import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { connectAtFirst } from "./support/at-first.js";
import { expectBalanced } from "./support/books.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { onlyOnce } from "./support/only-once.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };
/** Less than the time-outs that there are by default, the shortest of which is 5 s. */
const BOUND = 4_500;

let server: NatsServer;
let nc: Connection;
let recorder: Recorder;
beforeEach(async () => {
  server = await NatsServer.start();
});
afterEach(async () => {
  expectBalanced(nc);
  await nc.close();
  await server.close();
});

async function down(options: ConnectionOptions = {}): Promise<void> {
  nc = await connect({ servers: server.url, ...EAGER, ...options });
  recorder = new Recorder(nc);
  await server.kill();
  await until(() => nc.state === "reconnecting", "the outage");
}

describe.each<["drain" | "close", ConnectionOptions]>([
  ["drain", { drainTimeout: 150 }],
  ["close", { closeTimeout: 150 }],
])("%s() in the middle of an outage [peers 17]", (way, options) => {
  it("settles within its timeout and reports what could not be sent [parity 117, 184]", async () => {
    await down(options);
    publishNumbers(nc, "a", 0, 100);
    const since = performance.now();
    await nc[way]();
    expect(performance.now() - since).toBeGreaterThan(140);
    expect(performance.now() - since).toBeLessThan(BOUND);
    expect(nc.isClosed()).toBe(true);
    expect(recorder.of("close")).toMatchObject([
      [undefined, { cause: { kind: "client" }, dropped: 100, unconfirmed: 0 }],
    ]);
    const lost = recorder.of("messageLost").flatMap(([messages]) => messages);
    expect(lost).toHaveLength(100);
    expect(lost[99]).toMatchObject({ subject: "a", size: 2, reason: "closed", maybeDelivered: false });
    expect(Buffer.from(lost[99].data ?? []).toString()).toBe("99");
    expect(lost[99].age).toBeGreaterThan(0);
    expect(nc.stats()).toMatchObject({ dropped: 100, dropReasons: { closed: 100 }, pending: 0 });
  });

  it("is done at once when there is nothing to send", async () => {
    await down({ drainTimeout: 60_000, closeTimeout: 60_000, reconnectTimeWait: 600_000 });
    nc.subscribe("a", { callback: () => {} });
    const since = performance.now();
    await nc[way]();
    expect(performance.now() - since).toBeLessThan(BOUND);
    expect(recorder.of("close")).toMatchObject([
      [undefined, { cause: { kind: "client" }, dropped: 0, unconfirmed: 0 }],
    ]);
  });

  it("sends what is left when the server comes back in time [parity 184]", async () => {
    await down({ drainTimeout: 20_000, closeTimeout: 20_000 });
    publishNumbers(nc, "a", 0, 100);
    const done = nc[way]();
    expect(nc.isClosed()).toBe(false);
    await server.restart();
    await done;
    expect(nc.stats()).toMatchObject({ accepted: 100, confirmed: 100, dropped: 0 });
    expect(recorder.of("close")).toMatchObject([
      [undefined, { cause: { kind: "client" }, dropped: 0, unconfirmed: 0 }],
    ]);
  });

  it("accepts nothing any more, typed", async () => {
    await down(options);
    nc.publish("a");
    const done = nc[way]();
    await until(() => thrownCode() !== undefined, "publishing is refused");
    expect(thrownCode()).toMatch(/^CONNECTION_(DRAINING|CLOSED)$/);
    await done;
    expect(thrown(() => nc.subscribe("a")).code).toBe("CONNECTION_CLOSED");
  });

  it("reports what was written and never confirmed", async () => {
    await using mute = await FakeServer.start(speaksNats({}, 2));
    nc = await connect({ servers: mute.url, ...EAGER, ...options });
    recorder = new Recorder(nc);
    publishNumbers(nc, "a", 0, 10);
    await until(() => mute.last.times("PUB a ") === 10, "all are written");
    const confirmed = rejection(nc.publishConfirmed("a", "10"));
    await until(() => mute.last.times("PUB a ") === 11, "the last one, too");
    await nc[way]();
    expect(recorder.of("close")).toMatchObject([
      [undefined, { cause: { kind: "client" }, dropped: 0, unconfirmed: 11 }],
    ]);
    expect((await confirmed).code).toMatch(/^(UNCONFIRMED|CONNECTION_CLOSED)$/);
    expect(nc.stats()).toMatchObject({ unconfirmed: 11, pending: 0 });
  });

  it("survives the death of the link in the middle of it", async () => {
    await using mute = await FakeServer.start(onlyOnce(speaksNats({}, 2)));
    const patient = { drainTimeout: 20_000, closeTimeout: 20_000 };
    nc = await connectAtFirst([mute.url, server.url], { ...EAGER, ...patient });
    publishNumbers(nc, "a", 0, 100);
    await until(() => mute.last.times("PUB a ") === 100, "all are written");
    const done = nc[way]();
    mute.last.socket.resetAndDestroy();
    await done;
    expect(nc.stats()).toMatchObject({ accepted: 100, confirmed: 100 });
  });
});

function thrownCode(): string | undefined {
  try {
    nc.publish("a");
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("a draining subscription whose link dies", () => {
  it("ends at once", async () => {
    await using mute = await FakeServer.start(speaksNats({}, 2));
    nc = await connect({ servers: mute.url, reconnectTimeWait: 600_000 });
    const sub = nc.subscribe("a");
    const drained = sub.drain();
    await until(() => mute.last.times("UNSUB") === 1, "the UNSUB");
    mute.last.socket.resetAndDestroy();
    await drained;
    expect(sub.isClosed()).toBe(true);
  });
});
