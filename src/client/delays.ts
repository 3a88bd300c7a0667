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
  // One function: each connection has its own, for hours, and it is called once a minute.
  return (pass, elapsed, full = false) => {
    const wanted = handled(options.reconnectDelayHandler, pass, context);
    if (wanted !== undefined) return wanted;
    const isTls = usesTls(options, addresses, context);
    return isFixed(options)
      ? toFixed(options, full, isTls, random)
      : toExponential(options, pass, elapsed, full, isTls, random);
  };
}

/** nats.js's way: one of its options is enough. */
function isFixed({ reconnectTimeWait, reconnectJitter, reconnectJitterTLS }: ConnectionOptions): boolean {
  return [reconnectTimeWait, reconnectJitter, reconnectJitterTLS].some((given) => given !== undefined);
}

function toFixed(options: ConnectionOptions, full: boolean, isTls: boolean, random: Random): number {
  const wait = options.reconnectTimeWait ?? DEFAULT_TIME_WAIT;
  const plain = options.reconnectJitter ?? DEFAULT_JITTER;
  const tls = options.reconnectJitterTLS ?? DEFAULT_JITTER_TLS;
  return fixed(full ? 2 * wait : wait, isTls ? tls : plain, random);
}

function toExponential(
  options: ConnectionOptions,
  pass: number,
  elapsed: number | undefined,
  full: boolean,
  isTls: boolean,
  random: Random,
): number {
  const backoff = options.backoff === undefined ? DEFAULT_BACKOFF : toBackoff(options.backoff);
  if (full) return further(backoff, pass, random);
  return exponential(backoff, pass, random, elapsed, isTls ? SHARE_TLS : SHARE);
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

/** What the handler says; undefined when there is none, and with a report when it throws or answers nonsense. */
function handled(
  handler: ((attempt: number, info: DelayInfo) => number) | undefined,
  pass: number,
  context: CallbackContext,
): number | undefined {
  if (handler === undefined) return undefined;
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
