import type { Connection } from "../../index.js";
import { metricsRoute } from "../http/metrics-route.js";
import { sendJson } from "../http/respond.js";
import type { Route } from "../http/route.js";
import { freshRegister } from "./register.js";
import { registerMetrics } from "./register-metrics.js";

/** `/metrics` of these connections alone, until it is closed; where prom-client is not installed: 404, with what to install. */
export function ownMetricsRoute(connections: readonly Connection[], fresh = freshRegister): Route {
  const register = fresh();
  if (register === undefined) return MISSING;
  const registered = registerMetrics(connections, { register });
  return { ...metricsRoute(register), close: () => registered.stop() };
}

const MISSING: Route = {
  paths: ["/metrics"],
  handle(req, res) {
    const reason = "there are no metrics without the package prom-client 15: npm install prom-client";
    sendJson(req, res, 404, { status: "not found", reason });
  },
};
