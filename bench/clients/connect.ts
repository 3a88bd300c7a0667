import type { BenchClient, ClientName } from "./client.js";

/**
 * Connects with the client of that name; the others are not even loaded.
 *
 * @param size bytes of the payloads to come
 */
export async function connectClient(name: ClientName, server: string, size: number): Promise<BenchClient> {
  switch (name) {
    case "holdfast":
      return (await import("./holdfast.js")).holdfast(server, "at-least-once");
    case "holdfast-at-most-once":
      return (await import("./holdfast.js")).holdfast(server, "at-most-once");
    case "natsjs":
      return (await import("./natsjs.js")).natsJs(server);
    case "raw":
      return (await import("./raw.js")).raw(server, size);
  }
}
