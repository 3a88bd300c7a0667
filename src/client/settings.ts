import { randomBytes } from "node:crypto";
import { type Address, parseAddress } from "../core/address.js";
import { DEFAULT_BACKOFF, type Random } from "../core/backoff.js";
import {
  DEFAULT_CONFIRM_INTERVAL,
  DEFAULT_HIGH_WATER,
  DEFAULT_STABLE_AFTER,
  type EngineOptions,
  type FailbackOptions,
} from "../core/options.js";
import { rememberLast } from "../core/remember-last.js";
import { inOnePiece } from "../core/texts.js";
import { checkTlsSchemes } from "../core/tls-policy.js";
import type { NamedAuthenticator } from "../interop/auth.js";
import { createInbox } from "../interop/nats-core.js";
import type { DialOptions } from "../io/dial.js";
import type { WebSocketSettings } from "../io/websocket-upgrade.js";
import { VERSION } from "../version.js";
import { checkSubject } from "../wire/subject.js";
import { toAuthenticators } from "./authenticators.js";
import { checkOptions } from "./check-options.js";
import { type CallbackContext, toDelay } from "./delays.js";
import { toDial } from "./dial-settings.js";
import { optionError } from "./option-error.js";
import type { ConnectionOptions } from "./options.js";
import { overflowOf } from "./overflow.js";
import { DEFAULT_LIMIT, type Limit, toLimit } from "./pending-limit.js";
import { toPreference } from "./preferred-servers.js";
import { toChoice } from "./server-choice.js";
import { hostOf, splitServers } from "./server-list.js";
import { type TlsSettings, toTls } from "./tls-options.js";
import { toWebSocket } from "./websocket-options.js";

const MIB = 1024 * 1024;

/** Defaults of the options that have a number; `promises.md` §3 and §4. */
export const DEFAULTS = {
  timeout: 5000,
  maxReconnectAttempts: -1,
  pingInterval: 20_000,
  maxPingOut: 2,
  stallTimeout: 5000,
  flusherTimeout: 60_000,
  partitionThreshold: 30_000,
  failbackInterval: 30_000,
  failbackStable: 10_000,
  lameDuckJitter: 5000,
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
  addresses: readonly Address[];
  authenticators: NamedAuthenticator[];
  tls: TlsSettings;
  websocket: WebSocketSettings;
  dial: DialOptions;
  /** ms of downtime from which on an outage is a partition. */
  partitionThreshold: number;
  /** What may wait in a subscription. */
  pendingLimit: Limit;
  options: ConnectionOptions;
}

/**
 * Checks the options and fills in the defaults.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the option
 */
export function toSettings(given: unknown, random: Random, context: CallbackContext): Settings {
  const options = checkOptions(given);
  const inboxPrefix = checkInboxPrefix(options.inboxPrefix);
  const authenticators = toAuthenticators(options);
  const tls = toTls(options.tls);
  const addresses = toAddresses(options);
  checkTlsSchemes(addresses, tls.policy);
  const { reconnectToServer } = options;
  const report = (error: Error) => context.report(error);
  return {
    options,
    addresses,
    authenticators,
    tls,
    websocket: toWebSocket(options.websocket),
    dial: toDial(options, random),
    partitionThreshold: options.partitionThreshold ?? DEFAULTS.partitionThreshold,
    pendingLimit: toLimit(options.pendingLimit, DEFAULT_LIMIT),
    engine: {
      connector: {
        maxReconnectAttempts: options.maxReconnectAttempts ?? DEFAULTS.maxReconnectAttempts,
        maxPasses: options.backoff?.maxAttempts ?? DEFAULT_BACKOFF.maxAttempts,
        delay: toDelay(options, addresses, random, context),
        choose: reconnectToServer === undefined ? undefined : toChoice(reconnectToServer, context),
        ignoreAuthErrorAbort: options.ignoreAuthErrorAbort ?? options.authenticator !== undefined,
        stableAfter: DEFAULT_STABLE_AFTER,
        preference: toPreference(options.preferredServers, addresses[0].scheme, report),
      },
      liveness: toLiveness(
        options.pingInterval ?? DEFAULTS.pingInterval,
        options.maxPingOut ?? DEFAULTS.maxPingOut,
        options.stallTimeout ?? DEFAULTS.stallTimeout,
        options.flusherTimeout ?? DEFAULTS.flusherTimeout,
      ),
      tls: tls.policy,
      connect: toConnect(options.verbose, options.pedantic, options.noEcho, options.name),
      inbox: inOnePiece(createInbox(inboxPrefix), "."),
      secret: toSecret(inboxPrefix ?? "_INBOX"),
      timeout: options.timeout ?? DEFAULTS.timeout,
      reconnect: options.reconnect ?? true,
      retryFirst: options.waitOnFirstConnect === true || options.retryOnFailedConnect === true,
      reconnectBufSize: options.reconnectBufSize || DEFAULTS.reconnectBufSize,
      maxBufferedMessages:
        options.maxBufferedMessages === undefined || options.maxBufferedMessages === -1
          ? Number.POSITIVE_INFINITY
          : options.maxBufferedMessages,
      overflow: overflowOf(options, report),
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
      move: toMove(options.moveSettle, options.lameDuckJitter ?? DEFAULTS.lameDuckJitter, random),
      failback: toFailback(options, random),
      standby: options.standby === true ? { delay: standbyDelay(random) } : undefined,
    },
  };
}

