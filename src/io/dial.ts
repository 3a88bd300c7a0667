import dns, { type LookupAddress, type LookupOptions } from "node:dns";
import net, { type LookupFunction, type Socket } from "node:net";
import type { Random } from "../core/backoff.js";
import type { PoolServer } from "../core/pool.js";
import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { socketError } from "./socket.js";

/** How TCP connections are made. */
export interface DialOptions {
  /** Try every address of a name; else the first that the system names. */
  readonly resolve: boolean;
  /** Mixes the addresses of a name; undefined: their order is kept. */
  readonly shuffle: Random | undefined;
  /** Makes the connections instead. */
  readonly dialer: ((server: PoolServer) => unknown) | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** ms of silence before keep-alive probes; undefined: none. */
  readonly keepAlive: number | undefined;
  readonly noDelay: boolean;
  /** ms that an address of several may take before the next one is tried, as with servers of a pool; the last has the whole attempt. */
  readonly patience: number;
}

/** What holds if nothing else is said: every address, without Nagle's delay, with keep-alive. */
export const DEFAULT_DIAL: DialOptions = {
  resolve: true,
  shuffle: undefined,
  dialer: undefined,
  localAddress: undefined,
  localPort: undefined,
  keepAlive: 30_000,
  noDelay: true,
  patience: 300,
};

/** Makes the socket of one attempt; it may still be connecting. */
export type Dialer = (server: PoolServer, options?: DialOptions) => Socket | Promise<Socket>;

/** The address at which a server was reached last: the next time others come first. */
const lastReached = new WeakMap<PoolServer, string>();

/**
 * Dials a server by TCP.
 *
 * @throws CodedError `CALLBACK_FAILED`, `CONNECTION_REFUSED`, `CONNECTION_LOST`: the user's dialer has failed. It may reject as well.
 */
export function dial(server: PoolServer, options: DialOptions = DEFAULT_DIAL): Socket | Promise<Socket> {
  return options.dialer === undefined ? dialTcp(server, options) : dialBy(options.dialer, server);
}

/** Dials by TCP, by all addresses of a name. */
function dialTcp(server: PoolServer, options: DialOptions): Socket {
  const { hostname, port } = server.address;
  const { localAddress, localPort, keepAlive, noDelay, resolve } = options;
  const socket = net.connect({
    host: hostname,
    port,
    noDelay,
    keepAlive: keepAlive !== undefined,
    keepAliveInitialDelay: keepAlive,
    localAddress,
    localPort,
    // An address of this host can only be that of a connection of its own family.
    family: localAddress === undefined ? 0 : net.isIP(localAddress),
    autoSelectFamily: resolve,
    autoSelectFamilyAttemptTimeout: options.patience,
    lookup: resolve ? lookupFor(server, options.shuffle) : undefined,
  });
  return socket.once("connect", () => lastReached.set(server, socket.remoteAddress ?? ""));
}

/** Finds the addresses of a server's name, in the order in which they are to be tried. */
function lookupFor(server: PoolServer, shuffle: Random | undefined): LookupFunction {
  return (hostname: string, options: LookupOptions, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, found) => {
      // What has taken the place of `dns.lookup` may answer with nothing at all.
      if (!error && !(found?.length > 0)) return callback(notFound(hostname), []);
      const addresses = error ? [] : inOrder(found, lastReached.get(server), shuffle);
      const [first] = addresses;
      if (options.all === true || first === undefined) callback(error, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    code: "ENOTFOUND",
    syscall: "getaddrinfo",
    hostname,
  });
}

function inOrder(
  found: readonly LookupAddress[],
  last: string | undefined,
  shuffle: Random | undefined,
): LookupAddress[] {
  const mixed = found.map((entry, index) => ({ entry, rank: shuffle?.() ?? index }));
  for (const one of mixed) if (one.entry.address === last) one.rank = Number.POSITIVE_INFINITY;
  return mixed.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
}

function dialBy(dialer: (server: PoolServer) => unknown, server: PoolServer): Socket | Promise<Socket> {
  try {
    const dialled = dialer(server);
    const later = typeof (dialled as PromiseLike<unknown> | undefined)?.then === "function";
    return later ? Promise.resolve(dialled).then(checkSocket, refuse) : checkSocket(dialled);
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  throw error instanceof CodedError ? error : socketError(publicError(error));
}

const METHODS = ["on", "once", "write", "cork", "uncork", "destroy", "resetAndDestroy"] as const;

/** Everything that a link needs of a socket. What a user's function returns can be anything. */
function checkSocket(dialled: unknown): Socket {
  const socket = dialled as Socket;
  const isSocket =
    typeof socket === "object" &&
    socket !== null &&
    METHODS.every((name) => typeof socket[name] === "function");
  const why = !isSocket
    ? `returned ${dialled === null ? "null" : typeof dialled}: it must return a net.Socket, or a promise of one`
    : socket.destroyed
      ? "returned a socket that is closed"
      : undefined;
  if (why === undefined) return socket;
  throw new CodedError("CALLBACK_FAILED", `option "dialer" ${why}`, { option: "dialer" });
}
