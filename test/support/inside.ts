import type { Engine } from "../../src/core/engine.js";
import type { Connection } from "../../src/index.js";

/** The engine of a connection: for what has no public face, such as tables that must be empty again. */
export function engineOf(nc: Connection): Engine {
  return (nc as unknown as { engine: Engine }).engine;
}

/** Requests that wait for their answer. */
export function openRequests(nc: Connection): number {
  return engineOf(nc).requests.size;
}

/** Subscriptions, the shared inbox of the requests among them. */
export function openSubscriptions(nc: Connection): string[] {
  return [...engineOf(nc).subscriptions.all].map((entry) => entry.subject);
}
