import type { Address } from "../core/address.js";
import {
  type BackoffOptions,
  DEFAULT_BACKOFF,
  exponential,
  fixed,
  further,
  type Random,
  SHARE,
  SHARE_TLS,
} from "../core/backoff.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { ServerInfo } from "../interop/nats-core.js";
import { dismissPromise } from "./handled.js";
import type { ConnectionOptions, DelayInfo } from "./options.js";

/** ms between passes when only a jitter is given, as in nats.js. */
const DEFAULT_TIME_WAIT = 2000;

/** ms of jitter on `reconnectTimeWait`, as in nats.js and nats.go; servers with TLS have more to do for each client. */
const DEFAULT_JITTER = 100;
const DEFAULT_JITTER_TLS = 1000;

/** What callbacks of the options need of the connection, which stands only later. */
export interface CallbackContext {
  lastError(): Error | undefined;
  /** INFO of the server that we are, or were last, connected to. */
  info(): ServerInfo | undefined;
  report(error: Error): void;
}

/** Wait in ms after pass number `pass` (from 1), `elapsed` ms after the outage began; `full`: a server had no room for us. */
export type Delay = (pass: number, elapsed?: number, full?: boolean) => number;

/**
 * Makes of `reconnectTimeWait` or `backoff` how long is waited between passes. With `reconnectDelayHandler` it decides, and they
 * hold where its answer is of no use.
 */
export function toDelay(
  options: ConnectionOptions,
  addresses: readonly Address[],
  random: Random,
  context: CallbackContext,
): Delay {
  const standard =
    toFixed(options, addresses, random, context) ?? toExponential(options, addresses, random, context);
  const { reconnectDelayHandler } = options;
  if (reconnectDelayHandler === undefined) return standard;
  return (pass, elapsed, full) =>
    handled(reconnectDelayHandler, pass, context) ?? standard(pass, elapsed, full);
}

/** nats.js's way: one of its options is enough. */
function toFixed(
  options: ConnectionOptions,
  addresses: readonly Address[],
  random: Random,
  context: CallbackContext,
): Delay | undefined {
  const { reconnectTimeWait, reconnectJitter, reconnectJitterTLS } = options;
  if ([reconnectTimeWait, reconnectJitter, reconnectJitterTLS].every((given) => given === undefined))
    return undefined;
  const wait = reconnectTimeWait ?? DEFAULT_TIME_WAIT;
  const plain = reconnectJitter ?? DEFAULT_JITTER;
  const tls = reconnectJitterTLS ?? DEFAULT_JITTER_TLS;
  return (_pass, _elapsed, full = false) =>
    fixed(full ? 2 * wait : wait, usesTls(options, addresses, context) ? tls : plain, random);
}

function toExponential(
  options: ConnectionOptions,
  addresses: readonly Address[],
  random: Random,
  context: CallbackContext,
): Delay {
  const backoff = options.backoff === undefined ? DEFAULT_BACKOFF : toBackoff(options.backoff);
  return (pass, elapsed, full = false) => {
    if (full) return further(backoff, pass, random);
    const share = usesTls(options, addresses, context) ? SHARE_TLS : SHARE;
    return exponential(backoff, pass, random, elapsed, share);
  };
}

/** Whether links are encrypted: by option, by URL, or because the last server has asked for it. */
function usesTls(
  options: ConnectionOptions,
  addresses: readonly Address[],
  context: CallbackContext,
): boolean {
  if (options.tls === null) return false;
  if (options.tls !== undefined) return true;
  if (addresses.some(({ scheme }) => scheme === "tls" || scheme === "wss")) return true;
  const info = context.info();
  return info?.tls_required === true || info?.tls_available === true;
}

/** `undefined` counts as absent; a limit that is not given makes room for the one that is. */
function toBackoff(given: Partial<BackoffOptions>): BackoffOptions {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const backoff: BackoffOptions = { ...DEFAULT_BACKOFF, ...present };
  if (given.max === undefined) backoff.max = Math.max(backoff.max, backoff.initial);
  if (given.initial === undefined) backoff.initial = Math.min(backoff.initial, backoff.max);
  return backoff;
}

/** What the handler says; undefined, and a report, when it throws or answers nonsense. */
function handled(
  handler: (attempt: number, info: DelayInfo) => number,
  pass: number,
  context: CallbackContext,
): number | undefined {
  let why: string;
  try {
    const delay = handler(pass, { error: context.lastError() });
    if (typeof delay === "number" && delay >= 0 && delay < 2 ** 31) return delay;
    dismissPromise(delay);
    why = `returned ${typeof delay === "number" ? delay : typeof delay}: it must return milliseconds`;
  } catch (cause) {
    why = `has thrown: ${describeCause(cause)}`;
  }
  const text = `option "reconnectDelayHandler" ${why}; the default wait is taken`;
  context.report(publicError(new CodedError("CALLBACK_FAILED", text, { option: "reconnectDelayHandler" })));
  return undefined;
}
