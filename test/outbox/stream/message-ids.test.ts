import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Connection, connect, createInbox, type Msg, type NatsConnection } from "../../../src/index.js";
import { messageIdIn } from "../../../src/outbox/send/message-id.js";
import { OutboxWorld } from "../world.js";

let world: OutboxWorld;
let watcher: Connection;
beforeEach(async () => {
  world = await OutboxWorld.make({ jetstream: true });
  watcher = world.cleanup.use(await connect({ servers: world.server.url }));
  const jsm = await jetstreamManager(watcher as NatsConnection);
  await jsm.streams.add({ name: "S", subjects: ["s.>"] });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const block = (lines: string) => Buffer.from(`NATS/1.0\r\n${lines}\r\n\r\n`);
const BLOCKS = [
  "Nats-Msg-Id:",
  "Nats-Msg-Id: ",
  "Nats-Msg-Id: \r\nNats-Msg-Id: second",
  "nats-msg-id: lower",
  "NATS-MSG-ID: upper",
  "X-Nats-Msg-Id: longer",
  "Nats-Msg-Id: mine",
  "Nats-Msg-Id:tight",
  "Nats-Msg-Id: first\r\nNats-Msg-Id: two",
];

it("an id is one exactly when a server takes it for one", async () => {
  for (const lines of BLOCKS) {
    const encodedHeaders = block(lines);
    const isDuplicate = async () => {
      const reply = createInbox();
      const answer = new Promise<Msg>((resolve) => {
        watcher.subscribe(reply, { max: 1, callback: (_, msg) => resolve(msg) });
      });
      watcher.publish("s.a", "x", { encodedHeaders, reply });
      return (await answer).json<{ duplicate?: boolean }>().duplicate === true;
    };
    expect(await isDuplicate(), lines).toBe(false);
    expect(await isDuplicate(), lines).toBe(messageIdIn(encodedHeaders) !== undefined);
  }
});

it("a message with an empty id, or one of another name, has the outbox's", async () => {
  const outbox = await world.open({ mode: "always", stream: "S" });
  const nc = await world.connect(outbox);
  for (const lines of BLOCKS.slice(0, 6)) {
    await nc.publishDurable("s.a", "x", { encodedHeaders: block(lines) });
  }
  await outbox.empty({ timeout: 10_000 });
  const jsm = await jetstreamManager(watcher as NatsConnection);
  for (let seq = 1; seq <= 6; seq++) {
    const message = await jsm.streams.getMessage("S", { seq });
    expect(message?.header.values("Nats-Msg-Id")).toEqual([expect.stringContaining(outbox.id)]);
  }
});
