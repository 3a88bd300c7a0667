import { context, metrics, propagation, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Connection, connect, type Msg } from "../../src/index.js";
import { type InstrumentOptions, instrument } from "../../src/observe/otel/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { rejection, until } from "../support/until.js";
import { Collected, useContextManager } from "./otel-collected.js";
import {
  consumerFacts,
  HandMade,
  handlerFacts,
  outboxFacts,
  policyFacts,
  publisherFacts,
} from "./support/components.js";

let server: NatsServer;
let manager: { disable(): void };
beforeAll(async () => {
  manager = useContextManager();
  server = await NatsServer.start();
});
afterAll(async () => {
  await server?.close();
  manager.disable();
});

/** A real SDK; nothing is exported, everything is collected by hand. */
let reader: PeriodicExportingMetricReader;
let meterProvider: MeterProvider;
let nc: Connection;
beforeEach(async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  meterProvider = new MeterProvider({ readers: [reader] });
  nc = await connect({ servers: server.url, name: "orders", reconnectTimeWait: 20 });
});
afterEach(async () => {
  await nc.close();
  await meterProvider.shutdown();
});

/** The series: name of the metric, its own attributes as text, value. */
type Series = Record<string, Record<string, number | Histogram>>;

const COMMON = [
  "messaging.system",
  "messaging.system.name",
  "messaging.client.id",
  "messaging.operation.type",
];

async function collect(): Promise<Series> {
  const { resourceMetrics, errors }: CollectionResult = await reader.collect();
  expect(errors).toEqual([]);
  const series: Series = {};
  for (const scope of resourceMetrics.scopeMetrics) {
    for (const { descriptor, dataPoints } of scope.metrics) {
      series[descriptor.name] ??= {};
      for (const { attributes, value } of dataPoints) {
        const own = Object.entries(attributes).filter(([name]) => !COMMON.includes(name));
        series[descriptor.name][own.map(([name, text]) => `${name}=${text}`).join(" ")] = value as number;
      }
    }
  }
  return series;
}

const options = (more: InstrumentOptions = {}): InstrumentOptions => ({
  meterProvider,
  traces: false,
  ...more,
});

it("are read from the connection when they are collected", async () => {
  instrument(nc, options());
  nc.subscribe("a", { callback: () => {} });
  nc.publish("a", "hello");
  nc.publish("a", "hello");
  await nc.flush();
  await nc.rtt();
  const series = await collect();
  const { port } = new URL(server.url);
  const stats = nc.stats();
  expect(stats.inMsgs).toBe(2);
  expect(series).toMatchObject({
    "messaging.client.sent.messages": { "messaging.operation.name=publish": stats.confirmed },
    "messaging.client.consumed.messages": { "messaging.operation.name=receive": 2 },
    "nats.client.sent.bytes": { "": stats.confirmedBytes },
    "nats.client.consumed.bytes": { "": 10 },
    "nats.client.accepted.messages": { "": stats.accepted },
    "nats.client.rejected.messages": { "": 0 },
    "nats.client.replayed.messages": { "": 0 },
    "nats.client.confirmed.messages": { "": stats.confirmed },
    "nats.client.buffer.utilization": { "": 0 },
    "nats.client.slow_subscriptions": { "": 0 },
    "nats.client.connection.state": {
      "nats.client.connection.state=connected": 1,
      "nats.client.connection.state=reconnecting": 0,
      "nats.client.connection.state=closed": 0,
    },
    "nats.client.disconnects": { "": 0 },
    "nats.client.reconnects": { "": 0 },
    "nats.client.buffer.usage": { "": 0 },
    "nats.client.buffer.limit": { "": nc.buffered.limit },
    "nats.client.buffer.messages": { "": 0 },
    "nats.client.rtt": { "": nc.health().rtt! / 1000 },
    "nats.client.confirmations": { "": 2 },
  });
  expect(series["nats.client.confirmation.time"][""]).toBeGreaterThan(0);
  expect(Object.keys(series["nats.client.connection.state"]).length).toBe(6);
  const [info] = Object.keys(series["nats.client.info"]);
  expect(info).toMatch(
    `nats.server.version=${nc.info!.version} server.address=127.0.0.1 server.port=${port}`,
  );
});

