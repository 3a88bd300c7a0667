import { Registry } from "prom-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { codedError } from "../../src/checks/coded-error.js";
import { type Connection, connect } from "../../src/index.js";
import type { Hello, Sample } from "../../src/observe/dashboard/protocol.js";
import type { ReadinessOptions } from "../../src/observe/health-options.js";
import { registerMetrics, serve } from "../../src/observe/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectNoProblems } from "../support/problems.js";
import { askJson } from "./ask.js";
import { Scrape } from "./metrics-scrape.js";
import {
  consumerFacts,
  HandMade,
  handlerFacts,
  oneOfEach,
  outboxFacts,
  policyFacts,
  publisherFacts,
  shutdownFacts,
} from "./support/components.js";
import { DashboardSite } from "./support/dashboard-site.js";
import { FakeClock } from "./support/fake-clock.js";
import { FakeConnection } from "./support/fake-connection.js";

expectNoProblems();

let server: NatsServer;
let nc: Connection;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  nc = await connect({ servers: server.url, name: "orders" });
  return () => nc.close();
});

/** A component of which nothing can be known. */
const MUTE = {
  facts(): never {
    throw new Error("canary");
  },
};

describe("components in /health", () => {
  it("are listed", async () => {
    await using served = await serve(nc);
    expect((await askJson(served.url, "/health")).body).toMatchObject({ status: "healthy", components: [] });
    for (const component of oneOfEach()) nc.addComponent(component);
    const remove = nc.addComponent(MUTE);
    const { status, body } = await askJson(served.url, "/health");
    expect(status).toBe(200);
    expect(body.components).toMatchObject([
      { kind: "handler", name: "orders.*", state: "running", handled: 0, lastError: null },
      { kind: "consumer", name: "ORDERS/books", state: "consuming", pending: 0 },
      { kind: "policy", name: "prices", state: "closed", breakers: [{ subject: "prices.{id}" }] },
      { kind: "outbox", name: "outbox", state: "idle", messages: 0, maxBytes: 1_000_000, lastError: null },
      { kind: "publisher", name: "ORDERS", state: "running", stream: "ORDERS", acked: 0 },
      { kind: "shutdown", name: "shutdown", state: "waiting" },
      { kind: "other", name: "cache", state: "present" },
      { kind: "other", state: "unknown", failing: "it does not answer: facts() has failed" },
    ]);
    expect(JSON.stringify(body)).not.toContain("canary");
    remove();
    expect((await askJson(served.url, "/health")).body.components).toHaveLength(7);
  });
});

describe("readiness", () => {
  const ready = async (mode: ReadinessOptions["mode"]) => {
    await using served = await serve(nc, { readiness: { mode } });
    const { status, body } = await askJson(served.url, "/health/ready");
    return body.reason === undefined ? status : `${status} ${body.reason}`;
  };

  it("ends at once, in every mode, when a component says so, and comes back", async () => {
    const shutdown = new HandMade(shutdownFacts());
    nc.addComponent(shutdown);
    for (const mode of ["default", "strict", "consumer"] as const) {
      shutdown.tell({ unready: undefined });
      expect(await ready(mode), mode).toBe(200);
      shutdown.tell({ unready: "shutting down (SIGTERM)" });
      expect(await ready(mode), mode).toBe("503 shutting down (SIGTERM)");
    }
    await using served = await serve(nc);
    expect((await askJson(served.url, "/health/live")).status).toBe(200);
    expect((await askJson(served.url, "/health")).status).toBe(200);
  });

  it("of consumers ends while a component fails at its work, or does not answer", async () => {
    const consumer = new HandMade(consumerFacts({ failing: "the stream is not there" }));
    const remove = nc.addComponent(consumer);
    expect(await ready("consumer")).toBe("503 consumer ORDERS/books: the stream is not there");
    expect(await ready("default")).toBe(200);
    expect(await ready("strict")).toBe(200);
    remove();
    expect(await ready("consumer")).toBe(200);
    const broken = nc.addComponent(new HandMade(outboxFacts({ failing: "commit failed (ENOSPC)" })));
    expect(await ready("consumer")).toBe("503 outbox outbox: commit failed (ENOSPC)");
    expect(await ready("default")).toBe(200);
    broken();
    nc.addComponent(MUTE);
    expect(await ready("consumer")).toBe("503 other unnamed: it does not answer: facts() has failed");
    expect(await ready("default")).toBe(200);
  });
});

