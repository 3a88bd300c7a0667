import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { STAGGER } from "../src/core/attempts.js";
import {
  type Connection,
  type ConnectionOptions,
  connect,
  type ReconnectToServerHandler,
  type Server,
  type ServerInfo,
} from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import type { NatsServer } from "../src/testing/server.js";
import { deadUrl, FakeServer, speaksNats } from "./support/fake-server.js";
import { inTurn } from "./support/in-turn.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

/** A wait that no test can sit out: what happens does so without one. */
const NEVER = { reconnectTimeWait: 600_000 };

let cluster: NatsCluster;
let one: NatsServer;
let two: NatsServer;
let nc: Connection;
let recorder: Recorder;
/** What the handler was asked so far, and when. */
let asked: { pool: readonly Server[]; info: ServerInfo | null; at: number }[];
/** How it answers. */
let answer: ReconnectToServerHandler;

beforeAll(async () => {
  cluster = await NatsCluster.start({ size: 2 });
  [one, two] = cluster.servers;
});
afterAll(() => cluster.close());
beforeEach(() => {
  asked = [];
  answer = () => null;
});
afterEach(() => nc.close());

const at = (pool: readonly Server[], server: NatsServer) =>
  pool.find(({ listen }) => listen === server.hostport)!;

async function start(options: ConnectionOptions = {}): Promise<void> {
  nc = await connect({
    servers: [one.url, two.url],
    noRandomize: true,
    ignoreClusterUpdates: true,
    moveSettle: 1,
    dialer: inTurn(),
    ...NEVER,
    ...options,
    reconnectToServer: (pool, info) => {
      asked.push({ pool, info, at: performance.now() });
      return answer(pool, info);
    },
  });
  recorder = new Recorder(nc);
}

async function moves(count: number): Promise<void> {
  await until(() => recorder.count("move") === count, `move ${count}`);
}

/**
 * How often it was asked from question `from` on (0 is the first), without what it was asked only because a server took longer to
 * answer than it has a head start: that is a matter of how busy this machine is.
 */
function questions(from = 0): number {
  const times = asked.slice(from).map(({ at }) => at);
  return times.filter((at, i) => i === 0 || at - times[i - 1] < STAGGER - 10).length;
}

