import { expect, test } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { ConsumerConfig, ConsumerInfo, JetStreamManager } from "./jetstream.js";
import { Keeper, type Wanted } from "./keeper.js";
import { Ledger } from "./ledger.js";

/** Before all consumers, and after them. */
const MONDAY = "2026-01-01T00:00:00Z";
const TUESDAY = "2026-02-01T00:00:00Z";

/** Streams and consumers as a server has them, as far as a keeper asks for them. */
class FakeServer {
  stream: { created: string; last: number } | undefined = { created: MONDAY, last: 100 };
  consumer: Partial<ConsumerInfo> | undefined;
  /** What asking for the stream fails with. */
  streamFails: Error | undefined;
  /** How often the stream was asked for, and what happens meanwhile. */
  asked = 0;
  meanwhile: () => void = () => {};
  refused = 0;
  retention = "limits";
  readonly made: Partial<ConsumerConfig>[] = [];
  private count = 0;

  /** Makes a consumer with this floor. */
  add(floor: number, config: Partial<ConsumerConfig> = {}): void {
    this.consumer = {
      created: new Date(Date.UTC(2026, 0, 2, 0, 0, ++this.count)).toISOString(),
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
        if (this.retention === "workqueue" && config.deliver_policy === "by_start_sequence") {
          this.refused++;
          throw apiError(10101, 500);
        }
        this.made.push(config);
        this.add((config.opt_start_seq ?? 1) - 1, config);
        return this.consumer;
      },
    };
    const streams = {
      info: async () => {
        this.asked++;
        this.meanwhile();
        if (this.streamFails !== undefined) throw this.streamFails;
        if (this.stream === undefined) throw apiError(10059);
        const config = { name: "s", retention: this.retention };
        return { created: this.stream.created, state: { last_seq: this.stream.last }, config };
      },
      add: async () => {
        this.stream = { created: "anew", last: 0 };
        return { created: "anew", state: { last_seq: 0 }, config: { name: "s" } };
      },
    };
    return { consumers, streams } as unknown as JetStreamManager;
  }
}

function apiError(code: number, status = 404): Error {
  return Object.assign(new Error(`error ${code}`), { code, status });
}

async function keeping(
  wanted: Wanted = { stream: undefined, consumer: {} },
  prepare: (server: FakeServer) => void = (server) => server.add(40),
) {
  const server = new FakeServer();
  const ledger = new Ledger();
  const told: string[] = [];
  const keeper = new Keeper(server.jsm, "s", "d", wanted, ledger, {
    recreated: (what) => told.push(`${what} made`),
    otherStream: () => told.push("another stream"),
  });
  prepare(server);
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
  ["was made anew", { created: TUESDAY, last: 100 }],
  ["has lost messages that had come", { created: MONDAY, last: 90 }],
])("of a stream that %s it begins where it is configured", async (_, stream) => {
  const { start, told } = await startAfter(({ server, ledger, keeper }) => {
    keeper.saw(95);
    ledger.add(41, "t");
    server.stream = stream;
  });
  expect(start).toBeUndefined();
  expect(told).toEqual(["another stream", "consumer made"]);
});

test("whoever may not ask for the stream goes by the floor, and does not ask at each look", async () => {
  const { server, keeper } = await keeping(undefined, (server) => {
    server.streamFails = codedError("PERMISSIONS_VIOLATION", "no");
    server.add(40);
  });
  await keeper.look();
  await keeper.look();
  expect(server.asked).toBe(1);
  server.consumer = undefined;
  await keeper.establish();
  expect(server.made.at(-1)?.opt_start_seq).toBe(41);
});

test.each([
  ["is the same", MONDAY, 41],
  ["is another one", TUESDAY, undefined],
])(
  "a stream of which nobody told at first is asked for until it is known: it %s",
  async (_, created, start) => {
    const { server, keeper } = await keeping(undefined, (server) => {
      server.streamFails = codedError("TIMEOUT", "nobody");
      server.add(40);
    });
    await keeper.look();
    expect(server.asked).toBe(2);
    // Known or not by now: the consumer that was seen was in it, or cannot have been.
    server.streamFails = undefined;
    server.stream = { created, last: 100 };
    server.consumer = undefined;
    await keeper.establish();
    expect(server.made.at(-1)?.opt_start_seq).toBe(start);
  },
);

