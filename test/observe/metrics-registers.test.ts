import { AggregatorRegistry, Counter, register as defaultRegister, Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { FAMILIES } from "../../src/observe/metrics/families.js";
import { registerMetrics } from "../../src/observe/metrics/register-metrics.js";
import { NatsServer } from "../../src/testing/server.js";
import { promtool } from "../support/promtool.js";
import { thrown } from "../support/until.js";
import { Scrape } from "./metrics-scrape.js";

let server: NatsServer;
const connections: Connection[] = [];
let register: Registry;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(() => {
  register = new Registry();
});
afterEach(async () => {
  for (const nc of connections.splice(0)) await nc.close();
});

async function connection(name?: string): Promise<Connection> {
  const nc = await connect({ servers: server.url, name });
  connections.push(nc);
  return nc;
}

const names = (given: { getMetricsAsArray(): { name: string }[] } = register) =>
  given.getMetricsAsArray().map(({ name }) => name);
const shown = async () => Object.keys((await Scrape.of(register)).by("nats_client_connected", "connection"));

describe("several connections in one register", () => {
  it("are told apart, also when they have one name or none", async () => {
    const [a, b] = [await connection("orders"), await connection("orders")];
    const [c, d, e] = [await connection(), await connection("orders-2"), await connection()];
    registerMetrics([a, b, c], { register });
    registerMetrics(d, { register, labels: { service: "other" } });
    registerMetrics(e, { register });
    for (const [count, nc] of connections.entries()) for (let i = 0; i <= count; i++) nc.publish("a");
    const scrape = await Scrape.of(register);
    expect(scrape.by("nats_messages_published_total", "connection")).toEqual({
      orders: 1,
      "orders-2": 2,
      nats: 3,
      "orders-2-2": 4,
      "nats-2": 5,
    });
    expect(scrape.value("nats_client_connected", { service: "other" })).toBe(1);
    expect(await promtool(["check", "metrics"], { input: scrape.text })).toEqual({ code: 0, output: "" });
  });

  it("come and go one by one; names that are free again are used again, and others stay", async () => {
    const [a, b, c] = [await connection("x"), await connection("x"), await connection("x")];
    const first = registerMetrics(a, { register });
    const second = registerMetrics(b, { register });
    first.stop();
    expect(await shown()).toEqual(["x-2"]);
    registerMetrics(c, { register });
    expect(await shown()).toEqual(["x-2", "x"]);
    second.stop();
    second.stop();
    expect(await shown()).toEqual(["x"]);
    registerMetrics(b, { register });
    expect(await shown()).toEqual(["x", "x-2"]);
    // It has ended before, and what is shown now is another's.
    second.stop();
    expect(await shown()).toEqual(["x", "x-2"]);
  });

  it("cannot be one and the same, but in another register or under another prefix", async () => {
    const nc = await connection("x");
    const other = await connection("y");
    const { stop } = registerMetrics(nc, { register });
    const error = thrown(() => registerMetrics([other, nc], { register }));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining('"x"') });
    expect(await shown()).toEqual(["x"]);
    registerMetrics(nc, { register, prefix: "again_" });
    registerMetrics(nc, { register: new Registry() });
    expect(names()).toHaveLength(2 * FAMILIES.length);
    stop();
    registerMetrics([other, nc], { register });
    expect(await shown()).toEqual(["y", "x"]);
  });
});

