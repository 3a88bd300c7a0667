import type { BenchClient, ClientName, Library, Where } from "./client.js";

/** What a client is connected with. */
export interface Connecting {
  readonly where: Where;
  /** The Holdfast to measure, as a URL of its index; default: that of this benchmark. */
  readonly library?: string | undefined;
  /** Told how to close each; default: they end with the process. */
  readonly opened?: (close: () => Promise<void>) => void;
}

/** Connects with the client of that name; the others are not even loaded. */
export async function connectClient(
  name: ClientName,
  connecting: Connecting,
): Promise<BenchClient | Library> {
  const client = await load(name, connecting);
  connecting.opened?.(() => client.close());
  return client;
}

async function load(name: ClientName, { where, library }: Connecting): Promise<BenchClient | Library> {
  switch (name) {
    case "holdfast":
    case "base":
      return (await import("./holdfast.js")).holdfast(where, "at-least-once", library);
    case "holdfast-at-most-once":
      return (await import("./holdfast.js")).holdfast(where, "at-most-once", library);
    case "holdfast-observed":
      return (await import("./observed.js")).observed(where, library);
    case "holdfast-outbox":
      return (await import("./outboxed.js")).outboxed(where, library);
    case "natsjs":
      return (await import("./natsjs.js")).natsJs(where);
    case "raw":
      return (await import("./raw.js")).raw(where);
  }
}

/** Connects with a client that is more than a socket. */
export async function connectLibrary(name: ClientName, connecting: Connecting): Promise<Library> {
  const client = await connectClient(name, connecting);
  if ("iterate" in client) return client;
  throw new Error(`a ${name} client cannot do this`);
}
