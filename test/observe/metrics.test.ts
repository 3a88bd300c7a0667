import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { FAMILIES } from "../../src/observe/metrics/families.js";
import { registerMetrics } from "../../src/observe/metrics/register-metrics.js";
import { Observation } from "../../src/observe/observation.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { Outage } from "../support/outage.js";
import { promtool } from "../support/promtool.js";
import { publishNumbers } from "../support/publisher.js";
import { until } from "../support/until.js";
import { Scrape } from "./metrics-scrape.js";
import { oneOfEach } from "./support/components.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());

describe("a scrape [M1]", () => {
  it("has every metric of the table, with its type, help and labels, and promtool has nothing to say", async () => {
    await using nc = await connect({ servers: server.url, name: "orders" });
    const register = new Registry();
    registerMetrics(nc, { register, labels: { service: "shop" }, subjects: true });
    for (const component of oneOfEach()) nc.addComponent(component);
    nc.publish("a.17", "x");
    await nc.flush();
    const scrape = await Scrape.of(register);
    for (const { name, type, help, labels } of FAMILIES) {
      expect(scrape.types.get(name), name).toBe(type);
      expect(scrape.help.get(name), name).toBe(help);
      const series = scrape.all(type === "histogram" ? `${name}_bucket` : name);
      expect(series.length, name).toBeGreaterThan(0);
      const own = type === "histogram" ? [...labels, "le"] : labels;
      for (const one of series)
        expect(Object.keys(one.labels).toSorted(), name).toEqual(
          ["connection", "service", ...own].toSorted(),
        );
    }
    expect(scrape.types.size).toBe(FAMILIES.length);
    const services = new Set(scrape.series.map(({ labels }) => `${labels.connection} ${labels.service}`));
    expect([...services]).toEqual(["orders shop"]);
    expect(await promtool(["check", "metrics"], { input: scrape.text })).toEqual({ code: 0, output: "" });
  });

  it("tells the truth before, in and after an outage, and no counter goes down", async () => {
    await using outage = await Outage.prepare({ reconnectBufSize: 10_000 });
    const { nc } = outage;
    const register = new Registry();
    registerMetrics(nc, { register });
    publishNumbers(nc, "a", 0, 10);
    await nc.flush();
    const before = await Scrape.of(register);
    expect(before.by("nats_connection_state", "state")).toEqual({
      disconnected: 0,
      connecting: 0,
      connected: 1,
      reconnecting: 0,
      draining: 0,
      closed: 0,
    });
    expect(before.value("nats_client_connected")).toBe(1);
    expect(before.value("nats_messages_published_total")).toBe(10);
    expect(before.value("nats_messages_confirmed_total")).toBe(10);
    expect(before.value("nats_publish_latency_seconds_count")).toBe(10);
    expect(before.value("nats_client_messages_in_total")).toBe(10);
    expect(before.value("nats_client_bytes_out_total")).toBe(10);
    expect(before.value("nats_buffer_limit_bytes")).toBe(64 * 1024 * 1024);
    expect(before.value("nats_disconnections_total")).toBe(0);
    expect(before.value("nats_ping_rtt_seconds")).toBeCloseTo(nc.health().rtt! / 1000, 3);
    expect(before.value("nats_client_info", { server: outage.server.hostport })).toBe(1);

    await outage.begin();
    publishNumbers(nc, "a", 10, 30);
    await until(() => Observation.of(nc).attempts.failed >= 2, "attempts");
    const during = await Scrape.of(register);
    expect(during.lowerThan(before)).toEqual([]);
    expect(during.by("nats_connection_state", "state")).toMatchObject({ connected: 0, reconnecting: 1 });
    expect(during.value("nats_client_connected")).toBe(0);
    expect(during.value("nats_connection_failed")).toBe(0);
    expect(during.value("nats_disconnections_total")).toBe(1);
    expect(during.value("nats_reconnections_total")).toBe(0);
    const failed = during.value("nats_reconnect_attempts_total", { result: "failure" });
    expect(failed).toBeGreaterThanOrEqual(2);
    // The link's own, and one for each attempt: a server that is just going may reset a connection rather than refuse it.
    const errors = during.by("nats_errors_total", "type");
    expect(errors.CONNECTION_REFUSED).toBeGreaterThan(0);
    expect(Object.values(errors).reduce((sum, n) => sum + n)).toBe(1 + failed!);
    const { bytes, limit, messages } = nc.buffered;
    expect([messages, limit]).toEqual([20, 10_000]);
    expect(during.value("nats_buffer_size_bytes")).toBe(bytes);
    expect(during.value("nats_buffer_limit_bytes")).toBe(limit);
    expect(during.value("nats_buffer_messages")).toBe(20);
    expect(during.value("nats_buffer_ratio")).toBeCloseTo(nc.buffered.ratio, 3);
    expect(during.value("nats_buffer_oldest_age_seconds")).toBeGreaterThan(0);
    expect(during.value("nats_ping_rtt_seconds")).toBeUndefined();
    const { version } = before.all("nats_client_info")[0].labels;
    const gone = { server: "", server_name: "", server_version: "", cluster: "", version };
    expect(during.all("nats_client_info").map(({ labels }) => labels)).toEqual([
      { connection: "nats", ...gone },
    ]);

    const ends: number[] = [];
    nc.on("reconnect", ({ downtime }) => ends.push(downtime));
    await outage.end();
    await until(() => outage.got.length === 30, "all messages");
    const after = await Scrape.of(register);
    expect(after.lowerThan(during)).toEqual([]);
    expect(after.by("nats_connection_state", "state")).toMatchObject({ connected: 1, reconnecting: 0 });
    expect(after.value("nats_reconnections_total")).toBe(1);
    expect(after.value("nats_client_reconnect_total")).toBe(1);
    expect(after.value("nats_reconnect_attempts_total", { result: "success" })).toBe(1);
    expect(after.value("nats_disconnection_duration_seconds_count")).toBe(1);
    expect(after.value("nats_disconnection_duration_seconds_sum")).toBeCloseTo(ends[0] / 1000, 9);
    const buckets = after.by("nats_disconnection_duration_seconds_bucket", "le");
    expect(after.all("nats_disconnection_duration_seconds_bucket").map(({ labels }) => labels.le)).toEqual([
      "0.1",
      "0.5",
      "1",
      "5",
      "10",
      "30",
      "60",
      "120",
      "+Inf",
    ]);
    for (const [le, count] of Object.entries(buckets))
      expect(count, le).toBe(le === "+Inf" || ends[0] <= Number(le) * 1000 ? 1 : 0);
    const stats = expectBalanced(nc);
    expect(after.value("nats_messages_published_total")).toBe(stats.accepted);
    expect(after.value("nats_messages_confirmed_total")).toBe(stats.confirmed);
    expect(after.value("nats_messages_replayed_total")).toBe(stats.replayed);
    expect(after.value("nats_publish_latency_seconds_count")).toBe(30);
    expect(after.value("nats_publish_latency_seconds_sum")).toBeGreaterThan(0);
    expect(after.value("nats_buffer_messages")).toBe(0);
  });

  it("of many servers, one after the other, has no more series than of one", async () => {
    await using cluster = await NatsCluster.start();
    await using nc = await connect({ servers: cluster.urls, noRandomize: true });
    const register = new Registry();
    registerMetrics(nc, { register });
    const { length } = (await Scrape.of(register)).series;
    const seen = new Set<string>();
    for (let moves = 1; moves <= 4; moves++) {
      await nc.reconnect();
      await until(() => Observation.of(nc).moves === moves, "a move");
      const scrape = await Scrape.of(register);
      expect(scrape.series.length).toBe(length);
      expect(scrape.value("nats_moves_total")).toBe(moves);
      seen.add(scrape.all("nats_client_info")[0].labels.server);
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  it("tells what was dropped and rejected, and why", async () => {
    await using outage = await Outage.prepare({ overflow: "drop-oldest", maxBufferedMessages: 5 });
    const { nc } = outage;
    const register = new Registry();
    registerMetrics(nc, { register });
    const none = (await Scrape.of(register)).by("nats_messages_dropped_total", "reason");
    expect(none).toEqual(nc.stats().dropReasons);
    expect(Object.keys(none).length).toBeGreaterThan(5);
    await outage.begin();
    publishNumbers(nc, "a", 0, 12);
    const scrape = await Scrape.of(register);
    expect(scrape.by("nats_messages_dropped_total", "reason")).toEqual({ ...none, "drop-oldest": 7 });
    expect(scrape.value("nats_buffer_ratio")).toBe(1);
    await outage.end();
  });

  it("tells what the server refused, and slow subscriptions", async () => {
    const config = `authorization { users: [{ user: u, password: p, permissions: { publish: { deny: ["denied"] } } }] }`;
    await using limited = await NatsServer.start({ config });
    await using nc = await connect({ servers: limited.url, user: "u", pass: "p" });
    const register = new Registry();
    registerMetrics(nc, { register });
    nc.publish("denied");
    nc.publish("denied");
    const sub = nc.subscribe("slow", { slow: 10 });
    publishNumbers(nc, "slow", 0, 100);
    await nc.flush();
    const scrape = await Scrape.of(register);
    expect(scrape.value("nats_slow_consumers_total")).toBe(1);
    expect(scrape.value("nats_slow_subscriptions")).toBe(1);
    expect(scrape.value("nats_messages_refused_total")).toBe(2);
    expect(scrape.value("nats_errors_total", { type: "PERMISSIONS_VIOLATION" })).toBe(2);
    sub.unsubscribe();
    await until(() => sub.isClosed(), "the end of the subscription");
    const later = await Scrape.of(register);
    expect(later.value("nats_slow_consumers_total")).toBe(1);
    expect(later.value("nats_slow_subscriptions")).toBe(0);
  });
});