describe("option reconnectToServer [R1]", () => {
  it("chooses the server of the first connect and of every reconnect [parity 82, 93]", async () => {
    answer = (pool) => at(pool, two);
    await start();
    expect(nc.getServer()).toBe(two.hostport);
    expect(questions()).toBe(1);
    for (let i = 1; i <= 3; i++) {
      const { length } = asked;
      await nc.reconnect();
      await moves(i);
      expect(nc.getServer()).toBe(two.hostport);
      expect(questions(length)).toBe(1);
    }
    expect(recorder.count("error")).toBe(0);
  });

  it("is told the pool with what is known of each server, the default choice in front, and the last INFO [parity 91, 93]", async () => {
    const dead = await deadUrl();
    await start({ servers: [dead, one.url, two.url] });
    expect(asked.slice(0, 2).map(({ info }) => info)).toEqual([null, null]);
    expect(questions()).toBe(2);
    expect(asked[1].pool.map(({ listen }) => listen)).toEqual([
      one.hostport,
      two.hostport,
      dead.slice("nats://".length),
    ]);
    expect(asked[1].pool[2]).toMatchObject({ reconnects: 1, didConnect: false });
    const { server_id } = nc.info!;
    const { length } = asked;
    await nc.reconnect();
    await moves(1);
    expect(asked[length].info).toMatchObject({ server_id });
    expect(asked[length].pool[0].listen).toBe(two.hostport);
    expect(at(asked[length].pool, one)).toMatchObject({ didConnect: true, reconnects: 0 });
    expect(at(asked[length].pool, one).lastConnect).toBeGreaterThan(0);
  });

  it("leaves the choice to the connection by null [parity 85, 93]", async () => {
    await start();
    expect(nc.getServer()).toBe(one.hostport);
    await nc.reconnect();
    await moves(1);
    expect(nc.getServer()).toBe(two.hostport);
  });

  it("has its delay honoured, on the first connect, after a loss, and by nc.reconnect() [parity 83, 93]", async () => {
    answer = (pool) => ({ server: at(pool, one), delay: 60 });
    const before = performance.now();
    await start();
    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
    expect(nc.getServer()).toBe(one.hostport);
    const since = performance.now();
    await nc.reconnect();
    await moves(1);
    expect(performance.now() - since).toBeGreaterThanOrEqual(55);
    await one.kill();
    await one.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    await cluster.settled();
    expect(nc.getServer()).toBe(one.hostport);
    const waits = recorder.of("reconnecting").flatMap(([{ delay }]) => (delay === 0 ? [] : [delay]));
    expect(waits.length).toBeGreaterThanOrEqual(1);
    expect(new Set(waits)).toEqual(new Set([60]));
    for (const [info] of recorder.of("reconnect")) expect(info.downtime).toBeGreaterThanOrEqual(55);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "a server that is not in the pool",
      () => ({ listen: "127.0.0.1:1" }),
      /not in the pool: "127\.0\.0\.1:1"/,
    ],
    ["a promise", async () => null, /promise/],
    ["a URL", () => two.url, /returned string/],
    [
      "an exception",
      () => {
        throw new Error("no idea");
      },
      /has thrown: no idea/,
    ],
  ])(
    "that answers with %s is reported, and the default choice is taken [parity 84, 93]",
    async (_, wrong, text) => {
      await start();
      const { length } = asked;
      answer = wrong as ReconnectToServerHandler;
      await nc.reconnect();
      await moves(1);
      expect(nc.getServer()).toBe(two.hostport);
      const errors = recorder.of("error").map(([error]) => error as Error & { code: string });
      expect(questions(length)).toBe(1);
      expect(errors.map(({ code }) => code)).toEqual(asked.slice(length).map(() => "CALLBACK_FAILED"));
      expect(errors[0].message).toMatch(text);
      expect(errors[0].message).toContain('"reconnectToServer"');
    },
  );

  it("that wants a dead server again and again does not make it spin [parity 76]", async () => {
    const dead = await deadUrl();
    await start({
      servers: [one.url, dead],
      backoff: { initial: 20, jitter: 0 },
      reconnectTimeWait: undefined,
    });
    answer = (pool) => pool.find(({ listen }) => listen === dead.slice("nats://".length))!;
    const since = performance.now();
    await nc.reconnect();
    await until(
      () => recorder.of("reconnecting").filter(([info]) => info.delay === 0).length === 4,
      "four attempts",
    );
    expect(performance.now() - since).toBeGreaterThanOrEqual(20 + 40 + 80 - 5);
    const delays = recorder.of("reconnecting").map(([info]) => info.delay);
    expect(delays.slice(0, 7)).toEqual([0, 20, 0, 40, 0, 80, 0]);
  });

  it("fails the first connect when the server that it wants is dead, with the error of that server", async () => {
    const dead = await deadUrl();
    const error = await rejection(
      connect({
        servers: [one.url, dead],
        ...NEVER,
        reconnectToServer: (pool) => pool.find(({ listen }) => dead.endsWith(listen))!,
      }),
    );
    expect(error.code).toBe("CONNECTION_REFUSED");
  });

  it("is asked about the servers of setServers() [parity 86, 92]", async () => {
    await start({ servers: [one.url] });
    const { length } = asked;
    nc.setServers([two.url]);
    await nc.reconnect();
    await moves(1);
    expect(asked[length].pool.map(({ listen }) => listen)).toEqual([two.hostport]);
    expect(nc.getServer()).toBe(two.hostport);
  });

  it("may close the connection: nothing is dialled then", async () => {
    await using fake = await FakeServer.start(speaksNats());
    await start({ servers: fake.url });
    answer = () => {
      nc.close();
      return null;
    };
    await nc.reconnect();
    await nc.closed();
    await using other = await connect({ servers: fake.url });
    expect([other.isClosed(), fake.links.length, asked.length]).toEqual([false, 2, 2]);
  });

  it("may call reconnect(), and is not asked in circles", async () => {
    await start();
    const { length } = asked;
    answer = () => {
      nc.reconnect();
      return null;
    };
    await nc.reconnect();
    await moves(1);
    await nc.flush();
    expect(questions(length)).toBe(1);
  });

  describe("a server that hangs", () => {
    it("does not hold up another one, for which it is asked after a moment", async () => {
      await using silent = await FakeServer.start(() => {});
      const wanted = [silent.hostport, two.hostport];
      answer = (pool) => pool.find(({ listen }) => listen === wanted[asked.length - 1])!;
      const since = performance.now();
      await start({ servers: [two.url, silent.url], timeout: 60_000, dialer: undefined });
      expect(performance.now() - since).toBeLessThan(5_000);
      expect(nc.getServer()).toBe(two.hostport);
      expect([asked.length, silent.links.length]).toEqual([2, 1]);
    });

    it("is not dialled twice at a time when it is wanted again", async () => {
      await using silent = await FakeServer.start(() => {});
      const questions: number[] = [];
      const error = await rejection(
        connect({
          servers: [two.url, silent.url],
          timeout: 1500,
          ...NEVER,
          reconnectToServer: (pool) => {
            questions.push(silent.links.length);
            return pool.find(({ listen }) => listen === silent.hostport)!;
          },
        }),
      );
      expect(error.code).toBe("TIMEOUT");
      // The second question is that after a moment: its answer is under way already.
      expect(questions).toHaveLength(2);
      expect(silent.links).toHaveLength(1);
    });
  });

  describe("a long delay", () => {
    let length: number;
    beforeEach(async () => {
      await start();
      answer = (pool) => ({ server: at(pool, two), delay: 600_000 });
      ({ length } = asked);
      await nc.reconnect();
      await until(() => asked.length > length, "the question");
    });

    it("is cut short by nc.reconnect(): the server that was chosen is dialled", async () => {
      await nc.reconnect();
      await moves(1);
      expect(nc.getServer()).toBe(two.hostport);
      expect(questions(length)).toBe(1);
    });

    it("is cut short by close()", async () => {
      await nc.close();
      expect(nc.isClosed()).toBe(true);
    });
  });
});
