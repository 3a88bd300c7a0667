import { TimeoutError } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { connectAtFirst } from "./support/at-first.js";
import { expectBalanced } from "./support/books.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { onlyOnce } from "./support/only-once.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
let nc: Connection;
beforeEach(async () => {
  server = await NatsServer.start();
});
afterEach(async () => {
  expectBalanced(nc);
  await nc.close();
  await server.close();
});

async function start(options: ConnectionOptions = {}): Promise<void> {
  nc = await connect({ servers: server.url, ...EAGER, ...options });
}

async function down(): Promise<void> {
  await server.kill();
  await until(() => nc.state === "reconnecting", "the outage");
}

describe("flush()", () => {
  it("resolves when everything published before it is confirmed [parity 112]", async () => {
    await start();
    publishNumbers(nc, "a", 0, 10_000);
    await nc.flush();
    expect(nc.stats()).toMatchObject({ confirmed: 10_000, pending: 0 });
    expect(nc.buffered.messages).toBe(0);
  });

  it("resolves when there is nothing to confirm, as often as it is called", async () => {
    await start();
    for (let i = 0; i < 5; i++) await nc.flush();
    await Promise.all(Array.from({ length: 1_000 }, () => nc.flush()));
  });

  it("is a fence: what is published after it does not count", async () => {
    await start();
    publishNumbers(nc, "a", 0, 100);
    const flushed = nc.flush();
    let more = true;
    const publishing = (async () => {
      while (more) {
        nc.publish("a", "more");
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await flushed;
    more = false;
    await publishing;
    expect(nc.stats().confirmed).toBeGreaterThanOrEqual(100);
  });

  it("waits across a reconnect [peers 9]", async () => {
    await start();
    await down();
    publishNumbers(nc, "a", 0, 100);
    let settled = false;
    const flushed = nc.flush().then(() => {
      settled = true;
    });
    await rejection(nc.rtt());
    expect(settled).toBe(false);
    await server.restart();
    await flushed;
    expect(nc.stats()).toMatchObject({ confirmed: 100, pending: 0 });
  });

  it("waits across a reconnect that happens in the middle of it", async () => {
    await using mute = await FakeServer.start(onlyOnce(speaksNats({}, 2)));
    nc = await connectAtFirst([mute.url, server.url], EAGER);
    publishNumbers(nc, "a", 0, 100);
    const flushed = nc.flush();
    await until(() => mute.last.times("PUB a ") === 100, "all are written");
    mute.last.socket.resetAndDestroy();
    await flushed;
    expect(nc.getServer()).toBe(server.hostport);
    expect(nc.stats()).toMatchObject({ confirmed: 100 });
  });

  it("rejects with TIMEOUT at its deadline; the messages stay and are sent [parity 115]", async () => {
    await start();
    await down();
    publishNumbers(nc, "a", 0, 100);
    const error = await rejection(nc.flush({ timeout: 30 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.code).toBe("TIMEOUT");
    expect(nc.stats().pending).toBe(100);
    await server.restart();
    await nc.flush();
    expect(nc.stats()).toMatchObject({ confirmed: 100 });
  });

  it("is let go by close() [parity 113]", async () => {
    await start({ closeTimeout: 20 });
    await down();
    const waiting = rejection(nc.flush());
    await nc.close();
    expect((await waiting).code).toBe("CONNECTION_CLOSED");
  });

  it("does not end early because a message before it is refused or dropped", async () => {
    await start({ reconnectBufSize: 0 });
    const before = nc.flush();
    nc.publish("a", "x", { replay: false });
    await Promise.all([before, nc.flush()]);
  });
});

describe("rtt()", () => {
  it("measures a round trip [parity 23]", async () => {
    await start();
    const rtt = await nc.rtt();
    expect(rtt).toBeGreaterThan(0);
    expect(rtt).toBeLessThan(10_000);
    expect(await Promise.all([nc.rtt(), nc.rtt()])).toHaveLength(2);
  });

  it("rejects at once while there is no link [peers 9] [parity 23]", async () => {
    await start({ reconnectTimeWait: 600_000 });
    await down();
    const error = await rejection(nc.rtt());
    expect(error.code).toBe("DISCONNECTED");
  });

  it("rejects when the link dies under it", async () => {
    await using mute = await FakeServer.start(speaksNats({}, 2));
    await start({ servers: mute.url, reconnectTimeWait: 600_000 });
    const waiting = rejection(nc.rtt());
    await until(() => mute.last.times("PING\r\n") === 3, "the PING");
    mute.last.socket.resetAndDestroy();
    expect((await waiting).code).toBe("DISCONNECTED");
  });
});

describe("fence() [B4]", () => {
  it("settles when everything accepted before it is confirmed", async () => {
    await start();
    publishNumbers(nc, "a", 0, 1_000);
    await nc.fence();
    expect(nc.stats()).toMatchObject({ confirmed: 1_000, pending: 0 });
    await nc.fence();
  });

  it("waits across a reconnect, without a deadline", async () => {
    await start();
    await down();
    publishNumbers(nc, "a", 0, 100);
    const fence = nc.fence();
    await server.restart();
    await fence;
    expect(nc.stats().confirmed).toBe(100);
  });

  it("rejects when a message before it will never be confirmed", async () => {
    await using mute = await FakeServer.start(onlyOnce(speaksNats({}, 2)));
    nc = await connectAtFirst([mute.url, server.url], { ...EAGER, delivery: "at-most-once" });
    publishNumbers(nc, "a", 0, 10);
    const fence = rejection(nc.fence());
    await until(() => mute.last.times("PUB a ") === 10, "all are written");
    mute.last.socket.resetAndDestroy();
    expect((await fence).code).toBe("UNCONFIRMED");
    await nc.fence();
  });
});

describe("confirmations", () => {
  it("come by themselves, without a flush", async () => {
    await start();
    nc.publish("a", "x");
    await until(() => nc.stats().confirmed === 1, "the confirmation");
  });

  it("cost few PINGs when much is published, and none when nothing is", async () => {
    await using fake = await FakeServer.start(speaksNats());
    await start({ servers: fake.url });
    const before = fake.last.times("PING\r\n");
    const begun = performance.now();
    publishNumbers(nc, "a", 0, 50_000);
    await until(() => nc.stats().confirmed === 50_000, "the confirmations");
    const took = performance.now() - begun;
    const pings = fake.last.times("PING\r\n") - before;
    expect(pings).toBeGreaterThan(0);
    // One for each chunk, and one for each interval of 10 ms in which something waits.
    expect(pings).toBeLessThan(30 + took / 10);
    const recorder = new Recorder(nc);
    const since = performance.now();
    await until(() => performance.now() - since > 100, "ten intervals");
    expect(fake.last.times("PING\r\n") - before).toBe(pings);
    expect(recorder.names()).toEqual([]);
  });
});
