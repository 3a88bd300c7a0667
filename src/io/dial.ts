import type { LookupAddress, LookupOptions } from "node:dns";
import net, { type LookupFunction, type Socket } from "node:net";
import type { Random } from "../core/backoff.js";
import type { PoolServer } from "../core/pool.js";
import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { type NameQuery, systemNames } from "./names.js";
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

/** What one attempt has to do with others at the same server. */
export interface Beside {
  /** Addresses at which another attempt waits: they are left out, unless there are none but these. */
  readonly avoid: readonly string[];
  /** The connection stands, at one of several addresses of the name. Not called for connections that a user's dialer makes. */
  reached(addresses: number): void;
}

/** Makes the socket of one attempt; it may still be connecting. */
export type Dialer = (server: PoolServer, options?: DialOptions, beside?: Beside) => Socket | Promise<Socket>;

const ALONE: Beside = { avoid: [], reached: () => {} };

/** The addresses at which a server was reached, the latest last: the next time others come first. Only such as it still has. */
const reachedAt = new WeakMap<PoolServer, readonly string[]>();

/**
 * Dials a server by TCP.
 *
 * @throws CodedError `CALLBACK_FAILED`, `CONNECTION_REFUSED`, `CONNECTION_LOST`: the user's dialer has failed. It may reject as well.
 */
export function dial(
  server: PoolServer,
  options: DialOptions = DEFAULT_DIAL,
  beside: Beside = ALONE,
): Socket | Promise<Socket> {
  return options.dialer === undefined ? dialTcp(server, options, beside) : dialBy(options.dialer, server);
}

/** Dials by TCP, by all addresses of a name. */
function dialTcp(server: PoolServer, options: DialOptions, { avoid, reached }: Beside): Socket {
  const { hostname, port } = server.address;
  const { localAddress, localPort, keepAlive, noDelay, resolve } = options;
  let names: string[] = [];
  const lookup: LookupFunction = (name, query, done) =>
    systemNames.find(name, asked(query), (error, found) => {
      if (error) return done(error, []);
      const usable = resolve ? found : found.slice(0, 1);
      names = usable.map(({ address }) => address);
      const others = usable.filter(({ address }) => !avoid.includes(address));
      const dialled = others.length === 0 ? usable : others;
      const addresses = inOrder(dialled, reachedAt.get(server) ?? [], options.shuffle);
      if (query.all === true) done(null, addresses);
      else done(null, addresses[0].address, addresses[0].family);
    });
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
    lookup,
  });
  return socket.once("connect", () => {
    // An address was dialled, and no name: nothing is to be chosen the next time.
    if (names.length === 0) return;
    const { remoteAddress = "" } = socket;
    const before = reachedAt.get(server) ?? [];
    const still = before.filter((address) => address !== remoteAddress && names.includes(address));
    reachedAt.set(server, still.concat(remoteAddress));
    if (names.length > 1) reached(names.length);
  });
}

function asked({ family, hints = 0 }: LookupOptions): NameQuery {
  return { family: family === "IPv4" ? 4 : family === "IPv6" ? 6 : (family ?? 0), hints };
}

/** Those that were never reached first, mixed; then the others, the one that was reached last at the end. */
function inOrder(
  found: readonly LookupAddress[],
  reached: readonly string[],
  shuffle: Random | undefined,
): LookupAddress[] {
  const mixed = found.map((entry, index) => ({
    entry,
    turn: reached.indexOf(entry.address),
    mix: shuffle?.() ?? index,
  }));
  return mixed.sort((a, b) => a.turn - b.turn || a.mix - b.mix).map(({ entry }) => entry);
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
