import { setImmediate as turn } from "node:timers/promises";
import { Registry } from "prom-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { FAMILIES } from "../../src/observe/metrics/families.js";
import { registerMetrics } from "../../src/observe/metrics/register-metrics.js";
import { NatsServer } from "../../src/testing/server.js";
import { Outage } from "../support/outage.js";
import { publishNumbers } from "../support/publisher.js";
import { until } from "../support/until.js";
import { Scrape } from "./metrics-scrape.js";
import { oneOfEach } from "./support/components.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
let register: Registry;
beforeAll(async () => {
  server = await NatsServer.start({ user: "me", pass: "s3cr3t-canary" });
});
afterAll(() => server.close());
beforeEach(() => {
  register = new Registry();
});

const credentials = { user: "me", pass: "s3cr3t-canary" };
const state = (scrape: Scrape) =>
  scrape.all("nats_connection_state").find(({ value }) => value === 1)?.labels.state;

describe("a connection that ends", () => {
  it("is shown as closed, with its counters, until stop(); closed on purpose, it has not failed", async () => {
    const nc = await connect({ servers: server.url, ...credentials });
    const { stop } = registerMetrics(nc, { register, subjects: true });
    publishNumbers(nc, "a", 0, 7);
    await nc.flush();
    const before = await Scrape.of(register);
    await nc.close();
    const after = await Scrape.of(register);
    expect(state(after)).toBe("closed");
    expect(after.lowerThan(before)).toEqual([]);
    expect(after.value("nats_messages_confirmed_total")).toBe(7);
    expect(after.value("nats_client_connected")).toBe(0);
    expect(after.value("nats_connection_failed")).toBe(0);
    stop();
    expect(await register.metrics()).toBe("\n");
  });

  it("by an error has failed", async () => {
    await using outage = await Outage.prepare({ maxReconnectAttempts: 2 });
    registerMetrics(outage.nc, { register });
    await outage.server.kill();
    await outage.nc.closed();
    const scrape = await Scrape.of(register);
    expect(state(scrape)).toBe("closed");
    expect(scrape.value("nats_connection_failed")).toBe(1);
    expect(scrape.value("nats_disconnections_total")).toBe(1);
    expect(scrape.value("nats_disconnection_duration_seconds_count")).toBe(0);
  });

  it("can be scraped in every turn of its drain and its close", async () => {
    for (const how of ["drain", "close"] as const) {
      const nc = await connect({ servers: server.url, ...credentials });
      const { stop } = registerMetrics(nc, { register });
      nc.subscribe("a", { callback() {} });
      publishNumbers(nc, "a", 0, 1_000);
      let isOver = false;
      const end = nc[how]().then(() => {
        isOver = true;
      });
      const states = new Set<string | undefined>();
      let last = await Scrape.of(register);
      while (!isOver) {
        const scrape = await Scrape.of(register);
        expect(scrape.lowerThan(last)).toEqual([]);
        states.add(state(scrape));
        last = scrape;
        await turn();
      }
      await end;
      states.add(state(await Scrape.of(register)));
      expect(states.has("closed")).toBe(true);
      if (how === "drain") expect(states.has("draining")).toBe(true);
      stop();
    }
  });

  it("can be registered when it is over", async () => {
    const nc = await connect({ servers: server.url, ...credentials });
    await nc.close();
    registerMetrics(nc, { register, subjects: true });
    expect(state(await Scrape.of(register))).toBe("closed");
  });
});

describe("a connection that has never stood", () => {
  it("is shown with all series but that of the round trip", async () => {
    await using gone = await NatsServer.start();
    await gone.kill();
    await using nc = await connect({
      servers: gone.url,
      retryOnFailedConnect: true,
      closeTimeout: 1,
      ...EAGER,
    });
    registerMetrics(nc, { register });
    await until(() => nc.health().reconnectAttempts > 1, "attempts");
    for (const component of oneOfEach()) nc.addComponent(component);
    const scrape = await Scrape.of(register);
    const missing = FAMILIES.filter(({ name, type }) =>
      type === "histogram" ? scrape.all(`${name}_count`).length === 0 : scrape.all(name).length === 0,
    );
    expect(missing.map(({ name }) => name)).toEqual(["nats_ping_rtt_seconds"]);
    expect(state(scrape)).toBe("reconnecting");
    expect(scrape.value("nats_disconnections_total")).toBe(0);
  });
});

describe("figures of one scrape", () => {
  it("belong together, whatever is published meanwhile", async () => {
    await using nc = await connect({ servers: server.url, ...credentials });
    registerMetrics(nc, { register, subjects: true });
    for (let round = 0; round < 50; round++) {
      publishNumbers(nc, `a.${round % 3}x`, 0, 20);
      const scraping = Scrape.of(register);
      publishNumbers(nc, "b", 0, 10);
      const scrape = await scraping;
      const sum = (name: string) => scrape.all(name).reduce((all, { value }) => all + value, 0);
      const accepted = scrape.value("nats_client_messages_out_total");
      expect(accepted).toBe(20 + 30 * round);
      expect(sum("nats_messages_published_total")).toBe(accepted);
      const outcomes = ["confirmed", "refused", "dropped", "unconfirmed"];
      const ended = outcomes.reduce((all, name) => all + sum(`nats_messages_${name}_total`), 0);
      expect(ended + sum("nats_buffer_messages")).toBe(accepted);
    }
  });
});

describe("secrets", () => {
  it("are in no scrape: not those of URLs and options, and not in errors", async () => {
    const url = server.url.replace("nats://", "nats://me:s3cr3t-canary@");
    await using nc = await connect({ servers: [url], ...EAGER });
    await using other = await connect({ servers: server.url, ...credentials, name: "other" });
    registerMetrics([nc, other], { register, labels: { service: "s" }, subjects: true });
    nc.on("reconnecting", () => {
      throw new Error("s3cr3t-canary");
    });
    nc.publish("a", "s3cr3t-canary");
    const texts = [await register.metrics()];
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    texts.push(await register.metrics());
    await server.restart();
    await nc.flush();
    await other.flush();
    texts.push(await register.metrics(), JSON.stringify(await register.getMetricsAsJSON()));
    for (const text of texts) {
      expect(text).toContain("nats_client_info");
      expect(text).not.toMatch(/s3cr3t|canary/);
    }
    const thrown = new Scrape(texts[2]).all("nats_errors_total", { type: "UNKNOWN", connection: "nats" });
    expect(thrown[0].value).toBeGreaterThan(0);
  });
});

describe("errors by type", () => {
  it("count each failed authentication once", async () => {
    await using own = await NatsServer.start({ user: "me", pass: "old" });
    let pass = "old";
    const authenticator = () => ({ user: "me", pass });
    await using nc = await connect({ servers: own.url, authenticator, ignoreAuthErrorAbort: true, ...EAGER });
    registerMetrics(nc, { register });
    let refused = 0;
    nc.on("attemptFailed", (error) => {
      if ((error as Error & { code: string }).code === "AUTHORIZATION_VIOLATION") refused++;
      if (refused === 3) pass = "new";
    });
    const none = await Scrape.of(register);
    expect(none.value("nats_errors_total", { type: "AUTHORIZATION_VIOLATION" })).toBe(0);
    await own.reload({ pass: "new" });
    await until(() => refused >= 3 && nc.state === "connected", "the new password");
    const scrape = await Scrape.of(register);
    expect(scrape.value("nats_errors_total", { type: "AUTHORIZATION_VIOLATION" })).toBe(refused);
  });
});
