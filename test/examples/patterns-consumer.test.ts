import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { Examples, type RunningExample } from "../support/examples.js";
import { range } from "./witness.js";

const NAME = "patterns/jetstream-consumer";

let examples: Examples;
beforeAll(async () => {
  examples = await Examples.make();
}, 60_000);
afterAll(() => examples?.[Symbol.asyncDispose]());

/** A server with JetStream, a connection of ours, and a way to put orders into the stream. */
async function begin(cleanup: Cleanup) {
  const server = cleanup.use(await NatsServer.start({ jetstream: true }));
  const nc = cleanup.use(await connect({ servers: server.url, backoff: { initial: 10, max: 50 } }));
  const jsm = await jetstreamManager(nc);
  const js = jetstream(nc);
  const order = async (from: number, to: number) => {
    const stored = range(from, to).map((id) =>
      js.publish(`orders.${id}`, JSON.stringify({ id }), { msgID: `${id}` }),
    );
    await Promise.all(stored);
  };
  const start = () => examples.start(NAME, { servers: server.url, env: { BACKOFF: "10", ACK_WAIT: "1000" } });
  return { server, jsm, order, start };
}

/** The numbers of the orders that an example has billed, as often as it has. */
const billedBy = (example: RunningExample) =>
  example.lines.flatMap((line) => /^billed (\d+)/.exec(line)?.[1] ?? []).map(Number);

/** Resolves when nothing waits and nothing is unacknowledged. */
async function untilDone(jsm: JetStreamManager): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const info = await jsm.consumers.info("ORDERS", "billing");
    if (info.num_pending + info.num_ack_pending === 0) return;
    if (performance.now() > deadline) throw new Error(`it is not done: ${JSON.stringify(info)}`);
  }
}

/** The dead letters: the order, and what their headers say. */
async function deadLetters(jsm: JetStreamManager) {
  const { state } = await jsm.streams.info("ORDERS_DEAD");
  const letters = range(1, state.last_seq).map((seq) => jsm.streams.getMessage("ORDERS_DEAD", { seq }));
  return (await Promise.all(letters)).map((msg) => ({
    id: msg!.json<{ id: number }>().id,
    attempts: msg!.header.get("Dead-Letter-Attempts"),
    stream: msg!.header.get("Dead-Letter-Stream"),
    subject: msg!.header.get("Dead-Letter-Subject"),
    error: msg!.header.get("Dead-Letter-Error"),
  }));
}

it("jetstream-consumer goes on through a kill of the server and the loss of its consumer; what cannot be billed is put aside", async () => {
  await using cleanup = new Cleanup();
  const { server, jsm, order, start } = await begin(cleanup);
  const example = start();
  await example.says(/^consuming$/);
  await order(1, 100);
  await example.says(/^billed 100$/);
  await example.says(/^orders\.13 to dead\.orders after 3 tries$/);

  await server.kill();
  await example.says(/^consuming -> recovering: /);
  await server.restart();
  await order(101, 200);
  await example.says(/^recovered after \d+ ms: /);
  await example.says(/^orders\.113 to dead\.orders after 3 tries$/);

  await jsm.consumers.delete("ORDERS", "billing");
  await order(201, 300);
  await example.says(/^made consumer billing anew$/);
  await example.says(/^orders\.213 to dead\.orders after 3 tries$/);
  await untilDone(jsm);
  example.signal("SIGTERM");
  await example.says(/^shutdown \(SIGTERM\): complete after/);
  await example.ended();
  expect(example).toMatchObject({ code: 0, stderr: "" });

  const poisoned = [13, 113, 213];
  expect([...new Set(billedBy(example))].sort((a, b) => a - b)).toEqual(
    range(1, 300).filter((id) => !poisoned.includes(id)),
  );
  expect(await deadLetters(jsm)).toEqual(
    poisoned.map((id) => ({
      id,
      attempts: "3",
      stream: "ORDERS",
      subject: `orders.${id}`,
      error: expect.stringContaining(`order ${id} cannot be billed`),
    })),
  );
});

it("jetstream-consumer goes on where it was when its process was killed", async () => {
  await using cleanup = new Cleanup();
  const { jsm, order, start } = await begin(cleanup);
  const first = start();
  await first.says(/^consuming$/);
  // So few that their lines find room between the processes, should this one not read at once: what is queued in a process is gone with it.
  const ordered = order(1, 200);
  await first.says(/^billed 50$/);
  first.signal("SIGKILL");
  await first.ended();
  await ordered;
  // They come when it is dead for sure: before that it may be quicker than the signal.
  await order(201, 1_000);
  const before = billedBy(first);
  const second = start();
  await second.says(/^consuming$/);
  await untilDone(jsm);
  second.signal("SIGTERM");
  await second.says(/^shutdown \(SIGTERM\): complete after/);
  await second.ended();
  expect(second).toMatchObject({ code: 0, stderr: "" });

  const after = billedBy(second);
  const again = after.filter((id) => before.includes(id));
  expect(again.length).toBeLessThanOrEqual(110); // what it had, and had not acknowledged
  expect(new Set([...before, ...after]).size).toBe(990);
  expect((await deadLetters(jsm)).map(({ id }) => id).sort((a, b) => a - b)).toEqual(
    range(0, 9).map((hundred) => hundred * 100 + 13),
  );
});
