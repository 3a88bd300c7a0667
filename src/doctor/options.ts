import { anObject, type Check, numberOf, readOptions } from "../checks/read-options.js";
import type { ConnectionOptions } from "../index.js";
import { type MonitorAddress, toMonitors } from "./look/monitor-address.js";

/** What doctor is at: for a display. */
export interface DoctorProgress {
  /** What was done last, in a few words; harmless on a terminal. */
  text: string;
  /** Pieces of work that are done, of `total`. */
  done: number;
  /** Pieces of work that are known so far: gossip may bring more. */
  total: number;
}

/** What {@link doctor} looks at. */
export interface DoctorOptions {
  /**
   * Options of `connect()`, of a program or of `optionsFromEnv()`: servers (where none are given), credentials, TLS and names are used for
   * the probes, and `lint()` looks at all of it. Default: none, and nothing is linted.
   */
  connection?: ConnectionOptions;
  /** Base URLs of monitoring ports, as `http://host:8222`; several for several servers, at most 32. Default: none. */
  monitor?: string | string[];
  /** PINGs to measure round trips with, 0 to 100. Default 10. */
  probes?: number;
  /** Size of a message, payload and headers, in bytes: is it within every server's `max_payload`? Default: not asked. */
  payload?: number;
  /** `true`, or an object: JetStream must be there for this account (in this `domain`); `false`: it is not asked. Default: it is asked, and may say that there is none. */
  jetstream?: boolean | { domain?: string };
  /** `false`: servers that the given ones tell of are not probed. Default true. */
  gossip?: boolean;
  /** ms that a step of a probe, or one HTTP request, may take, 1 to 60,000. Default 2000. */
  timeout?: number;
  /** ms that all of it may take, 1 to 600,000: what has not begun by then is not done. Default 30,000. */
  deadline?: number;
  /** Ends it: the report has what was found until then. */
  signal?: AbortSignal;
  /** Is called as it goes on. What it throws is ignored. */
  onProgress?: (progress: DoctorProgress) => void;
}

/** Options, checked and completed. */
export interface DoctorSettings {
  readonly connection: ConnectionOptions | undefined;
  readonly monitors: readonly MonitorAddress[];
  readonly probes: number;
  readonly payload: number | undefined;
  readonly jetstream: DoctorOptions["jetstream"];
  readonly gossip: boolean;
  readonly timeout: number;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: DoctorOptions["onProgress"];
}

const flag: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
const whole = (of: string, min: number, max: number): Check => {
  const inside = numberOf(of, min, max);
  return (value) => inside(value) ?? (Number.isInteger(value) ? undefined : "must be a whole number");
};

const CHECKS: Record<keyof DoctorOptions, Check> = {
  connection: anObject,
  // Read by `toMonitors()`.
  monitor: () => undefined,
  probes: whole("PINGs", 0, 100),
  payload: whole("bytes", 0, 64 * 1024 * 1024),
  jetstream: (value) =>
    typeof value === "boolean" || anObject(value) === undefined
      ? undefined
      : "must be true, false or an object",
  gossip: flag,
  timeout: numberOf("milliseconds", 1, 60_000),
  deadline: numberOf("milliseconds", 1, 600_000),
  signal: (value) => (value instanceof AbortSignal ? undefined : "must be an AbortSignal"),
  onProgress: (value) => (typeof value === "function" ? undefined : "must be a function"),
};

/**
 * Reads the options.
 *
 * @throws an error with code `INVALID_OPTION` that names the option
 */
export function toSettings(given: unknown): DoctorSettings {
  const options: DoctorOptions = readOptions<DoctorOptions>(given, CHECKS);
  return {
    connection: options.connection,
    monitors: toMonitors(options.monitor),
    probes: options.probes ?? 10,
    payload: options.payload,
    jetstream: options.jetstream,
    gossip: options.gossip ?? true,
    timeout: options.timeout ?? 2000,
    deadline: options.deadline ?? 30_000,
    signal: options.signal,
    onProgress: options.onProgress,
  };
}
