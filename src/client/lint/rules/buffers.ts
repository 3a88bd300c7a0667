import { sizeText, spanText } from "../../diagnosis/words.js";
import { DEFAULT_LIMIT } from "../../pending-limit.js";
import { DEFAULTS } from "../../settings.js";
import type { Found, LintContext, Rule } from "../rule.js";

/** Part of the memory that one buffer may take. */
const PART = 1 / 4;
/** Bytes, and messages, that are gone in an instant. */
const FEW_BYTES = 64 * 1024;
const FEW_MESSAGES = 100;
/** ms of confirmed messages that are replayed, from which on duplicates are many. */
const LONG_MARGIN = 5000;
/** ms that a replay may be held back. */
const LONG_HOLD = 30_000;

function none({ options }: LintContext): Found | undefined {
  if (options.reconnectBufSize !== -1 || options.outbox !== undefined) return undefined;
  return {
    level: "warning",
    option: "reconnectBufSize",
    message: "nothing is buffered during an outage: reconnectBufSize is -1",
    why: "publish() throws DISCONNECTED from the first instant of every outage, however short",
    advice: [
      "reconnectBufSize: 0, the default of 8 MiB",
      "critical: true on those publishes that must not wait",
    ],
  };
}

function small({ options }: LintContext): Found | undefined {
  const { reconnectBufSize = 0, maxBufferedMessages = -1, outbox } = options;
  if (outbox !== undefined) return undefined;
  const fewBytes = reconnectBufSize > 0 && reconnectBufSize < FEW_BYTES;
  const fewMessages = maxBufferedMessages > 0 && maxBufferedMessages < FEW_MESSAGES;
  if (!fewBytes && !fewMessages) return undefined;
  return {
    level: "hint",
    option: fewBytes ? "reconnectBufSize" : "maxBufferedMessages",
    message: fewBytes
      ? `${sizeText(reconnectBufSize)} are buffered during an outage`
      : `${maxBufferedMessages} messages are buffered during an outage`,
    why: "that is full within the shortest outage, and the overflow policy decides from then on",
    advice: [
      fewBytes ? "reconnectBufSize: 8388608" : "maxBufferedMessages: -1, the limit is reconnectBufSize then",
    ],
  };
}

function tooLarge(
  context: LintContext,
  option: "reconnectBufSize" | "maxPending",
  standard: number,
): Found | undefined {
  const { heapLimit } = context;
  const size = context.options[option] || standard;
  if (size <= heapLimit * PART) return undefined;
  return {
    level: size >= heapLimit ? "error" : "warning",
    option,
    message: `${option} is ${sizeText(size)}, and the process may have ${sizeText(heapLimit)}`,
    why: "the process runs out of memory before the limit is reached, and all that waited is lost with it",
    advice: [
      `${option}: ${Math.max(FEW_BYTES, Math.floor((heapLimit * PART) / FEW_BYTES) * FEW_BYTES)}, a quarter of the memory, or less`,
      "outbox: for what must survive a long outage, on disk",
    ],
  };
}

function drops({ options }: LintContext): Found | undefined {
  const { overflow } = options;
  if (overflow !== "drop-oldest" && overflow !== "drop-newest") return undefined;
  return {
    level: "hint",
    option: "overflow",
    message: `messages are dropped in a long outage, and publish() does not tell: overflow is "${overflow}"`,
    why: "the `messageLost` event and the counters are the only ones who do",
    advice: ["listen to `messageLost`", 'overflow: "reject", or outbox, for what must not be lost'],
  };
}

function once({ options }: LintContext): Found | undefined {
  if (options.delivery !== "at-most-once") return undefined;
  const { outbox, replayMargin = 0 } = options;
  if (outbox !== undefined)
    return {
      level: "warning",
      option: "delivery",
      message: 'there is an outbox, and delivery is "at-most-once"',
      why: "publishDurable() refuses what must not be written twice, and what was on a link that is lost is not sent again",
      advice: ['delivery: "at-least-once"'],
    };
  if (replayMargin > 0)
    return {
      level: "warning",
      option: "replayMargin",
      message: `replayMargin is ${replayMargin}, and delivery is "at-most-once": nothing is written twice`,
      why: "what should be replayed is not",
      advice: ['delivery: "at-least-once"', "replayMargin: 0"],
    };
  return {
    level: "hint",
    option: "delivery",
    message: 'what is on the way when a link is lost is not sent again: delivery is "at-most-once"',
    why: "what waits in the buffer is sent after the reconnect, and what was written just before the loss is gone: each outage costs some messages",
    advice: ['delivery: "at-least-once"', "replay: false on those publishes that must not come twice"],
  };
}

