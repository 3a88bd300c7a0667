import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { Registry } from "prom-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { registerMetrics, serve } from "../../src/observe/index.js";
import { openOutbox, streamPublisher } from "../../src/outbox/index.js";
import { consume, ensureStream, gracefulShutdown, handle, policy, request } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { rejection } from "../support/until.js";
import { askJson } from "./ask.js";
import { Scrape } from "./metrics-scrape.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ jetstream: true });
});
afterAll(() => server.close());

let nc: Connection;
let register: Registry;
/** Errors that were told: each message that is given up is one. */
let told: string[];
beforeEach(async () => {
  told = [];
  nc = await connect({ servers: server.url, name: "shop", reconnectTimeWait: 20 });
  nc.on("error", (error) => told.push((error as Error & { code?: string }).code ?? "none"));
  register = new Registry();
  registerMetrics(nc, { register });
  return () => nc.close();
});

/** A scrape that is as it should be, as soon as there is one. */
async function scrapeWhen(found: (scrape: Scrape) => boolean, what: string): Promise<Scrape> {
  for (const deadline = Date.now() + 15_000; ; await turn()) {
    const scrape = await Scrape.of(register);
    if (found(scrape)) return scrape;
    const { text } = scrape;
    if (Date.now() > deadline)
      throw new Error(`${what}:\n${text.match(/^nats_(?:handler|consumer|request).*$/gm)?.join("\n")}`);
  }
}

const health = async () => {
  await using served = await serve(nc);
  return (await askJson(served.url, "/health")).body;
};

describe("what is seen of holdfast/service", () => {
  it("a handler: its tries, dead letters and what it is at", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const options = { retries: 1, backoff: { initial: 1, jitter: 0 }, deadLetter: "dead", concurrency: 2 };
    const handler = handle<string>(
      nc,
      "orders.*.new",
      async (data) => {
        if (data === "bad") throw new Error("canary");
        if (data === "slow") await held;
      },
      options,
    );
    const dead = nc.subscribe("dead", { max: 2 });
    nc.publish("orders.17.new", '"good"');
    nc.publish("orders.18.new", '"bad"');
    nc.publish("orders.19.new", "{no json");
    for (const _ of [1, 2, 3]) nc.publish("orders.20.new", '"slow"');
    const name = "orders.*.new";
    const busy = await scrapeWhen(
      (scrape) => scrape.value("nats_handler_waiting") === 1 && scrape.value("nats_handler_in_flight") === 2,
      "two at work and one that waits",
    );
    expect(busy.by("nats_handler_messages_total", "outcome", { handler: name })).toEqual({
      handled: 1,
      dead_lettered: 2,
      discarded: 0,
    });
    expect(busy.by("nats_handler_failures_total", "reason")).toEqual({ error: 2, timeout: 0, invalid: 1 });
    expect(busy.value("nats_handler_retries_total")).toBe(1);
    expect(busy.value("nats_handler_concurrency")).toBe(2);
    expect(busy.value("nats_handler_duration_seconds_count")).toBe(3);
    const { components } = await health();
    expect(components).toMatchObject([
      {
        kind: "handler",
        name,
        state: "running",
        handled: 1,
        failed: 2,
        retried: 1,
        deadLettered: 2,
        inFlight: 2,
      },
    ]);
    expect(JSON.stringify(components) + busy.text).not.toMatch(/canary|orders\.1\d/);
    const subjects: unknown[] = [];
    for await (const msg of dead) subjects.push(msg.headers?.get("Dead-Letter-Subject"));
    expect(subjects.toSorted()).toEqual(["orders.18.new", "orders.19.new"]);
    expect(told.toSorted()).toEqual(["HANDLER_FAILED", "INVALID_MESSAGE"]);

    release();
    await handler.stop();
    const after = await Scrape.of(register);
    expect(after.lowerThan(busy)).toEqual([]);
    expect(after.value("nats_handler_messages_total", { outcome: "handled" })).toBe(4);
    expect(after.all("nats_handler_in_flight")).toEqual([]);
    expect((await health()).components).toEqual([]);
  });

  it("a consumer: lag, acknowledgements, redeliveries, and that it recovers", async () => {
    const ensure = { stream: { subjects: ["paid.*"] }, consumer: {} };
    const consumption = await consume<number>(
      nc,
      { stream: "PAID", durable: "books", ensure, maxDeliver: 2, backoff: { initial: 1, jitter: 0 } },
      (data, { deliveryCount }) => {
        if (data === 3 && deliveryCount === 1) throw new Error("canary");
      },
    );
    await consumption.ready();
    for (let i = 1; i <= 5; i++) await nc.request("paid.17", String(i));
    const who = { stream: "PAID", consumer: "books" };
    const scrape = await scrapeWhen(
      (one) => one.value("nats_consumer_messages_total", { outcome: "handled" }) === 5,
      "five messages",
    );
    expect(scrape.by("nats_consumer_acks_total", "kind", who)).toEqual({ ack: 5, nak: 1, term: 0 });
    expect(scrape.by("nats_consumer_failures_total", "reason")).toEqual({ error: 1, timeout: 0, invalid: 0 });
    expect(scrape.value("nats_consumer_redelivered_total", who)).toBe(1);
    expect(scrape.by("nats_consumer_state", "state")).toMatchObject({ consuming: 1, recovering: 0 });
    expect(scrape.value("nats_consumer_last_message_timestamp_seconds")! * 1_000).toBeGreaterThan(
      Date.now() - 60_000,
    );
    expect(scrape.value("nats_consumer_pending_messages")).toBeGreaterThanOrEqual(0);
    expect(scrape.value("nats_consumer_duration_seconds_count")).toBe(6);
    expect(await health()).toMatchObject({
      components: [
        { kind: "consumer", name: "PAID/books", state: "consuming", acked: 5, naked: 1, redelivered: 1 },
      ],
    });

    await nc.request("$JS.API.CONSUMER.DELETE.PAID.books");
    const recreated = await scrapeWhen(
      (one) =>
        one.value("nats_consumer_recreated_total", who) === 1 &&
        one.value("nats_consumer_state", { state: "consuming" }) === 1,
      "the consumer that was made anew",
    );
    expect(recreated.lowerThan(scrape)).toEqual([]);
    expect(recreated.value("nats_consumer_recoveries_total")).toBeGreaterThan(0);
    await consumption.stop();
    expect((await Scrape.of(register)).lowerThan(recreated)).toEqual([]);
  });

  it("a policy: requests, tries, and a breaker that opens and closes", async () => {
    const prices = policy({
      name: "prices",
      timeout: 2_000,
      retry: { retries: 1, backoff: { initial: 1, jitter: 0 } },
      breaker: { failures: 2, halfOpenAfter: 10 },
    });
    const first = await rejection(request(nc, "prices.17", {}, prices));
    expect(first).toMatchObject({ code: "NO_RESPONDERS" });
    const who = { policy: "prices", subject: "prices.{id}" };
    const open = await Scrape.of(register);
    expect(open.value("nats_requests_total", { policy: "prices" })).toBe(1);
    expect(open.value("nats_request_failures_total")).toBe(1);
    expect(open.value("nats_request_retries_total")).toBe(1);
    expect(open.value("nats_request_breaker_opened_total", who)).toBe(1);
    expect(open.value("nats_request_breaker_state", { ...who, state: "closed" })).toBe(0);
    expect(await health()).toMatchObject({
      components: [
        {
          kind: "policy",
          name: "prices",
          calls: 1,
          failed: 1,
          breakers: [{ subject: "prices.{id}", opened: 1 }],
        },
      ],
    });
    await using _handler = handle(nc, "prices.*", () => 17);
    await nc.flush();
    const answers = async () => (await request(nc, "prices.18", {}, prices).catch(() => 0)) === 17;
    await expect.poll(answers, { timeout: 10_000, interval: 5 }).toBe(true);
    const closed = await Scrape.of(register);
    expect(closed.lowerThan(open)).toEqual([]);
    expect(closed.value("nats_request_breaker_state", { ...who, state: "closed" })).toBe(1);
  });

  it("a shutdown: not ready from the beginning of it, with its words", async () => {
    const shutdown = gracefulShutdown(nc, { signals: [], exit: () => {} });
    const delivered = handle(nc, "a", () => {});
    await using served = await serve(nc);
    expect((await askJson(served.url, "/health/ready")).status).toBe(200);
    const done = shutdown.begin("a test");
    expect(await askJson(served.url, "/health/ready")).toMatchObject({
      status: 503,
      body: { reason: expect.stringContaining("a test") },
    });
    expect((await askJson(served.url, "/health/live")).status).toBe(200);
    await done;
    await delivered.closed;
  });
});

