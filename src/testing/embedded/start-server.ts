import type { TestServerOptions } from "./options.js";
import { TestServer } from "./test-server.js";

/**
 * Starts a {@link TestServer}: core NATS in this process, for tests. Resolves when it accepts clients. Rejects with a
 * `NatsServerError`: `INVALID_OPTION`, `PORT_IN_USE`, `START_FAILED`.
 */
export function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  return TestServer.start(options);
}
