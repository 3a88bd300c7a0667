import { type Address, parseAddress } from "../core/address.js";
import { type BackoffOptions, DEFAULT_BACKOFF, exponential, fixed, type Random } from "../core/backoff.js";
import {
  DEFAULT_CONFIRM_INTERVAL,
  DEFAULT_HIGH_WATER,
  DEFAULT_STABLE_AFTER,
  type EngineOptions,
} from "../core/options.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import {
  type Authenticator,
  createInbox,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from "../interop/nats-core.js";
import { VERSION } from "../version.js";
import { checkSubject } from "../wire/subject.js";
import { checkOptions, optionError } from "./check-options.js";
import type { ConnectionOptions, DelayInfo } from "./options.js";
import { toOverflow } from "./overflow.js";
import { DEFAULT_LIMIT, type Limit, toLimit } from "./pending-limit.js";

const MIB = 1024 * 1024;

/** Defaults of the options that have a number; `promises.md` §3 and §4. */
export const DEFAULTS = {
  timeout: 5000,
  maxReconnectAttempts: -1,
  reconnectJitter: 100,
  pingInterval: 20_000,
  maxPingOut: 2,
  stallTimeout: 5000,
  flusherTimeout: 60_000,
  partitionThreshold: 30_000,
  reconnectBufSize: 8 * MIB,
  maxPending: 64 * MIB,
  replayMargin: 0,
  beforeReplayTimeout: 5000,
  closeTimeout: 5000,
  drainTimeout: 30_000,
  flushTimeout: 10_000,
  requestTimeout: 1000,
} as const;

/** The public options, checked, completed, and translated for the engine. */
export interface Settings {
  engine: EngineOptions;
  addresses: Address[];
  authenticators: Authenticator[];
  /** ms of downtime from which on an outage is a partition. */
  partitionThreshold: number;
  /** What may wait in a subscription. */
  pendingLimit: Limit;
  options: ConnectionOptions;
}