describe("an outbox, and a stream publisher", () => {
  it("are shown with what they hold, and what has become of it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-outbox-"));
    await using mortal = await NatsServer.start({ jetstream: true });
    await using outbox = await openOutbox({ path: folder, maxBytes: 1_000_000 });
    await using shop = await connect({ servers: mortal.url, name: "till", reconnectTimeWait: 20, outbox });
    register = new Registry();
    const metrics = registerMetrics(shop, { register });
    await using served = await serve(shop);
    await ensureStream(shop, { name: "BILLS", subjects: ["bills.>"] });
    const publisher = streamPublisher(shop, { stream: "BILLS" });
    await publisher.publish("bills.1", "1");
    const acked = await scrapeWhen((now) => now.value("nats_stream_publisher_acked_total") === 1, "the ack");
    expect(acked.value("nats_stream_publisher_ack_duration_seconds_count")).toBe(1);
    await mortal.kill();
    for (const number of ["1", "2", "3"]) await shop.publishDurable("orders", number);
    const held = await scrapeWhen((now) => now.value("nats_outbox_messages") === 3, "the messages");
    expect(held.value("nats_outbox_bytes")).toBeGreaterThan(0);
    expect(held.value("nats_outbox_max_bytes")).toBe(1_000_000);
    expect(held.value("nats_outbox_stored_total")).toBe(3);
    expect(held.value("nats_outbox_flush_duration_seconds_count")).toBeGreaterThan(0);
    expect(held.value("nats_components", { kind: "outbox", status: "working" })).toBe(1);
    const { body } = await askJson(served.url, "/health");
    expect(body.components).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: "outbox", messages: 3, stored: 3, state: "waiting" }),
        expect.objectContaining({ kind: "publisher", stream: "BILLS", acked: 1 }),
      ]),
    );
    await mortal.restart();
    await outbox.empty();
    const sent = await scrapeWhen((now) => now.value("nats_outbox_messages") === 0, "the end");
    expect(sent.value("nats_outbox_confirmed_total")).toBe(3);
    expect(sent.value("nats_outbox_oldest_age_seconds")).toBe(0);
    expect(sent.lowerThan(held)).toEqual([]);
    metrics.stop();
    await publisher.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});
