import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import type { MetricsOptions } from "../../src/observe/metrics/options.js";
import { registerMetrics } from "../../src/observe/metrics/register-metrics.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectNoProblems } from "../support/problems.js";
import { Scrape } from "./metrics-scrape.js";

let server: NatsServer;
let nc: Connection;
let register: Registry;
beforeAll(async () => {
  server = await NatsServer.start({ jetstream: true });
});
afterAll(() => server.close());
beforeEach(async () => {
  nc = await connect({ servers: server.url });
  register = new Registry();
});
afterEach(() => nc.close());
expectNoProblems();

function publish(...subjects: string[]): void {
  for (const subject of subjects) nc.publish(subject);
}

async function counts(): Promise<Record<string, number>> {
  const scrape = await Scrape.of(register);
  const found = scrape.by("nats_messages_published_total", "subject");
  const sum = Object.values(found).reduce((all, count) => all + count, 0);
  expect(sum, "all together").toBe(nc.stats().accepted);
  return found;
}

const show = (subjects: MetricsOptions["subjects"]) => registerMetrics(nc, { register, subjects });

describe("messages by subject", () => {
  it("are not told unless asked for", async () => {
    for (const subjects of [undefined, false]) {
      const { stop } = show(subjects);
      publish("a", "b");
      const all = (await Scrape.of(register)).all("nats_messages_published_total");
      expect(all).toEqual([
        { name: "nats_messages_published_total", labels: { connection: "nats" }, value: nc.stats().accepted },
      ]);
      stop();
    }
  });

  it("are told by normalizeSubject, unless something else is given", async () => {
    const { stop } = show(true);
    publish("orders.17", "orders.18", "orders.550e8400-e29b-41d4-a716-446655440000", "a");
    await nc.request("$JS.API.INFO");
    expect(await counts()).toEqual({ "orders.{id}": 2, "orders.{uuid}": 1, a: 1, "$JS.API.INFO": 1 });
    stop();
    show({ normalize: (subject) => subject.split(".")[0] });
    publish("orders.17", "b.1");
    // What was before belongs to nobody here.
    expect(await counts()).toEqual({ orders: 1, b: 1, other: 5 });
  });

  it("have no more names than the limit, and never fewer messages than before", async () => {
    show({ normalize: (subject) => subject, limit: 3 });
    const subjects = Array.from({ length: 50 }, (_, i) => `s${i}`);
    let before = await Scrape.of(register);
    for (let round = 0; round < 5; round++) {
      publish(...subjects, ...subjects.slice(0, 5));
      const scrape = await Scrape.of(register);
      expect(scrape.lowerThan(before)).toEqual([]);
      before = scrape;
    }
    expect(await counts()).toEqual({ s0: 10, s1: 10, s2: 10, other: 245 });
  });

  it("are 100 names by default", async () => {
    show({ normalize: (subject) => subject });
    publish(...Array.from({ length: 500 }, (_, i) => `s${i}`));
    expect(Object.keys(await counts())).toHaveLength(101);
  });

  it("are other when the function throws, or gives no name", async () => {
    const answers: (() => unknown)[] = [
      () => undefined,
      () => null,
      () => 17,
      () => "",
      () => ({}),
      () => Symbol("x"),
      () => "x".repeat(257),
      () => "x".repeat(10_240),
      () => Promise.reject(new Error("no")),
      () => Promise.resolve("a"),
      () => new String("a"),
      () => {
        throw new Error("no");
      },
      () => "x".repeat(256),
    ];
    show({ normalize: (subject) => answers[Number(subject)]() as string });
    publish(...Array.from(answers.keys(), String));
    expect(await counts()).toEqual({ ["x".repeat(256)]: 1, other: answers.length - 1 });
  });

  it("are one series for names that are one on the wire", async () => {
    show({ normalize: (subject) => (subject === "a" ? "x\ud800" : "x\udfff") });
    publish("a", "b");
    expect(await counts()).toEqual({ "x\ufffd": 2 });
  });

  it("may be called other by the function, too", async () => {
    show({ normalize: (subject) => (subject === "a" ? "other" : "") });
    publish("a", "b", "c");
    expect(await counts()).toEqual({ other: 3 });
  });

  it("cost a function nothing per message: it is called once for each subject and scrape", async () => {
    let calls = 0;
    show({
      normalize: (subject) => {
        calls++;
        return subject;
      },
    });
    for (let i = 0; i < 1_000; i++) publish("a", "b");
    expect(calls).toBe(0);
    await counts();
    await counts();
    expect(calls).toBe(2);
    publish("a");
    await counts();
    expect(calls).toBe(3);
  });

  it("are told to several who ask, each by its own names", async () => {
    show({ normalize: (subject) => subject });
    registerMetrics(nc, { register, prefix: "p_", subjects: { normalize: () => "all" } });
    publish("a", "b");
    expect(await counts()).toEqual({ a: 1, b: 1 });
    const scrape = await Scrape.of(register);
    expect(scrape.by("p_nats_messages_published_total", "subject")).toEqual({ all: 2 });
  });
});