const toLiveness = rememberLast(
  (pingInterval: number, maxPingOut: number, stallTimeout: number, flusherTimeout: number) => ({
    pingInterval: Math.max(0, pingInterval),
    maxPingOut,
    stallTimeout,
    flusherTimeout,
  }),
);

const toConnect = rememberLast((verbose?: boolean, pedantic?: boolean, noEcho?: boolean, name?: string) => ({
  verbose: verbose ?? false,
  pedantic: pedantic ?? false,
  echo: !(noEcho ?? false),
  lang: "holdfast",
  version: VERSION,
  ...(name === undefined ? {} : { name }),
}));

/** Inboxes follow one another: who knows one can guess the next. */
const toSecret = rememberLast((prefix: string) => () => `${prefix}.${randomBytes(11).toString("hex")}.`);

const toMove = rememberLast((settle: number | undefined, jitter: number, random: Random) => ({
  settle,
  lameDuckDelay: () => jitter * random(),
}));

/** Without preferred servers there is nothing to go back to. Clients look for them at different times. */
function toFailback(
  { preferredServers, failback = {} }: ConnectionOptions,
  random: Random,
): FailbackOptions | undefined {
  if (preferredServers === undefined || failback === false) return undefined;
  const { interval = DEFAULTS.failbackInterval, stable = DEFAULTS.failbackStable } = failback;
  return { delay: () => interval * (0.5 + random()), stable };
}

/** Shortest and longest time between two attempts at a second link, ms: those of others that lost their server come first. */
const STANDBY_INITIAL = 2000;
const STANDBY_MAX = 60_000;

function standbyDelay(random: Random): (failures: number) => number {
  return (failures) =>
    Math.min(STANDBY_MAX, STANDBY_INITIAL * 2 ** Math.min(failures, 10)) * (0.5 + random());
}

function toAddresses(options: ConnectionOptions): readonly Address[] {
  if (options.port !== undefined) return [parseAddress(`127.0.0.1:${options.port}`)];
  return parseServers(options.servers ?? "127.0.0.1");
}

/**
 * Parses servers. One text may hold several, separated by commas, as in nats.go; what stands in an array is one server for each entry, commas in
 * passwords included. A text of which it cannot be told whether a comma stands between two servers or in a password is refused: the pieces of a
 * password would be dialled, and be seen in logs.
 *
 * @throws CodedError `INVALID_OPTION`
 */
export function parseServers(servers: string | readonly string[]): readonly Address[] {
  const isText = typeof servers === "string";
  const given = isText ? splitServers(servers) : servers;
  if (given === undefined) {
    throw optionError(
      "servers",
      'has a comma that may be part of a password: write it there as %2C (and "@" as %40), or give the servers as an array; credentials behind a server without any, or of another user, need a scheme such as "nats://"',
    );
  }
  const texts = given.filter((entry) => entry.trim() !== "");
  if (texts.length === 0) throw optionError("servers", "must name at least one server");
  return texts.some((entry) => UNKEPT.test(entry)) ? parseAll(texts) : parseAgain(texts.join(BETWEEN));
}

function parseAll(texts: readonly string[]): readonly Address[] {
  return texts.map((entry) => {
    if (!hostOf(entry).includes(",")) return parseAddress(entry);
    throw optionError("servers", "has an array with several servers in one entry: each has its own");
  });
}

/** Connections to the same servers share their addresses. */
const parseAgain = rememberLast((texts: string) => parseAll(texts.split(BETWEEN)));
const BETWEEN = "\n";
/** What may have credentials in it is not kept. */
const UNKEPT = /[@?\n]/;

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
