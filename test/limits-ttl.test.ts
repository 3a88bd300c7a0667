import { describe, expect, it } from "vitest";
import { connect, type LostMessage } from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { deadUrl } from "./support/fake-server.js";
import { Outage } from "./support/outage.js";
import { rejection, thrown, until } from "./support/until.js";

async function prepare(): Promise<{ outage: Outage; lost: LostMessage[] }> {
  const outage = await Outage.prepare();
  const lost: LostMessage[] = [];
  outage.nc.on("messageLost", (batch) => lost.push(...batch));
  return { outage, lost };
}

const texts = (lost: LostMessage[]) => lost.map(({ data }) => Buffer.from(data ?? "none").toString());

describe("a message with a ttl [B3]", () => {
  it("that ends in an outage is dropped then, not later, and the others arrive in order", async () => {
    const { outage, lost } = await prepare();
    await using _ = outage;
    const { nc, got } = outage;
    await outage.begin();
    nc.publish("a", "0");
    nc.publish("a", "short 1", { ttl: 60 });
    nc.publish("a", "long", { ttl: 60_000 });
    nc.publish("a", "shorter", { ttl: 10 });
    nc.publish("a", "endless", { ttl: Number.POSITIVE_INFINITY });
    nc.publish("a", "1");
    const outcome = rejection(nc.publishConfirmed("a", "short 2", { ttl: 60 }));
    const before = nc.buffered.bytes;
    await until(() => lost.length === 3, "the losses, while the server is still gone");
    expect(nc.state).toBe("reconnecting");
    expect(texts(lost)).toEqual(["shorter", "short 1", "short 2"]);
    expect(lost.every(({ reason, maybeDelivered }) => reason === "ttl" && !maybeDelivered)).toBe(true);
    expect(lost[1].age).toBeGreaterThan(40);
    expect((await outcome).code).toBe("MESSAGE_DROPPED");
    expect(nc.buffered.messages).toBe(4);
    expect(nc.buffered.bytes).toBeLessThan(before);
    await outage.end();
    expect(got).toEqual(["0", "long", "endless", "1"]);
    expect(expectBalanced(nc).dropReasons).toMatchObject({ ttl: 3 });
  });

  it("gives its room back when it ends", async () => {
    await using outage = await Outage.prepare({ maxBufferedMessages: 2 });
    const { nc, got } = outage;
    await outage.begin();
    nc.publish("a", "short", { ttl: 20 });
    nc.publish("a", "0");
    expect(thrown(() => nc.publish("a", "no")).code).toBe("BUFFER_FULL");
    await until(() => nc.stats().dropped === 1, "the loss");
    nc.publish("a", "1");
    expect(thrown(() => nc.publish("a", "no")).code).toBe("BUFFER_FULL");
    await outage.end();
    expect(got).toEqual(["0", "1"]);
    expectBalanced(nc);
  });

  it("that was on the dead link and has ended is not written again: it may have been delivered", async () => {
    const { outage, lost } = await prepare();
    await using _ = outage;
    const { nc, server, got } = outage;
    server.stop();
    const since = performance.now();
    nc.publish("a", "0");
    nc.publish("a", "over before", { ttl: 30 });
    nc.publish("a", "over in the outage", { ttl: 1_000 });
    nc.publish("a", "long", { ttl: 60_000 });
    nc.publish("a", "1");
    await until(() => performance.now() - since > 60, "the first ttl is over");
    expect(lost).toEqual([]);
    await outage.begin();
    await until(() => lost.length === 1, "the first loss");
    await until(() => lost.length === 2, "the second loss");
    expect(nc.state).toBe("reconnecting");
    expect(texts(lost)).toEqual(["over before", "over in the outage"]);
    expect(lost.every(({ reason, maybeDelivered }) => reason === "ttl" && maybeDelivered)).toBe(true);
    await outage.end();
    expect(got).toEqual(["0", "long", "1"]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 5, confirmed: 3, dropped: 2 });
  });

  it("that is sent in time arrives, whatever comes after", async () => {
    const { outage, lost } = await prepare();
    await using _ = outage;
    const { nc, got } = outage;
    const since = performance.now();
    for (let i = 0; i < 100; i++) nc.publish("a", String(i), { ttl: 1_000 });
    await nc.publishConfirmed("a", "100", { ttl: 1_000 });
    await until(() => performance.now() - since > 1_020, "the ttl is over");
    await outage.begin();
    await outage.end();
    expect(got).toEqual(Array.from({ length: 101 }, (_, i) => String(i)));
    expect(lost).toEqual([]);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 101, replayed: 0 });
  });

  it("many of them keep no timer, no memory and no connection", async () => {
    const { outage, lost } = await prepare();
    await using _ = outage;
    const { nc, got } = outage;
    await outage.begin();
    for (let i = 0; i < 20_000; i++) nc.publish("a", String(i), { ttl: i % 2 === 0 ? 1 + (i % 50) : 60_000 });
    await until(() => lost.length === 10_000, "half of them are lost");
    await outage.end();
    await until(() => got.length === 10_000, "the other half");
    expect(got).toEqual(Array.from({ length: 10_000 }, (_, i) => String(2 * i + 1)));
    expectBalanced(nc);
  });
});

describe("a critical message [B4]", () => {
  it("is refused at once without a connection, and counts nowhere", async () => {
    await using outage = await Outage.prepare();
    const { nc, got } = outage;
    nc.publish("a", "0", { critical: true });
    await nc.publishConfirmed("a", "1", { critical: true });
    await outage.begin();
    const before = nc.stats();
    const error = thrown(() => nc.publish("a", "no", { critical: true }));
    expect(error).toMatchObject({ code: "DISCONNECTED", subject: "a" });
    expect((await rejection(nc.publishConfirmed("a", "no", { critical: true }))).code).toBe("DISCONNECTED");
    nc.publish("a", "2", { critical: false });
    expect(nc.stats()).toMatchObject({ accepted: before.accepted + 1, pending: 1 });
    await outage.end();
    nc.publish("a", "3", { critical: true });
    await nc.flush();
    expect(got).toEqual(["0", "1", "2", "3"]);
    expectBalanced(nc);
  });

  it("is refused before the first connect", async () => {
    const options = { servers: await deadUrl(), retryOnFailedConnect: true, closeTimeout: 1 };
    await using nc = await connect(options);
    expect(thrown(() => nc.publish("a", "no", { critical: true })).code).toBe("DISCONNECTED");
    nc.publish("a", "later");
    expect(nc.stats()).toMatchObject({ accepted: 1, pending: 1 });
    await nc.close();
    expect(expectBalanced(nc)).toMatchObject({ dropped: 1, dropReasons: { closed: 1 } });
  });
});
