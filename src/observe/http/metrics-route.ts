import { sendFailure, sendText } from "./respond.js";
import type { Route } from "./route.js";

/** Where metrics are collected: what is used of a `Registry` of prom-client. */
export interface MetricsRegister {
  /** The type of what {@link metrics} makes. */
  readonly contentType: string;
  /** Collects everything, as text. */
  metrics(): Promise<string>;
}

/** `/metrics`, for Prometheus. */
export function metricsRoute(register: MetricsRegister): Route {
  return {
    paths: ["/metrics"],
    async handle(req, res) {
      try {
        const text = await register.metrics();
        sendText(req, res, 200, register.contentType, text);
      } catch {
        sendFailure(req, res, "the metrics could not be collected");
      }
    },
  };
}
