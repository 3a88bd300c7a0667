import { connect as connectHoldfast } from "../index.js";
import { CompatConnection } from "./connection.js";
import { toNatsError } from "./errors.js";
import { type ConnectionOptions, toHoldfastOptions } from "./options.js";

/**
 * Connects to NATS, as `connect()` of `nats` 2, on Holdfast's engine.
 *
 * Rejects with a `NatsError`: `INVALID_OPTION`, `CONNECTION_REFUSED`, `AUTHORIZATION_VIOLATION`, `TIMEOUT`, …
 */
export async function connect(options: ConnectionOptions = {}): Promise<CompatConnection> {
  try {
    return new CompatConnection(await connectHoldfast(toHoldfastOptions(options)));
  } catch (error) {
    throw toNatsError(error);
  }
}
