import { NatsCluster } from "../src/testing/cluster.js";
import { startCluster } from "../src/testing/embedded/start-cluster.js";
import type { TestCluster } from "../src/testing/embedded/test-cluster.js";

/** Three servers: real ones, or the test servers of `holdfast/testing` where no nats-server can be had. */
export type Servers = NatsCluster | TestCluster;

/** Generous, so that a subscriber that is slow for a while is not cut off. */
const MAX_PENDING = 512 * 1024 * 1024;

/** @param test test servers, in this process */
export function startServers(test: boolean): Promise<Servers> {
  const options = { size: 3, maxPending: MAX_PENDING };
  return test ? startCluster(options) : NatsCluster.start(options);
}