/** What a reconnect delay handler needs that is known only later. */
export interface DelayContext {
  lastError: () => Error | undefined;
  report: (error: Error) => void;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the option
 */
export function toSettings(given: unknown, random: Random, context: DelayContext): Settings {
  const options = checkOptions(given);
  const inboxPrefix = checkInboxPrefix(options.inboxPrefix);
  const authenticators = toAuthenticators(options);
  const connect = {
    verbose: options.verbose ?? false,
    pedantic: options.pedantic ?? false,
    echo: !(options.noEcho ?? false),
    lang: "holdfast",
    version: VERSION,
    ...(options.name === undefined ? {} : { name: options.name }),
  };
  return {
    options,
    addresses: toAddresses(options),
    authenticators,
    partitionThreshold: options.partitionThreshold ?? DEFAULTS.partitionThreshold,
    pendingLimit: toLimit(options.pendingLimit, DEFAULT_LIMIT),
    engine: {
      connector: {
        maxReconnectAttempts: options.maxReconnectAttempts ?? DEFAULTS.maxReconnectAttempts,
        maxPasses: options.backoff?.maxAttempts ?? DEFAULT_BACKOFF.maxAttempts,
        delay: toDelay(options, random, context),
        ignoreAuthErrorAbort: options.ignoreAuthErrorAbort ?? options.authenticator !== undefined,
        stableAfter: DEFAULT_STABLE_AFTER,
      },
      liveness: {
        pingInterval: Math.max(0, options.pingInterval ?? DEFAULTS.pingInterval),
        maxPingOut: options.maxPingOut ?? DEFAULTS.maxPingOut,
        stallTimeout: options.stallTimeout ?? DEFAULTS.stallTimeout,
        flusherTimeout: options.flusherTimeout ?? DEFAULTS.flusherTimeout,
      },
      connect,
      inbox: `${createInbox(inboxPrefix)}.`,
      timeout: options.timeout ?? DEFAULTS.timeout,
      reconnect: options.reconnect ?? true,
      retryFirst: options.waitOnFirstConnect === true || options.retryOnFailedConnect === true,
      reconnectBufSize: options.reconnectBufSize || DEFAULTS.reconnectBufSize,
      maxBufferedMessages:
        options.maxBufferedMessages === undefined || options.maxBufferedMessages === -1
          ? Number.POSITIVE_INFINITY
          : options.maxBufferedMessages,
      overflow: toOverflow(options.overflow ?? "reject", context.report),
      maxPending: options.maxPending ?? DEFAULTS.maxPending,
      highWater: Math.min(DEFAULT_HIGH_WATER, (options.maxPending ?? DEFAULTS.maxPending) / 4),
      atLeastOnce: options.delivery !== "at-most-once",
      replayMargin: options.replayMargin ?? DEFAULTS.replayMargin,
      holdTimeout:
        options.beforeReplay === undefined
          ? 0
          : (options.beforeReplayTimeout ?? DEFAULTS.beforeReplayTimeout),
      ignoreClusterUpdates: options.ignoreClusterUpdates ?? false,
      confirmInterval: DEFAULT_CONFIRM_INTERVAL,
    },
  };
}

function toAddresses(options: ConnectionOptions): Address[] {
  if (options.port !== undefined) return [parseAddress(`127.0.0.1:${options.port}`)];
  return parseServers(options.servers ?? "127.0.0.1");
}

/**
 * Parses a list of servers; one text may hold several, separated by commas.
 *
 * @throws CodedError `INVALID_OPTION`
 */
export function parseServers(servers: string | readonly string[]): Address[] {
  const list = typeof servers === "string" ? [servers] : servers;
  const texts = list.flatMap((entry) => entry.split(",")).filter((entry) => entry.trim() !== "");
  if (texts.length === 0) throw optionError("servers", "must name at least one server");
  return texts.map((entry) => parseAddress(entry));
}

function toAuthenticators(options: ConnectionOptions): Authenticator[] {
  const list: Authenticator[] = [];
  if (options.token !== undefined) list.push(tokenAuthenticator(options.token));
  if (options.user !== undefined) list.push(usernamePasswordAuthenticator(options.user, options.pass));
  const { authenticator } = options;
  if (authenticator !== undefined)
    list.push(...(Array.isArray(authenticator) ? authenticator : [authenticator]));
  return list;
}

function checkInboxPrefix(prefix: string | undefined): string | undefined {
  if (prefix === undefined) return undefined;
  try {
    checkSubject(prefix);
  } catch {
    throw optionError("inboxPrefix", "must be a subject: no white space, no empty tokens");
  }
  if (/[*>]/.test(prefix)) throw optionError("inboxPrefix", "must not have wildcards");
  return prefix;
}

function toDelay(
  options: ConnectionOptions,
  random: Random,
  context: DelayContext,
): (pass: number, elapsed?: number) => number {
  const { reconnectDelayHandler, reconnectTimeWait } = options;
  if (reconnectTimeWait !== undefined) {
    const jitter = options.reconnectJitter ?? DEFAULTS.reconnectJitter;
    return () => fixed(reconnectTimeWait, jitter, random);
  }
  const backoff = toBackoff(options.backoff ?? {});
  const standard = (pass: number, elapsed?: number) => exponential(backoff, pass, random, elapsed);
  if (reconnectDelayHandler === undefined) return standard;
  return (pass) => handled(reconnectDelayHandler, pass, standard, context);
}

/** `undefined` counts as absent; a limit that is not given makes room for the one that is. */
function toBackoff(given: Partial<BackoffOptions>): BackoffOptions {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const backoff: BackoffOptions = { ...DEFAULT_BACKOFF, ...present };
  if (given.max === undefined) backoff.max = Math.max(backoff.max, backoff.initial);
  if (given.initial === undefined) backoff.initial = Math.min(backoff.initial, backoff.max);
  return backoff;
}

/** A handler that throws or answers nonsense is reported, and the default wait is taken. */
function handled(
  handler: (attempt: number, info: DelayInfo) => number,
  pass: number,
  standard: (pass: number) => number,
  context: DelayContext,
): number {
  let why: string;
  try {
    const delay = handler(pass, { error: context.lastError() });
    if (typeof delay === "number" && delay >= 0 && delay < 2 ** 31) return delay;
    why = `returned ${typeof delay === "number" ? delay : typeof delay}: it must return milliseconds`;
  } catch (cause) {
    why = `has thrown: ${describeCause(cause)}`;
  }
  const text = `option "reconnectDelayHandler" ${why}; the default wait is taken`;
  context.report(publicError(new CodedError("CALLBACK_FAILED", text, { option: "reconnectDelayHandler" })));
  return standard(pass);
}
