import type { Connection } from "../index.js";
import { invalidArgument } from "./invalid.js";

/** What is asked of a connection here; what has it is taken for one, also if another copy of the package has made it. */
const METHODS = ["health", "rtt", "on", "closed"] as const satisfies (keyof Connection)[];

/**
 * The connections that were given: one, or an array of them.
 *
 * @throws an error with code `INVALID_ARGUMENT`
 */
export function toConnections(given: unknown): readonly Connection[] {
  if (!Array.isArray(given)) return [toConnection(given, "nc")];
  const connections = given.map((nc, index) => toConnection(nc, `nc[${index}]`));
  if (connections.length === 0) throw invalidArgument("nc must be a connection, or an array of at least one");
  for (const [index, nc] of connections.entries()) {
    const first = connections.indexOf(nc);
    if (first !== index) throw invalidArgument(`nc[${index}] is the same connection as nc[${first}]`);
  }
  return connections;
}

function toConnection(given: unknown, name: string): Connection {
  if (hasMethods(given)) return given;
  throw invalidArgument(`${name} must be a connection that connect() of holdfast has made${hint(given)}`);
}

function hint(given: unknown): string {
  const { then, holdfast } = (given ?? {}) as { then?: unknown; holdfast?: unknown };
  if (typeof then === "function") return ": await the promise";
  return hasMethods(holdfast) ? ": of a connection of holdfast/compat give the property holdfast" : "";
}

function hasMethods(given: unknown): given is Connection {
  const nc = given as Connection | null | undefined;
  return typeof nc === "object" && nc !== null && METHODS.every((name) => typeof nc[name] === "function");
}