describe("metrics of components", () => {
  let register: Registry;
  beforeEach(() => {
    register = new Registry();
    registerMetrics(nc, { register });
  });

  it("add up what has the same name, and are no lower when one is gone", async () => {
    const handler = new HandMade(handlerFacts({ handled: 5, inFlight: 1, concurrency: 2 }));
    const remove = nc.addComponent(handler);
    nc.addComponent(new HandMade(handlerFacts({ handled: 7, inFlight: 2, failed: 1, queue: "q" })));
    nc.addComponent(new HandMade(consumerFacts({ pending: 4, handled: 2 })));
    const removeConsumer = nc.addComponent(new HandMade(consumerFacts({ pending: 9, state: "recovering" })));
    const before = await Scrape.of(register);
    const handled = { handler: "orders.*", outcome: "handled" };
    expect(before.value("nats_handler_messages_total", handled)).toBe(12);
    expect(before.value("nats_handler_failures_total", { reason: "error" })).toBe(1);
    expect(before.value("nats_handler_in_flight")).toBe(3);
    expect(before.value("nats_handler_concurrency")).toBe(3);
    expect(before.value("nats_consumer_pending_messages")).toBe(9);
    expect(before.by("nats_consumer_state", "state")).toMatchObject({
      consuming: 1,
      recovering: 1,
      stopped: 0,
    });
    expect(before.value("nats_components", { kind: "handler", status: "working" })).toBe(2);
    handler.tell({ handled: 6 });
    remove();
    removeConsumer();
    const after = await Scrape.of(register);
    expect(after.lowerThan(before)).toEqual([]);
    expect(after.value("nats_handler_messages_total", handled)).toBe(13);
    expect(after.value("nats_handler_in_flight")).toBe(2);
    expect(after.value("nats_consumer_pending_messages")).toBe(4);
  });

  it("have no levels of those that are gone, and go on when there is one again", async () => {
    const facts = consumerFacts({ handled: 5, pending: 3 });
    const remove = nc.addComponent(new HandMade(facts));
    const before = await Scrape.of(register);
    remove();
    const between = await Scrape.of(register);
    expect(between.lowerThan(before)).toEqual([]);
    for (const level of ["pending_messages", "state", "in_flight", "last_message_timestamp_seconds"])
      expect(between.all(`nats_consumer_${level}`), level).toEqual([]);
    nc.addComponent(new HandMade({ ...facts, handled: 1 }));
    const after = await Scrape.of(register);
    expect(after.lowerThan(between)).toEqual([]);
    expect(after.value("nats_consumer_messages_total", { outcome: "handled" })).toBe(6);
  });

  it("of an outbox and of stream publishers", async () => {
    const none = await Scrape.of(register);
    expect(none.all("nats_outbox_messages")).toEqual([]);
    expect(none.value("nats_messages_recovered_total")).toBe(0);
    const levels = { messages: 1, bytes: 2, maxBytes: 3, oldestAge: 4_500, parked: 5 };
    const counts = { recovered: 6, stored: 7, confirmed: 8, expired: 9, refused: 10, lost: 11, failures: 12 };
    const flushes = { bounds: [1, 10], counts: [3, 2, 1], sum: 60, count: 6 };
    const outbox = new HandMade(outboxFacts({ ...levels, ...counts, flushes }));
    const remove = nc.addComponent(outbox);
    const work = { inFlight: 1, waiting: 2, acked: 3, duplicates: 4, retried: 5, failed: 6 };
    nc.addComponent(new HandMade(publisherFacts({ ...work, durations: flushes })));
    const before = await Scrape.of(register);
    const figures = (scrape: Scrape, family: string, names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, scrape.value(`nats_${family}_${name}`)]));
    const totals = {
      recovered_total: 6,
      stored_total: 7,
      confirmed_total: 8,
      expired_total: 9,
      refused_total: 10,
      lost_total: 11,
      commit_failures_total: 12,
      flush_duration_seconds_count: 6,
      flush_duration_seconds_sum: 0.06,
    };
    const all = {
      messages: 1,
      bytes: 2,
      max_bytes: 3,
      oldest_age_seconds: 4.5,
      parked_messages: 5,
      ...totals,
    };
    expect(figures(before, "outbox", Object.keys(all))).toEqual(all);
    const publisher = {
      in_flight: 1,
      waiting: 2,
      acked_total: 3,
      duplicates_total: 4,
      retries_total: 5,
      failures_total: 6,
      ack_duration_seconds_count: 6,
    };
    expect(figures(before, "stream_publisher", Object.keys(publisher))).toEqual(publisher);
    expect(before.value("nats_stream_publisher_acked_total", { publisher: "ORDERS" })).toBe(3);
    expect(before.value("nats_components", { kind: "outbox", status: "working" })).toBe(1);
    // Without a limit there is nothing that its size could be compared with.
    outbox.tell({ maxBytes: Number.POSITIVE_INFINITY });
    expect((await Scrape.of(register)).all("nats_outbox_max_bytes")).toEqual([]);
    remove();
    const after = await Scrape.of(register);
    expect(after.all("nats_outbox_messages")).toEqual([]);
    expect(figures(after, "outbox", Object.keys(totals))).toEqual(totals);
    expect(after.lowerThan(before)).toEqual([]);
  });

  it("are there with 0 from the beginning, so that increase() sees the first", async () => {
    for (const component of oneOfEach()) nc.addComponent(component);
    const scrape = await Scrape.of(register);
    const none = { handled: 0, dead_lettered: 0, discarded: 0 };
    expect(scrape.by("nats_handler_messages_total", "outcome")).toEqual(none);
    expect(scrape.by("nats_consumer_messages_total", "outcome")).toEqual(none);
    expect(scrape.by("nats_handler_failures_total", "reason")).toEqual({ error: 0, timeout: 0, invalid: 0 });
    expect(scrape.by("nats_consumer_acks_total", "kind")).toEqual({ ack: 0, nak: 0, term: 0 });
    expect(scrape.value("nats_request_breaker_opened_total")).toBe(0);
    expect(scrape.by("nats_request_breaker_state", "state")).toEqual({
      closed: 1,
      "half-open": 0,
      isolated: 0,
      open: 0,
    });
  });

  it("are of a bounded number, however many names and breakers there are", async () => {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const word = (i: number) => letters[i % 26] + letters[Math.floor(i / 26) % 26] + letters[i % 7];
    for (let i = 0; i < 600; i++) nc.addComponent(new HandMade(handlerFacts({ name: word(i), handled: 1 })));
    const breakers = Array.from({ length: 600 }, (_, i) => ({
      subject: word(i),
      state: "open" as const,
      opened: 1,
    }));
    nc.addComponent(new HandMade(policyFacts({ breakers })));
    const scrape = await Scrape.of(register);
    const handled = scrape.by("nats_handler_messages_total", "handler", { outcome: "handled" });
    expect(Object.keys(handled)).toHaveLength(101);
    expect(Object.values(handled).reduce((sum, n) => sum + n)).toBe(600);
    expect(scrape.all("nats_request_breaker_opened_total")).toHaveLength(101);
    const { body } = await (async () => {
      await using served = await serve(nc);
      return await askJson(served.url, "/health");
    })();
    expect(body).toMatchObject({ components: { length: 100 }, moreComponents: 501 });
  });

  it("are not harmed by a component that does not answer", async () => {
    nc.addComponent(MUTE);
    nc.addComponent(new HandMade(handlerFacts({ handled: 1 })));
    const scrape = await Scrape.of(register);
    expect(scrape.value("nats_handler_messages_total", { outcome: "handled" })).toBe(1);
    expect(scrape.value("nats_components", { kind: "other", status: "failing" })).toBe(1);
  });
});