function margin({ options }: LintContext): Found | undefined {
  const { replayMargin = 0 } = options;
  if (replayMargin <= LONG_MARGIN || options.delivery === "at-most-once") return undefined;
  return {
    level: "hint",
    option: "replayMargin",
    message: `what was confirmed within ${spanText(replayMargin)} is sent again after a crash of the server`,
    why: "servers pass on what they have confirmed within milliseconds: all but the last of it are duplicates, and all of it is kept in memory",
    advice: ["replayMargin: 1000"],
  };
}

function hold({ options }: LintContext): Found | undefined {
  const { beforeReplay, beforeReplayTimeout = DEFAULTS.beforeReplayTimeout } = options;
  if (beforeReplay === undefined || beforeReplayTimeout <= LONG_HOLD) return undefined;
  return {
    level: "hint",
    option: "beforeReplayTimeout",
    message: `beforeReplay may hold everything back for ${spanText(beforeReplayTimeout)} after a reconnect`,
    why: "what is published meanwhile waits in the buffer, as in an outage",
    advice: ["beforeReplayTimeout: 5000"],
  };
}

function unboundedQueue({ options }: LintContext): Found | undefined {
  const { messages = DEFAULT_LIMIT.messages, bytes = DEFAULT_LIMIT.bytes } = options.pendingLimit ?? {};
  const isUnbounded = (limit: number) => limit === -1 || limit === Number.POSITIVE_INFINITY;
  if (!isUnbounded(bytes)) return undefined;
  const both = isUnbounded(messages);
  return {
    level: "warning",
    option: "pendingLimit.bytes",
    message: both
      ? "queues of subscriptions have no limit: pendingLimit.messages and pendingLimit.bytes are unlimited"
      : `queues of subscriptions may hold ${messages} messages of any size: pendingLimit.bytes is unlimited`,
    why: "a handler that is slower than what comes in fills the memory, and the process ends without having told of a slow consumer",
    advice: [
      "pendingLimit: { messages: 500000, bytes: 67108864 }, the default, and an eye on `slowConsumer`",
    ],
  };
}

function largeQueue({ options, heapLimit }: LintContext): Found | undefined {
  const bytes = options.pendingLimit?.bytes ?? DEFAULT_LIMIT.bytes;
  if (bytes === -1 || bytes === Number.POSITIVE_INFINITY || bytes <= heapLimit * PART) return undefined;
  return {
    level: "warning",
    option: "pendingLimit.bytes",
    message: `the queue of each subscription may hold ${sizeText(bytes)}, and the process may have ${sizeText(heapLimit)}`,
    why: "two slow handlers are enough to end the process",
    advice: [
      `pendingLimit.bytes: ${Math.max(FEW_BYTES, Math.floor((heapLimit * PART) / FEW_BYTES) * FEW_BYTES)}`,
    ],
  };
}

/** What waits, and how much of it. */
export const BUFFERS: readonly Rule[] = [
  { name: "no-buffer", check: none },
  { name: "small-buffer", check: small },
  {
    name: "large-buffer",
    check: (context) => tooLarge(context, "reconnectBufSize", DEFAULTS.reconnectBufSize),
  },
  { name: "large-window", check: (context) => tooLarge(context, "maxPending", DEFAULTS.maxPending) },
  { name: "silent-drops", check: drops },
  { name: "at-most-once", check: once },
  { name: "long-margin", check: margin },
  { name: "long-hold", check: hold },
  { name: "unbounded-queue", check: unboundedQueue },
  { name: "large-queue", check: largeQueue },
];
