import { constants } from "node:os";
import { invalidOption } from "../../checks/invalid.js";
import { type Check, numberOf, readOptions } from "../../checks/read-options.js";
import type { ShutdownReport } from "./report.js";

/** What can be closed: servers of node:http, node:https, node:http2 and node:net, an application of Fastify or Nest, what `serve()` returns. */
export interface Closable {
  /** Takes nothing new, and calls back, or settles, when what was under way has ended. */
  close(callback?: (error?: Error) => void): unknown;
}

/** Options of {@link gracefulShutdown}. */
export interface ShutdownOptions {
  /** Signals that begin it; the second one forces it. `[]`: none, it is begun by `begin()`. Default `["SIGTERM", "SIGINT"]`. */
  signals?: readonly NodeJS.Signals[];
  /**
   * ms for all of it, `delay` and hooks included. Work may take four fifths, or all but 5 s if that is more; then connections have four fifths of the rest
   * to get rid of what was published; what remains is for `after`. Default 25,000: Kubernetes kills after 30 s
   * (`terminationGracePeriodSeconds`), its `preStop` hook included.
   */
  timeout?: number;
  /**
   * ms for which work goes on while readiness is off already, so that load balancers have noticed before the servers close. At most half of
   * `timeout`. Default 0.
   */
  delay?: number;
  /**
   * Called when readiness is off and nothing has been stopped. Work goes on, and the shutdown waits until it settles, for half of the time that there is for work, `delay` apart.
   * What it throws is in the report.
   */
  before?: (report: ShutdownReport) => unknown;
  /**
   * Called when the connections are closed, with all that is known: for databases, logs and telemetry. The shutdown waits until it settles, within what is left of `timeout`. When
   * a second signal forces the end it is called as well, and not waited for.
   */
  after?: (report: ShutdownReport) => unknown;
  /**
   * Servers that bring work: they take no more of it once `delay` is over. Connections without a request are closed, requests under way are finished; what is left when the time
   * for work is over is cut off. Give them before they listen: of connections that were there before, upgraded ones (WebSocket) and those of HTTP/2 are not known, and stay until the process
   * ends.
   */
  servers?: Closable | readonly Closable[];
  /**
   * What is closed at the very end, before `after`, without waiting for it: the server of `serve()`, so that probes get their answer until then.
   */
  last?: Closable | readonly Closable[];
  /**
   * Gets a line when it begins and one when it has ended, or is forced. Default: one line on stderr, when something was left. `false`: none.
   */
  log?: false | ((line: string) => void);
  /**
   * How the process ends: with code 0 when everything was finished or handed back, 1 when something was left, 128 + the number of the signal when one has
   * forced it (143 for SIGTERM, 130 for SIGINT). A `process.exitCode` that is set already and not 0 takes the place of 0 and 1. Default: `process.exit()` once stdout and stderr are
   * written, and all other shutdowns that are under way have ended. A function is called in its place, as soon as this one has ended.
   * `false`: only `process.exitCode` is set.
   */
  exit?: false | ((code: number, report: ShutdownReport) => unknown);
}

/** Options with their defaults. */
export interface ShutdownSettings extends Pick<ShutdownOptions, "before" | "after" | "log" | "exit"> {
  readonly signals: readonly NodeJS.Signals[];
  readonly delay: number;
  /** ms from the beginning to the end of work, to that of connections, and to that of everything. */
  readonly workUntil: number;
  readonly drainUntil: number;
  readonly timeout: number;
  readonly servers: readonly Closable[];
  readonly last: readonly Closable[];
}

/** Longest delay of Node's timers, ms. */
const LONGEST = 0x7fff_ffff;

/** Most of the time that is kept for connections and `after`, ms. */
const RESERVE = 5_000;

/** No process hears of these. */
const DEAF = ["SIGKILL", "SIGSTOP"];

const aFunction: Check = (value) => (typeof value === "function" ? undefined : "must be a function");

const functionOrFalse: Check = (value) =>
  value === false || typeof value === "function" ? undefined : "must be a function or false";

const closables: Check = (value) =>
  listOf(value).every(isClosable)
    ? undefined
    : "must be a server, or an array of servers: what has close(), and is no promise of it";

const CHECKS: Record<keyof ShutdownOptions, Check> = {
  signals: (value) => {
    if (!Array.isArray(value)) return 'must be an array of signals, such as ["SIGTERM", "SIGINT"]';
    const wrong: unknown = value.find((signal) => !isSignal(signal));
    return wrong === undefined
      ? undefined
      : "has a signal that this system does not know, or nobody can catch";
  },
  timeout: numberOf("milliseconds", 1, LONGEST),
  delay: numberOf("milliseconds", 0, LONGEST),
  before: aFunction,
  after: aFunction,
  servers: closables,
  last: closables,
  log: functionOrFalse,
  exit: functionOrFalse,
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws an error with code `INVALID_OPTION` and the option's name
 */
export function toShutdownSettings(given: unknown): ShutdownSettings {
  const options = readOptions<ShutdownOptions>(given, CHECKS);
  const { signals = ["SIGTERM", "SIGINT"], timeout = 25_000, delay = 0, servers, last, ...rest } = options;
  if (delay > timeout / 2)
    throw invalidOption("delay", `must be at most half of option "timeout", ${timeout / 2} ms`);
  const reserve = Math.min(RESERVE, timeout / 5);
  return {
    ...rest,
    signals: [...new Set(signals)],
    delay,
    timeout,
    workUntil: timeout - reserve,
    drainUntil: timeout - reserve / 5,
    servers: [...new Set(listOf(servers) as Closable[])],
    last: [...new Set(listOf(last) as Closable[])],
  };
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function isClosable(value: unknown): value is Closable {
  // A function may have close(), too: an application of connect.
  const isAny = (typeof value === "object" && value !== null) || typeof value === "function";
  return isAny && typeof (value as Partial<Closable>).close === "function";
}

function isSignal(value: unknown): value is NodeJS.Signals {
  return typeof value === "string" && Object.hasOwn(constants.signals, value) && !DEAF.includes(value);
}