describe("components on the dashboard", () => {
  it("are told with each sample, while somebody looks", async () => {
    const fake = new FakeConnection("orders");
    let asked = 0;
    const handler = new HandMade(handlerFacts({ handled: 41 }));
    const counting = {
      facts: () => {
        asked++;
        return handler.facts();
      },
    };
    fake.components = [counting, new HandMade(consumerFacts({ pending: 12 }))];
    const clock = new FakeClock();
    await using site = await DashboardSite.start([fake.nc], { clock });
    clock.pass(3_000);
    expect(asked).toBe(0);
    using reader = await site.read();
    await reader.next<Hello>("hello");
    handler.tell({ handled: 42 });
    clock.pass(1_000);
    const { connections } = await reader.next<Sample>("sample");
    expect(connections[0]).toMatchObject({
      components: [
        { kind: "handler", name: "orders.*", done: 42, lag: null },
        { kind: "consumer", name: "ORDERS/books", lag: 12 },
      ],
      moreComponents: 0,
    });
  });

  it("come through another process", async () => {
    const far = new FakeConnection("far");
    far.components = [new HandMade(handlerFacts({ handled: 42 }))];
    const [clock, farClock] = [new FakeClock(), new FakeClock()];
    await using farSite = await DashboardSite.start([far.nc], { clock: farClock });
    await using near = await DashboardSite.start([new FakeConnection().nc], {
      clock,
      peers: [{ url: farSite.url }],
    });
    using reader = await near.read("?process=2");
    await reader.next<Hello>("hello");
    farClock.pass(1_000);
    const { connections } = await reader.next<Sample>("sample");
    expect(connections[0].components).toMatchObject([{ kind: "handler", name: "orders.*", done: 42 }]);
  });
});

