import { afterAll, beforeAll, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { Examples } from "../support/examples.js";
import { until } from "../support/until.js";

let examples: Examples;
beforeAll(async () => {
  examples = await Examples.make();
}, 60_000);
afterAll(() => examples?.[Symbol.asyncDispose]());

it("connection-manager pauses intake in an outage, resumes behind it, and moves before a server is gone", async () => {
  await using cluster = await NatsCluster.start({ size: 3 });
  const member = (at: string) => cluster.servers.find(({ hostport }) => hostport === at)!;
  const first = cluster.servers[0]!;
  const example = examples.start("patterns/connection-manager", {
    servers: first.url,
    env: { NATS_LAME_DUCK_JITTER: "50" },
  });
  const [, added] = await example.says(/^the cluster has changed: added \[(.*)\], deleted \[\]$/);
  expect(added!.split(",").sort()).toEqual(
    cluster.servers
      .slice(1)
      .map(({ hostport }) => hostport)
      .sort(),
  );
  await example.says(new RegExp(`^connected to ${first.hostport}: intake on$`));
  await example.says(/"status":"healthy".*"taken":[1-9]/);

  await Promise.all(cluster.servers.map((server) => server.kill()));
  await example.says(
    new RegExp(`^lost ${first.hostport} \\((network|server-shutdown): .*\\): intake paused$`),
  );
  const [, taken] = await example.says(/"status":"unhealthy".*"taken":(\d+)/);
  await example.says(/^attempt \d+ at \S+ failed: refused$/);
  const counted = new RegExp(`"status":"unhealthy".*"attempts":\\d+.*"taken":${taken}\\b`); // and none since
  await example.says(counted);
  await Promise.all(cluster.servers.map((server) => server.restart()));
  const [, now] = await example.says(/^back at (\S+) instead of \S+ after \d+ ms: intake resumed$/);
  await example.says(/"status":"healthy".*"attempts":0,"reconnectCount":1,/);
  expect(example.text).toMatch(/^server \S+, 2\.\S+, holdfast$/m);

  await cluster.settled();
  member(now!).lameDuck();
  await example.says(new RegExp(`^${now} is about to shut down: moving$`));
  await example.says(new RegExp(`^moved from ${now} to \\S+ without a gap$`));
  await example.says(/"status":"healthy".*"reconnectCount":1,/); // that was none
  example.signal("SIGTERM");
  await example.says(/^closed: by us$/);
  await example.ended();
  expect(example).toMatchObject({ code: 0, stderr: "" });
});

/** Answers "prices.all" with what it is told to, on a connection of its own. */
async function priceService(server: NatsServer, prices: Record<string, number>): Promise<Connection> {
  const nc = await connect({ servers: server.url });
  nc.subscribe("prices.all", { callback: (_, msg) => msg.respond(JSON.stringify(prices)) });
  await nc.flush();
  return nc;
}

/** ms from which on an outage is long: no busy machine makes one of those that end at once so long. */
const THRESHOLD = 2_500;

it("partition-aware fetches what it has missed behind a long outage, and not behind a short one", async () => {
  await using cleanup = new Cleanup();
  const server = cleanup.use(await NatsServer.start());
  const proxies = [
    cleanup.use(await FaultProxy.start({ target: server.hostport })),
    cleanup.use(await FaultProxy.start({ target: server.hostport })),
  ];
  const prices = { eur: 1 };
  const nc = cleanup.use(await priceService(server, prices));
  const change = (price: number) => {
    prices.eur = price;
    nc.publish("price.eur", String(price));
  };
  const example = examples.start("patterns/partition-aware", {
    servers: proxies.map(({ url }) => url),
    env: { NATS_PARTITION_THRESHOLD: `${THRESHOLD}ms` },
  });
  await example.says(/^refreshed: \{"eur":1\}$/);
  change(2);
  await example.says(/^changed: \{"eur":2\}$/);

  for (const proxy of proxies) proxy.reset();
  const [, short] = await example.says(/^reconnected after (\d+) ms$/);
  expect(Number(short)).toBeLessThan(THRESHOLD);
  change(3);
  await example.says(/^changed: \{"eur":3\}$/);
  expect(example.text.match(/refreshed/g)).toHaveLength(1);

  const used = proxies.find((proxy) => proxy.stats().open > 0)!;
  for (const proxy of proxies) proxy.down();
  const since = performance.now();
  change(4); // it does not hear of this
  await until(() => performance.now() - since > THRESHOLD, "the threshold");
  const other = proxies.find((proxy) => proxy !== used)!;
  await other.up();
  await example.says(/^reconnected after /);
  const [, duration, from, to] = await example.says(
    /^away for (\d+) ms, from (\S+) to (\S+): what we know may be stale$/,
  );
  expect(Number(duration)).toBeGreaterThanOrEqual(THRESHOLD);
  expect([from, to]).toEqual([used.hostport, other.hostport]);
  await example.says(/^refreshed: \{"eur":4\}$/);
  example.signal("SIGTERM");
  await example.ended();
  expect(example).toMatchObject({ code: 0, stderr: "" });
});

/** Polls a page until its text matches; resolves with it. */
async function page(url: string, pattern: RegExp): Promise<string> {
  let text = "";
  const deadline = performance.now() + 10_000;
  do {
    text = await (await fetch(url)).text();
    if (performance.now() > deadline) throw new Error(`no ${pattern} at ${url}: ${text}`);
  } while (!pattern.test(text));
  return text;
}

it("monitored-connection shows an outage, its length, and messages by normalised subject", async () => {
  await using server = await NatsServer.start();
  const example = examples.start("patterns/monitored-connection", {
    servers: server.url,
    env: { PORT: "0" },
  });
  const [, url] = await example.says(/^metrics at (\S+), the live page at \S+\/dashboard$/);
  const before = await page(url!, /nats_messages_published_total\{.*\} [1-9]/);
  expect(before).toContain('subject="orders.{uuid}.placed"');
  expect(before).toMatch(/nats_connection_state\{.*state="connected".*\} 1/);
  expect(before).toMatch(/nats_reconnections_total\{service="shop",connection="orders"\} 0/);
  await server.kill();
  await page(url!, /nats_connection_state\{.*state="reconnecting".*\} 1/);
  // The page may be read before the next message is published, up to 10 ms later.
  await page(url!, /nats_buffer_size_bytes\{.*\} [1-9]/);
  await server.restart();
  const after = await page(url!, /nats_reconnections_total\{.*\} 1/);
  expect(after).toMatch(/nats_disconnection_duration_seconds_count\{.*\} 1/);
  expect(after).toMatch(/nats_errors_total\{.*type="CONNECTION_REFUSED".*\} [1-9]/);
  await page(url!, /nats_publish_latency_seconds_count\{.*\} [1-9]/);
  example.signal("SIGTERM");
  await example.ended();
  expect(example).toMatchObject({ code: 0, stderr: "" });
});

it("health-monitor: live always, ready within the grace period, unhealthy when the server is frozen", async () => {
  await using server = await NatsServer.start();
  const env = { PORT: "0", GRACE: "700", NATS_STALL_TIMEOUT: "60s" };
  const example = examples.start("patterns/health-monitor", { servers: server.url, env });
  const [, port] = await example.says(/port: (\d+)/);
  const url = `http://127.0.0.1:${port}`;
  const status = async (path: string) => (await fetch(url + path)).status;
  const statusBecomes = async (path: string, wanted: number) => {
    const deadline = performance.now() + 10_000;
    while ((await status(path)) !== wanted) {
      if (performance.now() > deadline) throw new Error(`${path} is never ${wanted}`);
    }
  };
  const all = () => Promise.all(["/health/live", "/health/ready", "/health", "/health/nats"].map(status));
  await statusBecomes("/health/ready", 200);
  expect(await all()).toEqual([200, 200, 200, 200]);
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({
    connected: true,
    server: server.hostport,
    reconnectCount: 0,
    stats: { inMsgs: 0, outMsgs: 0 },
  });
  expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^nats_client_connected\{.*\} 1$/m);
  expect(await (await fetch(`${url}/orders`)).text()).toBe("the application\n");

  server.stop(); // its sockets stay open
  expect(await all()).toEqual([200, 200, 200, 503]);
  await server.kill();
  await statusBecomes("/health", 503);
  await statusBecomes("/health/ready", 503);
  expect(await all()).toEqual([200, 503, 503, 503]);
  expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({
    reason: expect.stringContaining("not connected for"),
  });
  await server.restart();
  await statusBecomes("/health/nats", 200);
  expect(await all()).toEqual([200, 200, 200, 200]);
  example.signal("SIGTERM");
  await example.ended();
  expect(example).toMatchObject({ code: 0, stderr: "" });
});