describe("what is registered", () => {
  it("goes with the last connection, exactly; what else is in the register stays", async () => {
    const own = new Counter({ name: "shop_orders_total", help: "Orders.", registers: [register] });
    own.inc(3);
    const [a, b] = [await connection("a"), await connection("b")];
    const both = [registerMetrics(a, { register }), registerMetrics(b, { register })];
    const prefixed = registerMetrics(a, { register, prefix: "shop_" });
    expect(names()).toHaveLength(1 + 2 * FAMILIES.length);
    both[0].stop();
    expect(names()).toHaveLength(1 + 2 * FAMILIES.length);
    both[1].stop();
    expect(names()).toEqual(["shop_orders_total", ...FAMILIES.map(({ name }) => `shop_${name}`)]);
    prefixed.stop();
    expect(await register.metrics()).toBe(
      "# HELP shop_orders_total Orders.\n# TYPE shop_orders_total counter\nshop_orders_total 3\n",
    );
  });

  it("is nothing when a name is taken by something else; what took it stays", async () => {
    const nc = await connection();
    const { name } = FAMILIES.at(-1)!;
    const taken = new Counter({ name, help: "Mine.", registers: [register] });
    const error = thrown(() => registerMetrics(nc, { register }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option: "register" });
    expect(error.message).toMatch(new RegExp(`has a metric ${name} already.*a prefix`));
    expect(names()).toEqual([name]);
    registerMetrics(nc, { register, prefix: "shop_" });
    expect(register.getSingleMetric(name)).toBe(taken);
  });

  it("is nothing when the register fails in the middle", async () => {
    const nc = await connection();
    let left = 5;
    const failing = Object.assign(new Registry(), {
      registerMetric(metric: never) {
        if (left-- === 0) throw new Error("full");
        Registry.prototype.registerMetric.call(this, metric);
      },
    });
    expect(thrown(() => registerMetrics(nc, { register: failing }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "register",
      cause: { message: "full" },
    });
    expect(names(failing)).toEqual([]);
    left = Number.POSITIVE_INFINITY;
    registerMetrics(nc, { register: failing });
    expect(names(failing)).toHaveLength(FAMILIES.length);
  });

  it("comes back after the register was cleared, and a stop() of before takes nobody else's away", async () => {
    const [a, b] = [await connection("a"), await connection("b")];
    const first = registerMetrics(a, { register });
    register.clear();
    const { name } = FAMILIES[0];
    const own = new Counter({ name, help: "Mine.", registers: [register] });
    first.stop();
    expect(register.getMetricsAsArray()).toEqual([own]);
    register.clear();
    const second = registerMetrics(a, { register });
    register.clear();
    registerMetrics(b, { register });
    expect(await shown()).toEqual(["a", "b"]);
    second.stop();
    expect(await shown()).toEqual(["b"]);
  });

  it("outlives resetMetrics(): what a connection has counted stays", async () => {
    const nc = await connection();
    registerMetrics(nc, { register });
    nc.publish("a");
    register.resetMetrics();
    expect((await Scrape.of(register)).value("nats_messages_published_total")).toBe(1);
  });

  it("goes into prom-client's own register when none is given", async () => {
    const nc = await connection("default");
    const { stop } = registerMetrics(nc);
    expect(await defaultRegister.getSingleMetricAsString("nats_client_connected")).toContain(
      'nats_client_connected{connection="default"} 1',
    );
    stop();
    expect(names(defaultRegister)).toEqual([]);
  });
});

describe("what prom-client does with it", () => {
  it("writes OpenMetrics, and the other format again", async () => {
    const nc = await connection("a");
    registerMetrics(nc, { register, subjects: true });
    nc.publish("a");
    const plain = await Scrape.of(register);
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    for (let times = 0; times < 2; times++) {
      const open = await Scrape.of(register);
      expect(open.text.endsWith("\n# EOF\n")).toBe(true);
      for (const { name, type } of FAMILIES) {
        const told = type === "counter" ? name.replace(/_total$/, "") : name;
        expect(open.types.get(told), name).toBe(type);
        expect(open.help.has(told), name).toBe(true);
      }
      expect(open.series.map(({ name }) => name)).toEqual(plain.series.map(({ name }) => name));
    }
    register.setContentType(Registry.PROMETHEUS_CONTENT_TYPE as never);
    const again = await Scrape.of(register);
    expect([...again.types]).toEqual([...plain.types]);
    expect(again.series.map(({ name }) => name)).toEqual(plain.series.map(({ name }) => name));
  });

  it("adds default labels, merges registers, and takes workers together", async () => {
    const [a, b] = [await connection("a"), await connection("b")];
    register.setDefaultLabels({ team: "red" });
    const second = new Registry();
    registerMetrics(a, { register });
    registerMetrics(b, { register: second, prefix: "b_" });
    a.publish("a");
    await a.flush();
    expect((await Scrape.of(register)).value("nats_client_connected", { team: "red" })).toBe(1);
    const merged = await Scrape.of(Registry.merge([register, second]));
    expect(merged.value("b_nats_client_connected", { connection: "b" })).toBe(1);

    const worker = await register.getMetricsAsJSON();
    const sums = await Scrape.of(AggregatorRegistry.aggregate([worker, worker]));
    expect(sums.value("nats_messages_published_total")).toBe(2);
    expect(sums.value("nats_publish_latency_seconds_count")).toBe(2);
    expect(sums.value("nats_client_info")).toBe(1);
    const { rtt } = a.health();
    expect(sums.value("nats_ping_rtt_seconds")).toBeCloseTo(rtt! / 1000, 9);
  });

  it("escapes what is in labels, and nothing else comes of it", async () => {
    const name = 'a "b"\\\n# HELP x y\nc{d="e"} 1 \u00e9\u{1f600}\ud800';
    const nc = await connection(name);
    registerMetrics(nc, { register, labels: { service: name }, subjects: { normalize: () => name } });
    nc.publish("a");
    const scrape = await Scrape.of(register);
    const wellFormed = name.toWellFormed();
    for (const { labels } of scrape.series)
      expect([labels.connection, labels.service]).toEqual([wellFormed, wellFormed]);
    expect(scrape.by("nats_messages_published_total", "subject")).toEqual({ [wellFormed]: 1 });
    expect(await promtool(["check", "metrics"], { input: scrape.text })).toEqual({ code: 0, output: "" });
  });
});