it("tell of handlers, consumers and policies, and that one is gone", async () => {
  instrument(nc, options());
  const none = await collect();
  expect(none["nats.handler.messages"]).toBeUndefined();
  expect(none["nats.components"]["nats.component.kind=handler nats.component.status=working"]).toBe(0);
  const durations = { bounds: [10], counts: [3, 1], sum: 1_500, count: 4 };
  const work = { handled: 3, timedOut: 1, inFlight: 2, durations };
  nc.addComponent(new HandMade(handlerFacts(work)));
  const remove = nc.addComponent(
    new HandMade(consumerFacts({ ...work, acked: 3, pending: 7, state: "recovering" })),
  );
  const breakers = [{ subject: "a.17", state: "open", opened: 2 }] as const;
  nc.addComponent(new HandMade(policyFacts({ calls: 5, breakers })));
  const handler = "nats.handler.name=orders.*";
  const consumer = "nats.stream.name=ORDERS nats.consumer.name=books";
  const breaker = "nats.policy.name=prices nats.breaker.subject=a.{id}";
  const series = await collect();
  expect(series).toMatchObject({
    "nats.components": { "nats.component.kind=handler nats.component.status=working": 1 },
    "nats.handler.messages": { [`${handler} nats.message.outcome=handled`]: 3 },
    "nats.handler.failures": { [`${handler} nats.failure.reason=timeout`]: 1 },
    "nats.handler.in_flight": { [handler]: 2 },
    "nats.handler.tries": { [handler]: 4 },
    "nats.handler.time": { [handler]: 1.5 },
    "nats.consumer.state": { [`${consumer} nats.consumer.state=recovering`]: 1 },
    "nats.consumer.pending": { [consumer]: 7 },
    "nats.consumer.acks": { [`${consumer} nats.consumer.ack.kind=ack`]: 3 },
    "nats.consumer.last_message": { [consumer]: 1_760_000_000 },
    "nats.policy.requests": { "nats.policy.name=prices": 5 },
    "nats.breaker.state": { [`${breaker} nats.breaker.state=open`]: 1 },
    "nats.breaker.opened": { [breaker]: 2 },
  });
  for (const text of Object.values(series).flatMap(Object.keys)) expect(text).not.toContain("undefined");
  expect(Object.keys(series["nats.consumer.in_flight"])).toEqual([consumer]);
  remove();
  const after = await collect();
  expect(after).toMatchObject({
    "nats.consumer.messages": { [`${consumer} nats.message.outcome=handled`]: 3 },
    "nats.consumer.state": { [`${consumer} nats.consumer.state=recovering`]: 0 },
    "nats.consumer.pending": { [consumer]: 0 },
    "nats.handler.in_flight": { [handler]: 2 },
  });
});

it("tell of an outbox and of stream publishers", async () => {
  instrument(nc, options());
  expect((await collect())["nats.client.recovered.messages"]).toEqual({ "": 0 });
  const times = { bounds: [10], counts: [3, 1], sum: 1_500, count: 4 };
  const levels = { messages: 1, parked: 2, bytes: 3, maxBytes: 4, oldestAge: 5_500 };
  const counts = { recovered: 6, stored: 7, confirmed: 8, expired: 9, refused: 10, lost: 11, failures: 12 };
  const remove = nc.addComponent(new HandMade(outboxFacts({ ...levels, ...counts, flushes: times })));
  const work = { inFlight: 1, waiting: 2, acked: 3, duplicates: 4, retried: 5, failed: 6 };
  nc.addComponent(new HandMade(publisherFacts({ ...work, durations: times })));
  const of = "nats.publisher.name=ORDERS";
  expect(await collect()).toMatchObject({
    "nats.outbox.messages": { "": 1 },
    "nats.outbox.parked": { "": 2 },
    "nats.outbox.usage": { "": 3 },
    "nats.outbox.limit": { "": 4 },
    "nats.outbox.oldest_age": { "": 5.5 },
    "nats.outbox.recovered": { "": 6 },
    "nats.outbox.stored": { "": 7 },
    "nats.outbox.confirmed": { "": 8 },
    "nats.outbox.expired": { "": 9 },
    "nats.outbox.refused": { "": 10 },
    "nats.outbox.lost": { "": 11 },
    "nats.outbox.commit_failures": { "": 12 },
    "nats.outbox.flushes": { "": 4 },
    "nats.outbox.flush_time": { "": 1.5 },
    "nats.publisher.in_flight": { [of]: 1 },
    "nats.publisher.waiting": { [of]: 2 },
    "nats.publisher.acked": { [of]: 3 },
    "nats.publisher.duplicates": { [of]: 4 },
    "nats.publisher.retries": { [of]: 5 },
    "nats.publisher.failures": { [of]: 6 },
    "nats.publisher.acks": { [of]: 4 },
    "nats.publisher.ack_time": { [of]: 1.5 },
  });
  remove();
  expect(await collect()).toMatchObject({
    "nats.outbox.messages": { "": 0 },
    "nats.outbox.stored": { "": 7 },
  });
});

