import type { JetStreamManager } from "@nats-io/jetstream";
import { afterEach, expect, test } from "vitest";
import { NatsCluster } from "../../src/testing/cluster.js";
import type { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { client, fill, numbers, ORDERS, range, SECOND, settled } from "./consume-world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

const ENSURE = {
  stream: { ...ORDERS.ensure.stream, num_replicas: 3 },
  consumer: { ack_wait: 2 * SECOND },
};

async function leader(cluster: NatsCluster, jsm: JetStreamManager): Promise<NatsServer> {
  const info = await jsm.consumers.info(ORDERS.stream, ORDERS.durable);
  return cluster.servers.find(({ name }) => name === info.cluster?.leader) ?? cluster.servers[0];
}

test("goes on when the consumer's leader is killed, and when another one is frozen", async () => {
  const cluster = cleanup.use(await NatsCluster.start({ jetstream: true }));
  const { nc, jsm } = await client(cleanup, { servers: cluster.urls });
  const other = await client(cleanup, { servers: cluster.urls });
  const { seen, consumption } = await numbers(nc, { ensure: ENSURE, concurrency: 4 });
  await fill(other.nc, 1, 50);
  await until(() => seen.length >= 50, "50 messages");
  const killed = await leader(cluster, jsm);
  await killed.kill();
  await fill(other.nc, 51, 100);
  await until(
    () => new Set(seen).size === 100,
    () => `100 messages, not ${new Set(seen).size}`,
    60_000,
  );
  await killed.restart();
  await cluster.settled();
  const frozen = await leader(cluster, other.jsm);
  frozen.stop();
  await fill(other.nc, 101, 150);
  await until(
    () => new Set(seen).size === 150,
    () => `150 messages, not ${new Set(seen).size}`,
    60_000,
  );
  frozen.cont();
  await settled(other.jsm, 150);
  // Nothing is handled again: what comes again has been done with here.
  expect(seen.length).toBe(150);
  expect([...seen].sort((a, b) => a - b)).toEqual(range(1, 150));
  expect(consumption.state).toBe("consuming");
}, 150_000);
