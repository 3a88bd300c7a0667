import { jetstream } from "@nats-io/jetstream";
import { describe, expect, it } from "vitest";
import { consume } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { cutLinks } from "../support/inside.js";
import { expectNoProblems } from "../support/problems.js";
import { rejection, until } from "../support/until.js";
import { type Client, client, fill, ORDERS, range, SECOND, settled } from "./consume-world.js";
import { ALL, LIMITED, users } from "./limited-user.js";

expectNoProblems();

const EVERYTHING = users('{ publish: { deny: ["nothing"] } }');
const NO_INBOX = users('{ subscribe: { deny: ["_INBOX.>"] } }');
const NO_PULL = users('{ publish: { deny: ["$JS.API.CONSUMER.MSG.NEXT.>"] } }');
const NO_ADVISORIES = users('{ subscribe: { deny: ["$JS.EVENT.ADVISORY.>"] } }');
const NO_INFO = users('{ publish: { deny: ["$JS.API.CONSUMER.INFO.>"] } }');

/** For what is not to wait that long. */
const LATE = { timeout: 600_000 };
const DENIED = { code: "CONSUMER_FAILED", cause: { code: "PERMISSIONS_VIOLATION" } };

interface World {
  readonly server: NatsServer;
  readonly all: Client;
  readonly limited: Client;
}

/** A stream and a consumer, and a user with these permissions. */
async function restricted(cleanup: Cleanup, config: string): Promise<World> {
  const server = cleanup.use(await NatsServer.start({ jetstream: true, config }));
  const all = await client(cleanup, { servers: server.url, ...ALL });
  await all.jsm.streams.add({ name: ORDERS.stream, subjects: ["orders.*"] });
  await all.jsm.consumers.add(ORDERS.stream, { durable_name: ORDERS.durable, ack_policy: "explicit" });
  return { server, all, limited: await client(cleanup, { servers: server.url, ...LIMITED }) };
}

describe("consume(), when permissions change,", () => {
  const { stream, durable } = ORDERS;

  async function consuming(nc: Client["nc"]) {
    const seen: number[] = [];
    const consumption = await consume<number>(nc, { stream, durable }, (data) => {
      seen.push(data);
    });
    return { seen, consumption };
  }

  it("gets messages again when it may subscribe to its inbox again", async () => {
    await using cleanup = new Cleanup();
    const { server, all, limited } = await restricted(cleanup, EVERYTHING);
    const { seen, consumption } = await consuming(limited.nc);
    await consumption.ready();
    await server.reload({ config: NO_INBOX });
    await until(() => consumption.state === "recovering", "that it gets nothing");
    expect(await rejection(consumption.ready(LATE))).toMatchObject(DENIED);
    await fill(all.nc, 1, 20);
    await server.reload({ config: EVERYTHING });
    await until(
      () => seen.length >= 20,
      () => `20 messages, not ${seen.length}`,
    );
    await settled(all.jsm, 20);
    expect(seen).toEqual(range(1, 20));
  });

  it.each([
    ["its inbox", NO_INBOX],
    ["its pulls", NO_PULL],
    ["what it asks of JetStream", NO_INFO],
  ])("begins when it may use %s; ready() says what is known now", async (_, config) => {
    await using cleanup = new Cleanup();
    const { server, all, limited } = await restricted(cleanup, config);
    const { seen, consumption } = await consuming(limited.nc);
    expect(await rejection(consumption.ready(LATE))).toMatchObject(DENIED);
    expect(limited.errors.filter(({ code }) => code === "CONSUMER_FAILED")).toHaveLength(1);
    await fill(all.nc, 1, 20);
    await server.reload({ config: EVERYTHING });
    // What was refused before is not told again, also by one that is asked before the next try.
    await consumption.ready(LATE);
    await settled(all.jsm, 20);
    expect(seen).toEqual(range(1, 20));
  });

  it("hears of messages that have reached the consumer's max_deliver, when a later link allows it", async () => {
    await using cleanup = new Cleanup();
    const { server, all, limited } = await restricted(cleanup, NO_ADVISORIES);
    await all.jsm.streams.add({ name: "dead", subjects: ["dead.>"] });
    const limits = { max_deliver: 1, ack_wait: 300 * SECOND };
    await all.jsm.consumers.update(stream, durable, limits);
    await fill(all.nc, 1, 1);
    // Somebody else has got it, and never answers.
    expect((await (await jetstream(all.nc).consumers.get(stream, durable)).next())?.seq).toBe(1);
    const options = { stream, durable, deadLetter: "dead.orders" };
    const consumption = await consume(limited.nc, options, () => {});
    await consumption.ready();
    const isDenied = ({ code }: { code?: string }) => code === "PERMISSIONS_VIOLATION";
    await until(() => limited.errors.some(isDenied), "that the advisories are denied");
    await server.reload({ config: EVERYTHING });
    const reconnected = new Promise((resolve) => limited.nc.once("reconnect", resolve));
    cutLinks(limited.nc);
    await reconnected;
    await limited.nc.flush();
    await all.jsm.consumers.update(stream, durable, { ack_wait: SECOND / 100 });
    await until(() => consumption.facts().deadLettered === 1, "the dead letter");
    const letter = await all.jsm.streams.getMessage("dead", { seq: 1 });
    expect(letter?.header.get("Dead-Letter-Sequence")).toBe("1");
  });

  it("ready() tells no denial when something else is wrong by now", async () => {
    await using cleanup = new Cleanup();
    const { server, all, limited } = await restricted(cleanup, NO_INFO);
    const { consumption } = await consuming(limited.nc);
    expect(await rejection(consumption.ready(LATE))).toMatchObject(DENIED);
    await all.jsm.streams.delete(stream);
    await server.reload({ config: EVERYTHING });
    const isGone = () => /is not there/.test(String(consumption.facts().failing));
    await until(isGone, "that the stream is missed");
    const error = await rejection(consumption.ready({ timeout: 50 }));
    expect(error).toMatchObject({ code: "TIMEOUT" });
    expect(error.message).toContain("is not there");
    await server.kill();
    await until(() => limited.nc.state === "reconnecting", "the outage");
    expect(await rejection(consumption.ready({ timeout: 50 }))).toMatchObject({ code: "TIMEOUT" });
  });
});