it("tell of an outage: its length, attempts, errors, and what was given up", async () => {
  await using mortal = await NatsServer.start();
  await nc.close();
  nc = await connect({ servers: mortal.url, reconnectTimeWait: 20 });
  instrument(nc, options());
  await mortal.term();
  await until(() => nc.state === "reconnecting", "the outage");
  nc.publish("a", "x", { ttl: 1 });
  await until(() => nc.health().reconnectAttempts > 1, "an attempt");
  const during = await collect();
  expect(during["nats.client.connection.state"]["nats.client.connection.state=reconnecting"]).toBe(1);
  expect(during["nats.client.rtt"]).toBeUndefined();
  expect(during["nats.client.disconnection.duration"]).toBeUndefined();
  await mortal.restart();
  await until(() => nc.state === "connected", "the connection");
  await until(() => nc.stats().dropped === 1, "the drop");
  const series = await collect();
  expect(series["nats.client.disconnects"]).toEqual({ "": 1 });
  expect(series["nats.client.reconnects"]).toEqual({ "": 1 });
  const attempts = series["nats.client.reconnect.attempts"];
  expect(attempts["nats.client.attempt.result=success"]).toBe(1);
  expect(attempts["nats.client.attempt.result=failure"]).toBeGreaterThan(0);
  expect(series["nats.client.errors"]["error.type=CONNECTION_REFUSED"]).toBeGreaterThan(0);
  expect(series["nats.client.dropped.messages"]["nats.client.drop.reason=ttl"]).toBe(1);
  const downtime = series["nats.client.disconnection.duration"][""] as Histogram;
  expect(downtime.count).toBe(1);
  expect(downtime.sum).toBeGreaterThan(0);
  expect(downtime.buckets.boundaries).toEqual([0.1, 0.5, 1, 5, 10, 30, 60, 120]);
});

it("measure requests, confirmed publishes and handlers, by template and error", async () => {
  const template = (subject: string) => (subject.startsWith("orders.") ? "orders.{id}" : undefined);
  instrument(nc, options({ template }));
  nc.on("error", () => {});
  nc.subscribe("orders.*", {
    queue: "workers",
    callback: async (_, msg) => {
      msg.respond("ok");
      if (msg.subject === "orders.2") throw new TypeError("broken");
    },
  });
  await nc.request("orders.1");
  await nc.request("orders.2");
  await rejection(nc.request("nobody"));
  await nc.publishConfirmed("orders.3");
  await nc.flush();
  const series = await collect();
  const counts = (name: string) =>
    Object.entries(series[name]).map(([attributes, value]) => [
      attributes.replace(/ ?server\.(address|port)=\S+/g, ""),
      (value as Histogram).count,
    ]);
  expect(counts("messaging.client.operation.duration")).toEqual([
    ["messaging.operation.name=request messaging.destination.template=orders.{id}", 2],
    ["messaging.operation.name=request error.type=NO_RESPONDERS", 1],
    ["messaging.operation.name=publish messaging.destination.template=orders.{id}", 1],
  ]);
  const process = "messaging.operation.name=process messaging.destination.template=orders.{id}";
  expect(counts("messaging.process.duration")).toEqual([
    [`${process} messaging.consumer.group.name=workers`, 2],
    [`${process} messaging.consumer.group.name=workers error.type=TypeError`, 1],
  ]);
  const [{ buckets }] = Object.values(series["messaging.process.duration"]) as Histogram[];
  expect(buckets.boundaries).toEqual([
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ]);
});

