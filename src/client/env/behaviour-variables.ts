import { DEFAULT_BACKOFF } from "../../core/backoff.js";
import { POLICIES } from "../../core/overflow.js";
import { DEFAULT_LIMIT } from "../pending-limit.js";
import { DEFAULTS } from "../settings.js";
import { choice, choiceOr, count, duration, factor, flag, size, unlimitedOr } from "./kinds.js";
import { showDuration as ms, showSize } from "./show.js";
import type { Theme } from "./variable.js";

const YES = "true";
const NO = "false";
const UNLIMITED = "unlimited";

/** How a connection behaves once there is one, and when it is lost. */
export const BEHAVIOUR_THEMES = [
  {
    title: "Reconnecting",
    variables: [
      {
        name: "NATS_RECONNECT",
        option: "reconnect",
        kind: flag,
        doc: "reconnect when the link is lost",
        standard: YES,
      },
      {
        name: "NATS_MAX_RECONNECT_ATTEMPTS",
        option: "maxReconnectAttempts",
        kind: count,
        doc: "failed attempts in a row after which a server leaves the pool; -1: never",
        standard: `${DEFAULTS.maxReconnectAttempts}`,
      },
      {
        name: "NATS_BACKOFF_INITIAL",
        option: "backoff.initial",
        kind: duration,
        doc: "wait after the first pass through the servers",
        standard: ms(DEFAULT_BACKOFF.initial),
      },
      {
        name: "NATS_BACKOFF_MAX",
        option: "backoff.max",
        kind: duration,
        doc: "longest wait",
        standard: ms(DEFAULT_BACKOFF.max),
      },
      {
        name: "NATS_BACKOFF_FACTOR",
        option: "backoff.factor",
        kind: factor,
        doc: "growth from one wait to the next",
        standard: `${DEFAULT_BACKOFF.factor}`,
      },
      {
        name: "NATS_BACKOFF_JITTER",
        option: "backoff.jitter",
        kind: choiceOr(factor, "spread", "full"),
        doc: "how waits are spread; a number from 0 to 1: the wait ± that part",
        standard: `${DEFAULT_BACKOFF.jitter}`,
      },
      {
        name: "NATS_BACKOFF_MAX_ATTEMPTS",
        option: "backoff.maxAttempts",
        kind: unlimitedOr(count),
        doc: "passes in one outage before giving up",
        standard: UNLIMITED,
      },
      {
        name: "NATS_RECONNECT_TIME_WAIT",
        option: "reconnectTimeWait",
        kind: duration,
        doc: "fixed wait between passes, instead of NATS_BACKOFF_*",
      },
      {
        name: "NATS_RECONNECT_JITTER",
        option: "reconnectJitter",
        kind: duration,
        doc: "up to so much more, at random",
        standard: "100ms with NATS_RECONNECT_TIME_WAIT",
      },
      {
        name: "NATS_RECONNECT_JITTER_TLS",
        option: "reconnectJitterTLS",
        kind: duration,
        doc: "the same where TLS is used",
        standard: "1s with NATS_RECONNECT_TIME_WAIT",
      },
      {
        name: "NATS_RESUBSCRIBE_ON_PERMISSION",
        option: "resubscribeOnPermission",
        kind: flag,
        doc: "subscriptions that the server refuses are tried again at every reconnect",
        standard: NO,
      },
      {
        name: "NATS_PARTITION_THRESHOLD",
        option: "partitionThreshold",
        kind: duration,
        doc: "downtime from which on a `partition` event follows the `reconnect`",
        standard: ms(DEFAULTS.partitionThreshold),
      },
    ],
  },
  {
    title: "Detecting a dead link",
    variables: [
      {
        name: "NATS_PING_INTERVAL",
        option: "pingInterval",
        kind: duration,
        doc: "time between PINGs; 0: none",
        standard: ms(DEFAULTS.pingInterval),
      },
      {
        name: "NATS_MAX_PING_OUT",
        option: "maxPingOut",
        kind: count,
        doc: "PINGs without any sign of life that are borne",
        standard: `${DEFAULTS.maxPingOut}`,
      },
      {
        name: "NATS_STALL_TIMEOUT",
        option: "stallTimeout",
        kind: duration,
        doc: "silence that is borne while bytes wait for a confirmation; 0: any",
        standard: ms(DEFAULTS.stallTimeout),
      },
      {
        name: "NATS_FLUSHER_TIMEOUT",
        option: "flusherTimeout",
        kind: duration,
        doc: "how long bytes may wait for the system to take them; 0: any",
        standard: ms(DEFAULTS.flusherTimeout),
      },
    ],
  },
  {
    title: "Delivery and buffers",
    variables: [
      {
        name: "NATS_DELIVERY",
        option: "delivery",
        kind: choice("at-least-once", "at-most-once"),
        doc: "whether what is not confirmed is written again",
        standard: "at-least-once",
      },
      {
        name: "NATS_RECONNECT_BUF_SIZE",
        option: "reconnectBufSize",
        kind: size,
        doc: "what is accepted during an outage; -1: nothing",
        standard: showSize(DEFAULTS.reconnectBufSize),
      },
      {
        name: "NATS_MAX_BUFFERED_MESSAGES",
        option: "maxBufferedMessages",
        kind: unlimitedOr(count),
        doc: "messages that are accepted during an outage",
        standard: UNLIMITED,
      },
      {
        name: "NATS_OVERFLOW",
        option: "overflow",
        kind: choice(...POLICIES),
        doc: "what becomes of a message for which there is no room",
        standard: "reject",
      },
      {
        name: "NATS_MAX_PENDING",
        option: "maxPending",
        kind: size,
        doc: "what may be unconfirmed while connected",
        standard: showSize(DEFAULTS.maxPending),
      },
      {
        name: "NATS_REPLAY_MARGIN",
        option: "replayMargin",
        kind: duration,
        doc: "how long confirmed messages are kept, and replayed after an unclean death",
        standard: ms(DEFAULTS.replayMargin),
      },
      {
        name: "NATS_BEFORE_REPLAY_TIMEOUT",
        option: "beforeReplayTimeout",
        kind: duration,
        doc: "deadline of the program's `beforeReplay`",
        standard: ms(DEFAULTS.beforeReplayTimeout),
      },
    ],
  },
  {
    title: "Receiving",
    variables: [
      {
        name: "NATS_PENDING_LIMIT_MESSAGES",
        option: "pendingLimit.messages",
        kind: unlimitedOr(count),
        doc: "messages that may wait in a subscription",
        standard: `${DEFAULT_LIMIT.messages}`,
      },
      {
        name: "NATS_PENDING_LIMIT_BYTES",
        option: "pendingLimit.bytes",
        kind: unlimitedOr(size),
        doc: "the same in bytes",
        standard: showSize(DEFAULT_LIMIT.bytes),
      },
      {
        name: "NATS_PENDING_LIMIT_POLICY",
        option: "pendingLimit.policy",
        kind: choice("drop-newest", "drop-oldest"),
        doc: "what goes when more waits",
        standard: "drop-newest",
      },
      {
        name: "NATS_NO_ECHO",
        option: "noEcho",
        kind: flag,
        doc: "do not deliver our own messages to us",
        standard: NO,
      },
    ],
  },
  {
    title: "Shutting down",
    variables: [
      {
        name: "NATS_DRAIN_TIMEOUT",
        option: "drainTimeout",
        kind: duration,
        doc: "deadline of `drain()`",
        standard: ms(DEFAULTS.drainTimeout),
      },
      {
        name: "NATS_CLOSE_TIMEOUT",
        option: "closeTimeout",
        kind: duration,
        doc: "deadline of `close()`",
        standard: ms(DEFAULTS.closeTimeout),
      },
    ],
  },
  {
    title: "Looking closer",
    variables: [
      {
        name: "NATS_DEBUG",
        option: "debug",
        kind: flag,
        doc: "print the protocol lines to stderr, without payloads and credentials",
        standard: NO,
      },
      { name: "NATS_VERBOSE", option: "verbose", kind: flag, doc: "ask the server for `+OK`s", standard: NO },
      {
        name: "NATS_PEDANTIC",
        option: "pedantic",
        kind: flag,
        doc: "ask the server for strict checks",
        standard: NO,
      },
      {
        name: "NATS_NO_ASYNC_TRACES",
        option: "noAsyncTraces",
        kind: flag,
        doc: "`false`: errors of requests say where the request was made",
        standard: YES,
      },
    ],
  },
] as const satisfies readonly Theme[];
