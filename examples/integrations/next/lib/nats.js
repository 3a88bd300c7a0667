import { connect, optionsFromEnv } from "holdfast";

/**
 * The connection of this process. Next compiles each route by itself, and anew in development: so it is kept where all of them find it. It is made
 * when somebody wants it, and not when `next build` looks at the routes.
 *
 * @returns {Promise<import("holdfast").Connection>}
 */
export function nats() {
  globalThis.nats ??= connect(optionsFromEnv(process.env, { retryOnFailedConnect: true }));
  return globalThis.nats;
}