it("put nothing into messages when there are no spans, nor the handler into another context", async () => {
  await using collected = new Collected();
  const got: unknown[] = [];
  const active: unknown[] = [];
  propagation.setGlobalPropagator(collected.propagator);
  await collected.within("outer", async (outer) => {
    await using early = await connect({ servers: server.url });
    instrument(early, options());
    const callback = (_: Error | null, msg: Msg) => {
      got.push(msg.headers);
      active.push(trace.getSpan(context.active()));
    };
    early.subscribe("a", { callback });
    early.publish("a");
    await early.publishConfirmed("a");
    await early.request("a", "x", { timeout: 20 }).catch(() => {});
    await until(() => got.length === 3, "all");
    expect(got).toEqual([undefined, undefined, undefined]);
    // As without: what was active where the connection was made.
    expect(active).toEqual([outer, outer, outer]);
    expect(Object.hasOwn(early, "publish")).toBe(false);
  });
  propagation.disable();
});

it("tell connections apart, also those with one name; a name is free again after the end", async () => {
  const other = await connect({ servers: server.url, name: "orders" });
  await using nameless = await connect({ servers: server.url });
  for (const each of [nc, other, nameless]) instrument(each, options());
  expect(await ids()).toEqual(["holdfast", "orders", "orders-2"]);
  await other.close();
  await ids();
  await until(() => !Object.hasOwn(other, "request"), "the end");
  await using third = await connect({ servers: server.url, name: "orders" });
  instrument(third, options()).stop();
  instrument(third, options());
  expect(await ids()).toEqual(["holdfast", "orders", "orders-2"]);
});

/** The connections that are told of. */
async function ids(): Promise<unknown[]> {
  const { resourceMetrics } = await reader.collect();
  const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  const state = all.find(({ descriptor }) => descriptor.name === "nats.client.connection.state")!;
  if (state.dataPointType !== DataPointType.SUM) throw new Error("no sum");
  return [...new Set(state.dataPoints.map(({ attributes }) => attributes["messaging.client.id"]))].toSorted();
}

it("are told once when the connection is closed, and read no more", async () => {
  let looks = 0;
  const health = nc.health.bind(nc);
  nc.health = () => {
    looks++;
    return health();
  };
  instrument(nc, options());
  await nc.close();
  looks = 0;
  const series = await collect();
  expect(series["nats.client.connection.state"]["nats.client.connection.state=closed"]).toBe(1);
  expect(looks).toBe(1);
  await collect();
  expect(looks).toBe(1);
});

it("of a connection that was stopped are read no more", async () => {
  let looks = 0;
  const health = nc.health.bind(nc);
  nc.health = () => {
    looks++;
    return health();
  };
  const on = instrument(nc, options());
  looks = 0;
  await collect();
  expect(looks).toBe(1);
  on.stop();
  await collect();
  expect(looks).toBe(1);
});

it("name one server as the one in use", async () => {
  await using first = await NatsServer.start();
  await nc.close();
  // Told of both at once, it would be at the other one where the first takes its time to answer.
  nc = await connect({ servers: first.url, noRandomize: true, reconnectTimeWait: 20 });
  nc.setServers([first.url, server.url]);
  instrument(nc, options());
  const used = async () =>
    Object.entries((await collect())["nats.client.info"])
      .filter(([, value]) => value === 1)
      .map(([attributes]) => attributes.replace(/.*server.port=/, ""));
  expect(await used()).toEqual([new URL(first.url).port]);
  await first.term();
  await until(() => nc.getServer().endsWith(new URL(server.url).port), "the other server");
  await until(() => nc.health().reconnectCount === 1, "the reconnect");
  expect(await used()).toEqual([new URL(server.url).port]);
});

it("use the provider that is registered; without one there is nothing", async () => {
  const plain = await connect({ servers: server.url });
  const on = instrument(plain, { traces: false });
  expect(await ids().catch(() => [])).toEqual([]);
  on.stop();
  metrics.setGlobalMeterProvider(meterProvider);
  try {
    instrument(plain, { traces: false });
    expect(await ids()).toEqual(["holdfast"]);
  } finally {
    metrics.disable();
    await plain.close();
  }
});

it("a meter that throws harms nobody", async () => {
  const fail = () => {
    throw new Error("broken");
  };
  const record = { record: fail };
  const meter = new Proxy({}, { get: (_, name) => (name === "createHistogram" ? () => record : fail) });
  for (const broken of [meter, new Proxy({}, { get: () => fail })]) {
    const on = instrument(nc, { meter: broken as never, traces: false });
    nc.subscribe("a", { callback: (_, msg) => msg.respond("ok") });
    expect((await nc.request("a")).string()).toBe("ok");
    on.stop();
  }
});