describe("what components must not tell", () => {
  it("is nowhere: credentials, customers, what applications throw", async () => {
    const subject = "customers.canary";
    const errors = [
      codedError("HANDLER_FAILED", `the handler of "${subject}" failed: canary`, { subject }),
      codedError("INVALID_MESSAGE", `the message on "${subject}" is invalid: canary`, { subject }),
      codedError("HANDLER_TIMEOUT", `the handler of "${subject}" has not settled`, { subject }),
      codedError("SERVICE_ERROR", "canary", { subject }),
      codedError("DEAD_LETTER_FAILED", `a message on "${subject}" could not be put to "dead"`, {
        subject: "dead",
      }),
      new Error("canary"),
    ];
    const register = new Registry();
    registerMetrics(nc, { register });
    for (const lastError of errors) {
      const failing = `the subscription is refused: Permissions Violation for Subscription to "${subject}"`;
      nc.addComponent(new HandMade(handlerFacts({ subject, lastError, failing })));
      nc.addComponent(
        new HandMade(consumerFacts({ lastError, unready: "nats://canary:canary@host is gone" })),
      );
      nc.report(lastError);
    }
    const clock = new FakeClock();
    await using site = await DashboardSite.start([nc], { clock });
    using reader = await site.read();
    await reader.next<Hello>("hello");
    clock.pass(1_000);
    await reader.next<Sample>("sample");
    await using served = await serve(nc);
    const health = await askJson(served.url, "/health");
    const ready = await askJson(served.url, "/health/ready");
    const texts = [JSON.stringify([health.body, ready.body]), await register.metrics(), reader.raw];
    for (const text of texts) {
      expect(text).toContain("ORDERS");
      expect(text).not.toContain("canary");
    }
  });
});
