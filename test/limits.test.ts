import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { expectBalanced } from "./support/books.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { rejection, thrown, until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

describe("reconnectBufSize: what is accepted during an outage [B1]", () => {
  let server: NatsServer;
  let nc: Connection;
  beforeEach(async () => {
    server = await NatsServer.start();
  });
  afterEach(async () => {
    await nc.close();
    await server.close();
  });

  async function down(options: ConnectionOptions): Promise<Arrivals> {
    nc = await connect({ servers: server.url, ...EAGER, ...options });
    const arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
    await nc.flush();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    return arrivals;
  }

  /** Publishes until it is refused; returns how many were accepted, and the refusal. */
  function fill(from: number): [count: number, error: Error & { code: string }] {
    for (let number = from; ; number++) {
      try {
        nc.publish("a", String(number));
      } catch (error) {
        return [number - from, error as Error & { code: string }];
      }
    }
  }

  it("full: a typed error, cheap, at the call; everything accepted arrives [parity 106]", async () => {
    const arrivals = await down({ reconnectBufSize: 10_000 });
    const [count, error] = fill(0);
    expect(error.code).toBe("BUFFER_FULL");
    expect(error.message).toContain("10000");
    expect(error.stack).not.toContain("\n    at ");
    expect(count).toBeGreaterThan(400);
    expect(nc.buffered.bytes).toBeLessThanOrEqual(10_000);
    expect(nc.buffered).toMatchObject({ messages: count, limit: 10_000 });
    expect(nc.buffered.ratio).toBeGreaterThan(0.99);
    expect(thrown(() => nc.publish("a", "once more")).code).toBe("BUFFER_FULL");
    expect((await rejection(nc.publishConfirmed("a", "once more"))).code).toBe("BUFFER_FULL");
    await server.restart();
    await nc.flush();
    expect(arrivals.missing(count)).toEqual([]);
    expect([arrivals.total, arrivals.late]).toEqual([count, 0]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });

  it("counts anew in each outage", async () => {
    const arrivals = await down({ reconnectBufSize: 5_000 });
    const [first] = fill(0);
    await server.restart();
    await nc.flush();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the second outage");
    const [second] = fill(first);
    expect(second).toBeGreaterThan(first - 60);
    await server.restart();
    await nc.flush();
    expect(arrivals.missing(first + second)).toEqual([]);
  });

  it("-1: nothing is buffered, every publish is refused at once [parity 107]", async () => {
    await down({ reconnectBufSize: -1 });
    const error = thrown(() => nc.publish("a", "0"));
    expect(error.code).toBe("DISCONNECTED");
    expect(nc.buffered).toMatchObject({ messages: 0, bytes: 0, limit: 0 });
    expect(nc.stats().accepted).toBe(0);
    await server.restart();
    await until(() => nc.state === "connected", "connected again");
    nc.publish("a", "0");
    await nc.flush();
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
  });

  it("-1: what was written and not confirmed when the link died is replayed all the same", async () => {
    await using mute = await FakeServer.start(speaksNats({}, 2));
    const servers = [mute.url, server.url];
    nc = await connect({ servers, noRandomize: true, reconnectBufSize: -1, ...EAGER });
    const arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
    for (let i = 0; i < 100; i++) nc.publish("a", String(i));
    await until(() => mute.last.times("PUB a ") === 100, "all are written");
    mute.last.socket.resetAndDestroy();
    await nc.flush();
    expect(arrivals.missing(100)).toEqual([]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, confirmed: 100, replayed: 100 });
  });

  it("0 is the default of 8 MiB", async () => {
    await down({ reconnectBufSize: 0 });
    expect(nc.buffered.limit).toBe(8 * 1024 * 1024);
    const payload = Buffer.alloc(1_000_000);
    for (let i = 0; i < 8; i++) nc.publish("a", payload);
    expect(thrown(() => nc.publish("a", payload)).code).toBe("BUFFER_FULL");
    await server.restart();
    await nc.flush();
  });
});

describe("maxPending: what is not confirmed while connected [B7]", () => {
  it("publish() says false above the high-water mark, and writable() waits until it has fallen", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    await nc.writable();
    const payload = Buffer.alloc(100_000);
    let sent = 0;
    while (nc.publish("a", payload)) sent++;
    expect(sent).toBeGreaterThan(10);
    expect(sent).toBeLessThan(100);
    expect(nc.stats().pending).toBe(sent + 1);
    await nc.writable();
    expect(nc.stats().pending).toBeLessThan(sent);
    expect(nc.publish("a", payload)).toBe(true);
    await nc.flush();
    expectBalanced(nc);
  });

  it("a publisher that heeds it sends 100 MB with little memory", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    const payload = Buffer.alloc(10_000);
    let most = 0;
    for (let i = 0; i < 10_000; i++) {
      if (!nc.publish("a", payload)) await nc.writable();
      most = Math.max(most, nc.buffered.bytes);
    }
    await nc.flush();
    expect(most).toBeLessThan(5 * 1024 * 1024);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 10_000, confirmedBytes: 100_000_000 });
  });

  it("one synchronous burst may go over it; once the loop has turned it is refused, typed [peers 6]", async () => {
    await using mute = await FakeServer.start((link) => {
      speaksNats({}, 2)(link);
      link.socket.on("data", () => link.received.includes("PUB") && link.socket.pause());
    });
    const limit = 1024 * 1024;
    const options = { maxPending: limit, stallTimeout: 0, drainTimeout: 10 };
    await using nc = await connect({ servers: mute.url, ...options });
    const payload = Buffer.alloc(100_000);
    for (let i = 0; i < 20; i++) nc.publish("a", payload);
    expect(nc.buffered.bytes).toBeGreaterThan(limit);
    await until(() => mute.last.received.includes("PUB"), "the loop has turned");
    const error = await (async () => {
      for (;;) {
        try {
          nc.publish("a", payload);
          await new Promise((resolve) => setImmediate(resolve));
        } catch (refusal) {
          return refusal as Error & { code: string };
        }
      }
    })();
    expect(error.code).toBe("MAX_PENDING_EXCEEDED");
    expect(error.stack).not.toContain("\n    at ");
    expect(nc.state).toBe("connected");
    expectBalanced(nc);
  });
});
