import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type NatsConnection } from "../../src/index.js";
import type { OutboxMode } from "../../src/outbox/index.js";
import { rejection, until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

let world: OutboxWorld;
let watcher: Connection;
beforeEach(async () => {
  world = await OutboxWorld.make({ jetstream: true });
  watcher = world.cleanup.use(await connect({ servers: world.server.url, reconnectTimeWait: 5 }));
  const jsm = await jetstreamManager(watcher as NatsConnection);
  await jsm.streams.add({ name: "S", subjects: ["s.>"], max_msg_size: 1000 });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

async function messagesInStream(): Promise<number> {
  const jsm = await jetstreamManager(watcher as NatsConnection);
  return (await jsm.streams.info("S")).state.messages;
}

describe.each<OutboxMode>(["always", "overflow"])("publishConfirmed() into a stream, mode %s", (mode) => {
  it("resolves when the stream has it, across a server that is killed, in order", async () => {
    const outbox = await world.open({ mode, stream: "S" });
    const nc = await world.connect(outbox, { servers: world.server.url });
    await nc.publishConfirmed("s.a", "0");
    expect(await messagesInStream()).toBe(1);
    await world.server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const resolved: number[] = [];
    const all = Array.from({ length: 300 }, (_, i) =>
      nc.publishConfirmed("s.a", String(i + 1)).then(() => resolved.push(i)),
    );
    await until(() => outbox.stats().memoryBytes === 0, "all of it on disk");
    expect(resolved).toEqual([]);
    await world.server.restart();
    await Promise.all(all);
    expect(resolved).toEqual(Array.from({ length: 300 }, (_, i) => i));
    await until(() => watcher.state === "connected", "the watcher");
    expect(await messagesInStream()).toBe(301);
    expectOutboxBalanced(outbox);
  });

  it("does not resolve before the acknowledgement", async () => {
    const outbox = await world.open({ mode, stream: "S" });
    const nc = await world.connect(outbox);
    const toxic = world.proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" });
    let isResolved = false;
    const confirmed = nc.publishConfirmed("s.a", "0").then(() => {
      isResolved = true;
    });
    await until(() => toxic.injected > 0, "an acknowledgement that is lost");
    await nc.flush();
    expect(await messagesInStream()).toBe(1);
    expect(isResolved).toBe(false);
    toxic.remove();
    await world.cut(nc);
    await world.mend(nc);
    await confirmed;
    expect(await messagesInStream()).toBe(1);
  });

  it("rejects with what the stream has said when it refuses the message; the others are stored", async () => {
    const outbox = await world.open({ mode, stream: "S" });
    const nc = await world.connect(outbox);
    const refused = rejection(nc.publishConfirmed("s.a", "x".repeat(2000)));
    const elsewhere = rejection(nc.publishConfirmed("elsewhere", "x"));
    await nc.publishConfirmed("s.a", "0");
    expect(await refused).toMatchObject({
      code: "STREAM_REFUSED",
      subject: "s.a",
      apiCode: 10054,
      retryable: false,
      maybeDelivered: false,
      msgID: expect.stringContaining(outbox.id),
    });
    expect(await elsewhere).toMatchObject({ code: "NO_RESPONDERS", subject: "elsewhere" });
    expect(outbox.stats()).toMatchObject({ parked: 2, confirmed: 1, messages: 0 });
  });

  it("rejects at the end of the connection; the stream has it once in the end", async () => {
    const outbox = await world.open({ mode, stream: "S" });
    const nc = await world.connect(outbox);
    const toxic = world.proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" });
    const waiting = rejection(nc.publishConfirmed("s.a", "0"));
    await until(() => toxic.injected > 0, "an acknowledgement that is lost");
    await nc.close({ timeout: 20 });
    expect(await waiting).toMatchObject({ code: "OVERFLOWED", maybeDelivered: true });
    toxic.remove();
    const next = await world.connect(outbox);
    await outbox.empty({ timeout: 20_000 });
    await next.publishConfirmed("s.a", "1");
    expect(await messagesInStream()).toBe(2);
  });
});
