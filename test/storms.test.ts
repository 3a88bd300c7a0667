import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { until } from "./support/until.js";

const MANY = 100_000;
/** Far more than work in proportion to their number takes, far less than work in proportion to its square. */
const BOUND = 3_000;

/** ms for which this process has worked; what others do beside it costs time as well, and says nothing. */
function worked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The longest work for which the event loop did not turn, the one that has just ended among them. */
class LongestStall implements Disposable {
  private longest = 0;
  private last = worked();
  private readonly timer = setInterval(() => {
    this.longest = this.ms;
    this.last = worked();
  }, 5);

  get ms(): number {
    return Math.max(this.longest, worked() - this.last);
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}

describe("when a link dies under very many, it takes time in proportion to their number", () => {
  let good: NatsServer;
  beforeAll(async () => {
    good = await NatsServer.start();
  });
  afterAll(() => good.close());

  /** The longest stall when the link is reset on which so many wait, of which each is written in `size` bytes at least. */
  async function stallOf(
    count: number,
    size: number,
    options: ConnectionOptions,
    ask: (nc: Connection) => Promise<unknown>,
  ): Promise<number> {
    await using mute = await FakeServer.start(speaksNats({}, 2));
    await using nc = await connect({ servers: [mute.url, good.url], noRandomize: true, ...options });
    let failed = 0;
    const failure = () => {
      failed++;
    };
    for (let i = 0; i < count; i++) ask(nc).catch(failure);
    const { socket } = mute.last;
    await until(() => socket.bytesRead > count * size, "they are written");
    using stall = new LongestStall();
    socket.resetAndDestroy();
    await until(() => failed === count, "all have failed", 25_000);
    const { ms } = stall;
    expectBalanced(nc);
    return ms;
  }

  it.each<[string, number, ConnectionOptions, (nc: Connection) => Promise<unknown>]>([
    [
      "messages whose senders wait for a confirmation that cannot come",
      11,
      { delivery: "at-most-once" },
      (nc) => nc.publishConfirmed("a", "x"),
    ],
    ["requests", 40, {}, (nc) => nc.request("a", "x", { timeout: 60_000 })],
  ])("%s", async (_, size, options, ask) => {
    const few = await stallOf(MANY / 10, size, options, ask);
    expect(few).toBeGreaterThan(0);
    // In proportion to the square of their number it would take a hundred times as long.
    expect(await stallOf(MANY, size, options, ask)).toBeLessThan(30 * few);
  });
});

describe("very many refusals", () => {
  it("cost time in proportion to their number", async () => {
    const users = 'users: [{ user: limited, password: p, permissions: { publish: { deny: ["denied"] } } }]';
    await using server = await NatsServer.start({ config: `authorization { ${users} }` });
    const nc = await connect({ servers: server.url, user: "limited", pass: "p" });
    for (let i = 0; i < 60_000; i++) nc.publish(i % 2 === 0 ? "denied" : "allowed", "x");
    const since = worked();
    await nc.flush();
    expect(worked() - since).toBeLessThan(BOUND);
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
    const since = worked();
    await nc[way]();
    expect(worked() - since).toBeLessThan(BOUND);
    expect(subs.every((sub) => sub.isClosed())).toBe(true);
  });
});
