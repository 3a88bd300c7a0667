import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { until } from "./support/until.js";

const MANY = 100_000;
/** Far more than work in proportion to their number takes, far less than work in proportion to its square. */
const BOUND = 3_000;

/** The longest time for which the event loop did not turn. */
class LongestStall implements Disposable {
  ms = 0;
  private last = performance.now();
  private readonly timer = setInterval(() => {
    const now = performance.now();
    this.ms = Math.max(this.ms, now - this.last);
    this.last = now;
  }, 5);

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}

describe("when a link dies under very many, the event loop goes on turning", () => {
  let mute: FakeServer;
  let good: NatsServer;
  let nc: Connection;
  beforeEach(async () => {
    [mute, good] = await Promise.all([FakeServer.start(speaksNats({}, 2)), NatsServer.start()]);
  });
  afterEach(async () => {
    expectBalanced(nc);
    await nc.close();
    await mute[Symbol.asyncDispose]();
    await good.close();
  });

  async function written(bytes: number): Promise<void> {
    const { socket } = mute.last;
    await until(() => socket.bytesRead > bytes, "they are written");
  }

  it("messages whose senders wait for a confirmation that cannot come", async () => {
    nc = await connect({ servers: [mute.url, good.url], noRandomize: true, delivery: "at-most-once" });
    let failed = 0;
    const count = () => {
      failed++;
    };
    for (let i = 0; i < MANY; i++) nc.publishConfirmed("a", "x").catch(count);
    await written(MANY * 11);
    using stall = new LongestStall();
    mute.last.socket.resetAndDestroy();
    await until(() => failed === MANY, "all have failed");
    expect(stall.ms).toBeLessThan(BOUND);
  });

  it("requests", async () => {
    nc = await connect({ servers: [mute.url, good.url], noRandomize: true });
    let failed = 0;
    const count = () => {
      failed++;
    };
    for (let i = 0; i < MANY; i++) nc.request("a", "x", { timeout: 60_000 }).catch(count);
    await written(MANY * 40);
    using stall = new LongestStall();
    mute.last.socket.resetAndDestroy();
    await until(() => failed === MANY, "all have failed");
    expect(stall.ms).toBeLessThan(BOUND);
  });
});

describe("very many refusals", () => {
  it("cost time in proportion to their number", async () => {
    const users = 'users: [{ user: limited, password: p, permissions: { publish: { deny: ["denied"] } } }]';
    await using server = await NatsServer.start({ config: `authorization { ${users} }` });
    const nc = await connect({ servers: server.url, user: "limited", pass: "p" });
    for (let i = 0; i < 60_000; i++) nc.publish(i % 2 === 0 ? "denied" : "allowed", "x");
    const since = performance.now();
    await nc.flush();
    expect(performance.now() - since).toBeLessThan(BOUND);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 30_000, refused: 30_000 });
    await nc.close();
  });
});

describe("very many subscriptions", () => {
  it.each(["drain", "close"] as const)("end in proportion to their number with %s()", async (way) => {
    await using server = await NatsServer.start();
    const nc = await connect({ servers: server.url });
    const subs = Array.from({ length: 10_000 }, (_, i) => nc.subscribe(`many.${i}`, { callback: () => {} }));
    await nc.flush();
    const since = performance.now();
    await nc[way]();
    expect(performance.now() - since).toBeLessThan(BOUND);
    expect(subs.every((sub) => sub.isClosed())).toBe(true);
  });
});
