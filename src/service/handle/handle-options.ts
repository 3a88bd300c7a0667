import { invalidOption } from "../../checks/invalid.js";
import { type Check, type OtherNames, readOptions } from "../../checks/read-options.js";
import type { HandlerFacts, Msg, PendingLimit } from "../../index.js";
import type { HandlerContext } from "../work/attempt.js";
import { toCodec, type WholeCodec } from "../work/codec.js";
import { type Decoder, makeDecoder } from "../work/decoder.js";
import { type RetryDelay, retryDelays } from "../work/retry-delays.js";
import { isLiteralSubject, subjectMatches } from "../work/subjects.js";
import { anything, countOf, WORK_CHECKS, type WorkOptions } from "../work/work-options.js";

/** Options of {@link handle}. */
export interface HandleOptions<T = unknown> extends WorkOptions<T, Msg, HandlerContext> {
  /** Queue group: each message goes to one of its members. Default: none. */
  queue?: string;
  /**
   * Further tries after one that failed or was too slow, in this process and in the message's place. Default 2. Messages that cannot be read, and
   * those whose handler throws an `UnrecoverableError`, are not tried again.
   */
  retries?: number;
  /** Subject to which messages go that are given up, with headers that say why. Default: none, they are discarded. */
  deadLetter?: string;
  /**
   * Whether messages with a reply subject are answered. Default true. False for who only watches what is meant for others: two answers would
   * be one too many.
   */
  respond?: boolean;
  /** How much may wait and be at work; beyond it messages are dropped, and `slowConsumer` tells it. Default: option `pendingLimit` of `connect()`. */
  pendingLimit?: PendingLimit;
  /** When the server refuses the subscription: try again after every reconnect. Default: option `resubscribeOnPermission` of `connect()`. */
  resubscribeOnPermission?: boolean;
}

/** The options of a handler as it needs them. */
export interface HandleSettings
  extends Pick<
      HandleOptions,
      "queue" | "deadLetter" | "key" | "onError" | "pendingLimit" | "resubscribeOnPermission"
    >,
    Pick<HandlerFacts, "concurrency"> {
  readonly codec: WholeCodec;
  readonly decode: Decoder;
  readonly timeout: number;
  readonly retries: number;
  readonly delay: RetryDelay;
  readonly respond: boolean;
}

const aBoolean: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");

/** What would break the line of the protocol; the same as for every subscription. */
const BREAKS_LINE = /[\0- \x7f]/;

const aQueue: Check = (value) => {
  if (typeof value !== "string") return "must be a string";
  return BREAKS_LINE.test(value) ? "must have no white space and no control characters" : undefined;
};

const CHECKS = {
  ...WORK_CHECKS,
  queue: aQueue,
  retries: countOf("tries", 0, 1_000_000),
  deadLetter: (value: unknown) =>
    isLiteralSubject(value) ? undefined : "must be a subject without wildcards and spaces",
  respond: aBoolean,
  pendingLimit: anything,
  resubscribeOnPermission: anything,
};

const OTHER_NAMES: OtherNames<HandleOptions> = {
  retry: "retries",
  maxRetries: "retries",
  maxDeliver: "retries",
  queueGroup: "queue",
  group: "queue",
};

/** @throws an error with code `INVALID_OPTION` and the option's name */
export function readHandleOptions<T>(subject: string, given: HandleOptions<T> | undefined): HandleSettings {
  const options = readOptions<HandleOptions>(given, CHECKS, "", OTHER_NAMES);
  const { concurrency = 1, timeout = 30_000, retries = 2, respond = true, deadLetter } = options;
  if (deadLetter !== undefined && typeof subject === "string" && subjectMatches(subject, deadLetter)) {
    throw invalidOption("deadLetter", `is handled itself, by "${subject}": dead letters would come back`);
  }
  return {
    ...options,
    concurrency,
    timeout,
    retries,
    respond,
    codec: toCodec(options.codec),
    decode: makeDecoder(options),
    delay: retryDelays(options.backoff),
  };
}
