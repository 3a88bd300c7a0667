import { toConnections } from "../../checks/connections.js";
import type { Connection } from "../../index.js";
import { Collection } from "./collection.js";
import { type MetricsOptions, toMetricsSettings } from "./options.js";
import { defaultRegister } from "./register.js";

/** Metrics that {@link registerMetrics} has registered. */
export interface RegisteredMetrics {
  /** Takes the connections out of the register, and with the last one everything that was registered for them. Idempotent. */
  stop(): void;
}

/**
 * Shows connections to Prometheus, by the metrics in `docs/observe/metrics.md`. Everything is read when the register is scraped: nothing is
 * counted per message for it, and there is no timer. Each series has the label `connection`, the name of the connection (`nats` without
 * one); a second one of the same name gets a number behind it.
 *
 * It can be called several times with one register. A connection that was closed is shown as closed, with its counters, until `stop()`.
 *
 * @param nc the connection, or an array of connections
 * @throws an error with code `INVALID_ARGUMENT` (no connection, none at all, one that is in the register already), `INVALID_OPTION` (also when
 *   the register has a metric of the same name from elsewhere), `PACKAGE_MISSING` (no register was given, and prom-client is not
 *   installed); nothing is registered then
 */
export function registerMetrics(
  nc: Connection | readonly Connection[],
  options?: MetricsOptions,
): RegisteredMetrics {
  const settings = toMetricsSettings(options);
  const connections = [...toConnections(nc)];
  const collection = Collection.of(settings.register ?? defaultRegister(), settings.prefix);
  collection.add(connections, settings);
  return {
    stop: () => collection.remove(connections.splice(0)),
  };
}
