import { toConnections } from "../checks/connections.js";
import type { Connection } from "../index.js";
import { dashboardRoute } from "./dashboard/dashboard-route.js";
import { healthRoute } from "./health/health-route.js";
import { metricsRoute } from "./http/metrics-route.js";
import type { Route } from "./http/route.js";
import { RouteServer } from "./http/server.js";
import { ownMetricsRoute } from "./metrics/own-route.js";
import { type ServeOptions, type ServeSettings, toServeSettings } from "./serve-options.js";

/** A server that {@link serve} has started. */
export interface Served extends AsyncDisposable {
  /** Where it is reached from this machine, such as `http://127.0.0.1:9000`. */
  readonly url: string;
  /** The port that it listens on. */
  readonly port: number;
  /** Ends it at once, answers that are under way and streams as well. Idempotent. The connections are left alone. */
  close(): Promise<void>;
}

/**
 * Serves health, `/metrics` and `/dashboard` on one port, for processes without an HTTP server of their own. Only `GET` and `HEAD`, only to
 * requests whose Host (and Origin, if there is one) are ours.
 *
 * It does not keep the process alive: that is what the connection does. A process whose connection is closed ends when it has nothing else
 * to do, and until then it is not ready.
 *
 * Rejects with code `INVALID_ARGUMENT` (no connection, none at all, the same one twice) and `INVALID_OPTION` (also when the port is in use).
 *
 * @param nc the connection, or an array of connections
 */
export async function serve(nc: Connection | readonly Connection[], options?: ServeOptions): Promise<Served> {
  const settings = toServeSettings(options);
  const connections = toConnections(nc);
  const routes = routesOf(connections, Array.isArray(nc), settings);
  let server: RouteServer;
  try {
    server = await RouteServer.listen(routes, settings.server);
  } catch (error) {
    for (const route of routes) route.close?.();
    throw error;
  }
  const { port } = server;
  return {
    url: server.url(port),
    port,
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** What is answered, part by part. */
function routesOf(connections: readonly Connection[], several: boolean, settings: ServeSettings): Route[] {
  const { health, register, dashboard } = settings;
  const routes = [healthRoute(connections, several, health)];
  if (register === "own") routes.push(ownMetricsRoute(connections));
  else if (register !== undefined) routes.push(metricsRoute(register));
  if (dashboard !== undefined) routes.push(dashboardRoute(connections, dashboard));
  return routes;
}
