import type { TestClusterOptions } from "./cluster-options.js";
import { TestCluster } from "./test-cluster.js";

/**
 * Starts a {@link TestCluster}: several test servers that know each other. Rejects with a `NatsServerError`: `INVALID_OPTION`,
 * `PORT_IN_USE`, `START_FAILED`.
 */
export function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  return TestCluster.start(options);
}
