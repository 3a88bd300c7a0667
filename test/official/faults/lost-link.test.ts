import {
  AckPolicy,
  type ConsumerMessages,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { nanos, TimeoutError } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../../src/index.js";
import { NatsServer } from "../../../src/testing/server.js";
import { openRequests, openSubscriptions } from "../../support/inside.js";
import { Problems } from "../../support/problems.js";
import { rejection, until } from "../../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
let nc: Connection;
let problems: Problems;
beforeEach(async () => {
  problems = new Problems();
  server = await NatsServer.start({ jetstream: true });
});
afterEach(async () => {
  await nc?.close();
  await server?.close();
  await problems.expectNone();
  problems[Symbol.dispose]();
});

/** A connection, and a stream of numbers with a durable consumer `all`. */
async function open(options: ConnectionOptions = {}) {
  nc = await connect({ servers: server.url, ...EAGER, ...options });
  const manager = await jetstreamManager(nc);
  await manager.streams.add({ name: "numbers", subjects: ["numbers"] });
  await manager.consumers.add("numbers", { durable_name: "all", ack_policy: AckPolicy.Explicit });
  const js = jetstream(nc);
  let last = 0;
  const publish = async (count: number) => {
    for (let i = 0; i < count; i++) {
      last++;
      await js.publish("numbers", String(last), { msgID: String(last), retries: 10 });
    }
  };
  return { js, manager, publish, consumer: await js.consumers.get("numbers", "all") };
}

/** Reads into an array. */
function collect(messages: ConsumerMessages): JsMsg[] {
  const got: JsMsg[] = [];
  void (async () => {
    for await (const msg of messages) {
      got.push(msg);
      msg.ack();
    }
  })();
  return got;
}

const texts = (messages: JsMsg[]): string[] => messages.map((msg) => msg.string());
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1));

describe("the link is lost while", () => {
  it("a fetch or a next waits: it goes on with the next link [parity 200]", async () => {
    const { consumer, publish, js, manager } = await open();
    await manager.consumers.add("numbers", { durable_name: "one", ack_policy: AckPolicy.Explicit });
    const fetched = collect(await consumer.fetch({ max_messages: 3, expires: 20_000 }));
    const next = (await js.consumers.get("numbers", "one")).next({ expires: 20_000 });
    await publish(1);
    await until(() => fetched.length === 1, "the first message");
    expect((await next)?.string()).toBe("1");
    const another = (await js.consumers.get("numbers", "one")).next({ expires: 20_000 });
    await server.restart();
    await publish(2);
    await until(() => fetched.length === 3, "the others");
    expect(texts(fetched)).toEqual(numbers(3));
    // The first one was not acknowledged: a server that was restarted may bring it once more.
    expect(["1", "2"]).toContain((await another)?.string());
  });

  it("publishes wait for their acknowledgements: they fail at once as time-outs, and retries store each once [parity 201]", async () => {
    const { js, manager } = await open();
    server.stop();
    const publish = (number: number, retries?: number) =>
      js.publish("numbers", String(number), { msgID: String(number), timeout: 30_000, retries });
    const once = Array.from({ length: 50 }, (_, number) => rejection(publish(number)));
    const again = Array.from({ length: 50 }, (_, number) => publish(50 + number, 10));
    await until(() => openRequests(nc) === 100, "all on their way");
    await server.kill();
    for (const error of await Promise.all(once)) {
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true });
    }
    await server.restart();
    await Promise.all(again);
    expect(openRequests(nc)).toBe(0);
    const { state } = await manager.streams.info("numbers", { subjects_filter: ">" });
    expect(state.messages).toBe(50);
  });

  it("ordered consumers read, pulling and pushed: each message comes once, in order [parity 202, 203]", async () => {
    const { js, publish } = await open();
    const pulled = collect(await (await js.consumers.get("numbers")).consume());
    const pushed = collect(await (await js.consumers.getPushConsumer("numbers")).consume());
    for (let round = 1; round <= 3; round++) {
      await publish(20);
      await until(
        () => pulled.length === 20 * round && pushed.length === 20 * round,
        () => `round ${round}: ${pulled.length} pulled, ${pushed.length} pushed`,
      );
      await server.restart();
    }
    await publish(1);
    await until(() => pulled.length === 61 && pushed.length === 61, "a message after the last restart");
    expect(texts(pulled)).toEqual(numbers(61));
    expect(texts(pushed)).toEqual(numbers(61));
  });

  it("a durable consumer reads, again and again: every message comes [parity 203]", async () => {
    const { js, manager, publish } = await open();
    // What a server has sent, and the lost link has not brought, comes again when the time for its acknowledgement is over.
    const durable = { durable_name: "again", ack_policy: AckPolicy.Explicit, ack_wait: nanos(2_000) };
    await manager.consumers.add("numbers", durable);
    const got = collect(await (await js.consumers.get("numbers", "again")).consume());
    for (let round = 1; round <= 4; round++) {
      await Promise.all([publish(25), server.restart()]);
    }
    await until(() => new Set(texts(got)).size === 100, "all messages");
  });

  it("nobody comes back: next and consume end with the connection [parity 202]", async () => {
    const { consumer } = await open({ maxReconnectAttempts: 2 });
    const messages = await consumer.consume();
    const ended = (async () => {
      for await (const _ of messages) void _;
    })();
    const next = consumer.next({ expires: 30_000 });
    await nc.flush();
    await server.kill();
    await nc.closed();
    await ended;
    expect(await next).toBeNull();
  });
});

describe("a consumer with a long pull", () => {
  it("hears of elections, and leaves nothing behind", async () => {
    const { consumer } = await open();
    const advisories = () => openSubscriptions(nc).filter((subject) => subject.includes("ADVISORY"));
    const messages = await consumer.consume();
    collect(messages);
    await until(() => advisories().length === 2, "subscriptions to advisories");
    await messages.close();
    await until(() => advisories().length === 0, "their end");
  });

  it("works where it must not hear of them, and nobody is told of that, but of what the application asks for", async () => {
    await server.reload({
      config: `authorization { users: [{ user: a, password: b, permissions: { subscribe: { deny: ["$JS.EVENT.>"] } } }] }`,
    });
    const { consumer, publish } = await open({ user: "a", pass: "b" });
    const told: Error[] = [];
    nc.on("error", (error) => told.push(error));
    const got = collect(await consumer.consume());
    await until(() => /ADVISORY/.test(server.log()), "the refusal");
    await publish(3);
    await until(() => got.length === 3, "the messages");
    expect(told).toEqual([]);
    expect(openSubscriptions(nc).filter((subject) => subject.includes("ADVISORY"))).toEqual([]);
    const theirs = nc.subscribe("$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.s", { callback: () => {} });
    expect(await theirs.closed).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    expect(told).toEqual([expect.objectContaining({ code: "PERMISSIONS_VIOLATION" })]);
  });
});
