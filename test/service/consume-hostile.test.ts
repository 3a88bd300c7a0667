import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { jetstream } from "@nats-io/jetstream";
import { afterEach, describe, expect, test } from "vitest";
import { headers } from "../../src/index.js";
import { consume, type Delivery } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { client, fill, ORDERS, settled, world } from "./consume-world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

const DEAD = { subject: "dead.orders", stream: "dead", ensure: true } as const;

/** Publishes with these headers, which no client would write. */
async function publishRaw(url: string, blocks: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connectSocket(Number(port), hostname);
  await once(socket, "data");
  socket.write('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n');
  for (const block of blocks) {
    const head = `NATS/1.0\r\n${block}\r\n\r\n`;
    socket.write(`HPUB orders.new ${head.length} ${head.length + 1}\r\n${head}0\r\n`);
  }
  socket.end("PING\r\n");
  await once(socket, "data");
}

test("messages whose headers nobody can read, or send again, are dead letters as others are", async () => {
  const { nc, jsm, server } = await world(cleanup);
  const consumption = await consume<number>(
    nc,
    { ...ORDERS, maxDeliver: 2, backoff: { initial: 10, max: 10 }, deadLetter: DEAD },
    (data) => {
      if (data === 0) throw new Error("no");
    },
  );
  await consumption.ready();
  await publishRaw(server.url, ["A B: c", "A: x\0y", ": y", "Good: z"]);
  await fill(nc, 1, 3);
  await settled(jsm, 7);
  expect(consumption.facts()).toMatchObject({ deadLettered: 4, handled: 3, waiting: 0, inFlight: 0 });
  expect((await jsm.streams.info("dead")).state.messages).toBe(4);
  const good = (await jsm.streams.getMessage("dead", { last_by_subj: DEAD.subject }))?.header;
  expect([good?.get("Good"), good?.get("Dead-Letter-Attempts")]).toEqual(["z", "2"]);
});

describe("a dead letter that is too large", () => {
  test("for the server has no headers of its message, or no payload", async () => {
    const maxPayload = 65_536;
    const server = cleanup.use(await NatsServer.start({ jetstream: true, maxPayload }));
    const { nc, jsm } = await client(cleanup, { servers: server.url });
    const consumption = await consume(nc, { ...ORDERS, deadLetter: DEAD }, () => {});
    await consumption.ready();
    const own = headers();
    own.set("Own", "x".repeat(600));
    const js = jetstream(nc);
    await js.publish("orders.new", "x".repeat(64_800), { headers: own });
    await js.publish("orders.new", "x".repeat(65_500));
    await js.publish("orders.new", "x", { headers: own });
    await settled(jsm, 3);
    const letters = [];
    for (const seq of [1, 2, 3]) letters.push(await jsm.streams.getMessage("dead", { seq }));
    const facts = letters.map((letter) => [
      letter?.header.get("Dead-Letter-Sequence"),
      letter?.data.length,
      letter?.header.get("Own").length,
      letter?.header.get("Dead-Letter-Truncated"),
    ]);
    expect(facts.sort()).toEqual([
      ["1", 64_800, 0, ""],
      ["2", 0, 0, "65500"],
      ["3", 1, 600, ""],
    ]);
  });

  test("for its stream, too", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    const deadLetter = { ...DEAD, ensure: { max_msg_size: 2_000 } };
    const consumption = await consume(nc, { ...ORDERS, deadLetter }, () => {});
    await consumption.ready();
    await jetstream(nc).publish("orders.new", "x".repeat(3_000));
    await settled(jsm, 1);
    const letter = await jsm.streams.getMessage("dead", { seq: 1 });
    expect([letter?.data.length, letter?.header.get("Dead-Letter-Truncated")]).toEqual([0, "3000"]);
    expect(errors.map(({ code }) => code)).toEqual(["INVALID_MESSAGE"]);
  });
});

test("a dead letter that is put back to its subject, and fails again, is a dead letter again", async () => {
  const { nc, jsm } = await world(cleanup);
  const consumption = await consume(nc, { ...ORDERS, maxDeliver: 1, deadLetter: DEAD }, () => {
    throw new Error("no");
  });
  await consumption.ready();
  await fill(nc, 1, 1);
  await settled(jsm, 1);
  const letter = (await jsm.streams.getMessage("dead", { seq: 1 }))!;
  letter.header.delete("Nats-Msg-Id");
  letter.header.delete("Nats-Expected-Stream");
  await jetstream(nc).publish("orders.new", letter.data, { headers: letter.header });
  await settled(jsm, 2);
  expect(consumption.facts()).toMatchObject({ deadLettered: 2, discarded: 0 });
  expect((await jsm.streams.info("dead")).state.messages).toBe(2);
});

test("what a handler hands back, and works on until it comes again, is handled later", async () => {
  const { nc, jsm } = await world(cleanup);
  const done: number[] = [];
  const consumption = await consume<Delivery>(
    nc,
    { ...ORDERS, codec: "none", concurrency: 5 },
    async (msg) => {
      if (msg.redelivered) {
        done.push(msg.seq);
        return;
      }
      msg.nak();
      const { redelivered } = consumption.facts();
      await until(() => consumption.facts().redelivered > redelivered, "the next delivery");
    },
  );
  await consumption.ready();
  await fill(nc, 1, 5);
  await settled(jsm, 5);
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(consumption.facts()).toMatchObject({ handled: 5, acked: 5 });
});
