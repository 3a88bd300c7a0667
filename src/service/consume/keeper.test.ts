import { expect, test } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from "./jetstream.js";
import { Keeper, type Wanted } from "./keeper.js";
import { Ledger } from "./ledger.js";

/** Streams and consumers as a server has them, as far as a keeper asks for them. */
class FakeServer {
  stream: { created: string; last: number } | undefined = { created: "monday", last: 100 };
  consumer: Partial<ConsumerInfo> | undefined;
  /** What asking for the stream fails with. */
  streamFails: Error | undefined;
  readonly made: Partial<ConsumerConfig>[] = [];
  private count = 0;

  /** Makes a consumer with this floor. */
  add(floor: number, config: Partial<ConsumerConfig> = {}): void {
    this.consumer = {
      created: `consumer ${++this.count}`,
      config: { ack_policy: "explicit", ...config } as ConsumerConfig,
      ack_floor: { stream_seq: floor, consumer_seq: floor, last_active: 0 },
      delivered: { stream_seq: floor, consumer_seq: floor, last_active: 0 },
    };
  }

  get jsm(): JetStreamManager {
    const consumers = {
      info: async () => {
        if (this.stream === undefined) throw apiError(10059);
        if (this.consumer === undefined) throw apiError(10014);
        return this.consumer;
      },
      add: async (_: string, config: Partial<ConsumerConfig>) => {
        this.made.push(config);
        this.add((config.opt_start_seq ?? 1) - 1, config);
        return this.consumer;
      },
    };
    const streams = {
      info: async () => {
        if (this.streamFails !== undefined) throw this.streamFails;
        if (this.stream === undefined) throw apiError(10059);
        return { created: this.stream.created, state: { last_seq: this.stream.last }, config: { name: "s" } };
      },
      add: async () => {
        this.stream = { created: "anew", last: 0 };
        return { created: "anew", state: { last_seq: 0 }, config: { name: "s" } };
      },
    };
    return { consumers, streams } as unknown as JetStreamManager;
  }
}

function apiError(code: number): Error {
  return Object.assign(new Error(`error ${code}`), { code, status: 404 });
}

async function keeping(wanted: Wanted = { stream: undefined, consumer: {} }) {
  const server = new FakeServer();
  const ledger = new Ledger();
  const told: string[] = [];
  const keeper = new Keeper(server.jsm, "s", "d", wanted, ledger, {
    recreated: (what) => told.push(`${what} made`),
    otherStream: () => told.push("another stream"),
  });
  server.add(40);
  await keeper.establish();
  return { server, ledger, keeper, told };
}

/** Where the new consumer begins after the old one was deleted; undefined: where it is configured. */
async function startAfter(change: (world: Awaited<ReturnType<typeof keeping>>) => void) {
  const world = await keeping();
  change(world);
  world.server.consumer = undefined;
  await world.keeper.establish();
  return { start: world.server.made.at(-1)?.opt_start_seq, told: world.told };
}

test("a new consumer begins behind the floor", async () => {
  expect(await startAfter(() => {})).toEqual({ start: 41, told: ["consumer made"] });
});

test("and behind what is done with from there on, without a gap", async () => {
  const { start } = await startAfter(({ ledger }) => {
    for (const sequence of [41, 42, 44]) ledger.add(sequence, "t");
  });
  expect(start).toBe(43);
});

test.each([
  ["was made anew", { created: "tuesday", last: 100 }],
  ["has lost messages that had come", { created: "monday", last: 90 }],
])("of a stream that %s it begins where it is configured", async (_, stream) => {
  const { start, told } = await startAfter(({ server, ledger, keeper }) => {
    keeper.saw(95);
    ledger.add(41, "t");
    server.stream = stream;
  });
  expect(start).toBeUndefined();
  expect(told).toEqual(["another stream", "consumer made"]);
});

test("whoever may not ask for the stream begins where it is configured", async () => {
  const { start } = await startAfter(({ server }) => {
    server.streamFails = codedError("PERMISSIONS_VIOLATION", "no");
  });
  expect(start).toBeUndefined();
});

test("when nobody answers for the moment, nothing is made", async () => {
  const { server, keeper } = await keeping();
  server.consumer = undefined;
  server.streamFails = codedError("TIMEOUT", "nobody");
  await expect(keeper.establish()).rejects.toMatchObject({
    code: "CONSUMER_FAILED",
    cause: { code: "TIMEOUT" },
  });
  expect(server.made).toEqual([]);
});

test("a stream that is gone is made anew, and nothing that was known counts", async () => {
  const { server, keeper, told, ledger } = await keeping({ stream: {}, consumer: {} });
  ledger.add(1, "t");
  server.stream = undefined;
  server.consumer = undefined;
  await keeper.establish();
  expect(told).toEqual(["another stream", "stream made", "consumer made"]);
  expect(server.made.at(-1)?.opt_start_seq).toBeUndefined();
  expect(ledger.size).toBe(0);
});

test("what is not to be made is missed, by name", async () => {
  const { server, keeper } = await keeping({ stream: undefined, consumer: undefined });
  server.consumer = undefined;
  await expect(keeper.establish()).rejects.toMatchObject({
    code: "CONSUMER_FAILED",
    message: 'consumer "d" of stream "s" is not there, and consume() is not to make it (ensure.consumer)',
  });
  server.stream = undefined;
  await expect(keeper.establish()).rejects.toMatchObject({
    message: expect.stringContaining("ensure.stream"),
  });
});

test.each([
  [{ deliver_subject: "x" }, "pushes"],
  [{ ack_policy: "all" }, "explicit"],
] as const)("a consumer with %j is refused", async (config, text) => {
  const { server, keeper } = await keeping({ stream: undefined, consumer: undefined });
  server.add(40, config);
  await expect(keeper.establish()).rejects.toMatchObject({ message: expect.stringContaining(text) });
});

test("forgets what is done with only when the floor was told twice", async () => {
  const { server, keeper, ledger } = await keeping();
  for (const sequence of [41, 42]) ledger.add(sequence, "t");
  server.consumer!.ack_floor!.stream_seq = 42;
  await keeper.look();
  expect(ledger.size).toBe(2);
  await keeper.look();
  expect(ledger.size).toBe(2);
  await keeper.look();
  expect(ledger.size).toBe(0);
});