test("what comes while the stream is asked for does not make it another one", async () => {
  const { server, keeper, told } = await keeping();
  server.meanwhile = () => keeper.saw(101);
  server.add(40);
  await keeper.look();
  expect(server.asked).toBe(2);
  expect(told).toEqual([]);
});

test("asks no longer when it is known", async () => {
  const { server, keeper } = await keeping();
  await keeper.look();
  await keeper.look();
  expect(server.asked).toBe(1);
});

test("a consumer of which nothing was acknowledged goes on with the first message, whatever is configured", async () => {
  const { server, keeper } = await keeping(
    { stream: undefined, consumer: { deliver_policy: "new" } },
    (server) => server.add(0),
  );
  server.consumer = undefined;
  await keeper.establish();
  expect(server.made.at(-1)).toMatchObject({ deliver_policy: "by_start_sequence", opt_start_seq: 1 });
});

test.each([
  ["known", undefined, 0],
  ["not to be asked for", codedError("PERMISSIONS_VIOLATION", "no"), 1],
])("a work queue, %s, begins with what is left in it", async (_, fails, refused) => {
  const { server, keeper, ledger } = await keeping(undefined, (server) => {
    server.retention = "workqueue";
    server.streamFails = fails;
    server.add(40);
  });
  ledger.add(41, "t");
  server.consumer = undefined;
  await keeper.establish();
  expect(server.made.at(-1)).toMatchObject({ deliver_policy: "all" });
  expect(server.refused).toBe(refused);
  expect(server.made.at(-1)?.opt_start_seq).toBeUndefined();
  expect(ledger.size).toBe(1);
});

test("the floor of a consumer that somebody has put in its place counts, not that of the last one", async () => {
  const { server, keeper } = await keeping();
  server.add(7);
  await keeper.look();
  server.consumer = undefined;
  await keeper.establish();
  expect(server.made.at(-1)?.opt_start_seq).toBe(8);
});

test("and what is done with is kept until that one knows of it", async () => {
  const { server, keeper, ledger } = await keeping();
  server.consumer!.ack_floor!.stream_seq = 42;
  for (let looks = 0; looks < 2; looks++) await keeper.look();
  for (const sequence of [41, 42]) ledger.add(sequence, "t");
  server.add(7);
  for (let looks = 0; looks < 3; looks++) await keeper.look();
  expect(ledger.size).toBe(2);
});

test("a consumer made anew is what the last one was, but for where it begins", async () => {
  const wanted = { stream: undefined, consumer: { max_ack_pending: 9 } };
  const { server, keeper } = await keeping(wanted, (server) =>
    server.add(40, {
      durable_name: "d",
      name: "d",
      filter_subject: "s.a",
      ack_wait: 60e9,
      max_ack_pending: 9,
      deliver_policy: "by_start_time",
      opt_start_time: MONDAY,
      metadata: { owner: "ops", "_nats.ver": "2.15.1" },
    }),
  );
  server.consumer = undefined;
  await keeper.establish();
  expect(server.made.at(-1)).toEqual({
    durable_name: "d",
    ack_policy: "explicit",
    replay_policy: "instant",
    max_deliver: -1,
    filter_subject: "s.a",
    ack_wait: 60e9,
    max_ack_pending: 9,
    deliver_policy: "by_start_sequence",
    opt_start_seq: 41,
    opt_start_time: undefined,
    metadata: { owner: "ops" },
  });
  // In another stream it begins where it is configured.
  server.stream = { created: TUESDAY, last: 100 };
  server.consumer = undefined;
  await keeper.establish();
  expect(server.made.at(-1)).toMatchObject({ filter_subject: "s.a", deliver_policy: "all" });
  expect(server.made.at(-1)?.opt_start_seq).toBeUndefined();
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
