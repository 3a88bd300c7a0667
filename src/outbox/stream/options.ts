import { invalidArgument } from "../../checks/invalid.js";
import { type Check, numberOf, type OtherNames, readOptions } from "../../checks/read-options.js";
import type { MsgHdrs } from "../../index.js";

/** Waits between the tries of a message, ms. */
export interface RetryBackoff {
  /** Wait before the second try, ms. Default 100. */
  initial?: number;
  /** Longest wait, ms. Default 5,000. */
  max?: number;
  /** Growth from one wait to the next. Default 2. */
  factor?: number;
  /** Each wait is longer or shorter by up to this part of it, never over `max`. Default 0.2. */
  jitter?: number;
}

/** Options of `streamPublisher()`. */
export interface StreamPublisherOptions {
  /**
   * The stream that is to store the messages: another one refuses them (`Nats-Expected-Stream`), and a subject that is not of it is found out. Default: whichever
   * stream has the subject.
   */
  stream?: string;
  /** Messages that are on the way at the same time, without a PubAck. Default 256; 1 to 65,536. */
  window?: number;
  /** Further tries of a message after the first; `Infinity`: until the connection is closed. Default 10. */
  retries?: number;
  /** ms that a PubAck may take, each try. Default 5,000. */
  timeout?: number;
  /** Keep the order of the `publish()` calls in the stream, also when some of them have to be sent again. Default true. */
  ordered?: boolean;
  /** Waits between tries; a lost connection is waited for, however long it takes. */
  backoff?: RetryBackoff;
  /** Messages without an outcome, beyond which `publish()` rejects with `BUFFER_FULL`. Default 10,000. */
  maxPending?: number;
  /** The same by their bytes (payloads and given headers). Default 64 MiB. */
  maxPendingBytes?: number;
  /** What health and metrics call it. Default: the stream's name, or `"publisher"`. */
  name?: string;
  /** JetStream domain, for looking up the stream. Default: the account's own. */
  domain?: string;
}

/** What a stream has to be like for a message to be stored, as in `@nats-io/jetstream`. */
export interface Expectations {
  /** Name of the stream; default: option `stream` of the publisher. */
  streamName?: string;
  /** Sequence of the stream's last message. */
  lastSequence?: number;
  /** Sequence of the last message with the same subject. */
  lastSubjectSequence?: number;
  /** The subject, or wildcard, for `lastSubjectSequence`. */
  lastSubjectSequenceSubject?: string;
}

/** Options of one message. */
export interface StreamPublishOptions {
  /** Its `Nats-Msg-Id`: the stream stores no second message with it within its duplicate window. Default: one that was never used. */
  msgID?: string;
  /** Its headers, copied. Those that JetStream reads count as well, where none of the options here says otherwise. Default: none. */
  headers?: MsgHdrs;
  /** Encoded headers as an `Overflow` has got them, instead of `headers`. */
  encodedHeaders?: Uint8Array;
  /** ms that a PubAck may take, each try. Default: the publisher's. */
  timeout?: number;
  /** Further tries. Default: the publisher's. */
  retries?: number;
  /** What must hold, or it is refused for good. Such a message waits until everything before it has its outcome, and has the window for itself. */
  expect?: Expectations;
}

/** A message of `publishBatch()`. */
export interface BatchMessage {
  /** The subject that it is published to, one of the stream. */
  readonly subject: string;
  /** What it carries; text as UTF-8. Default: nothing. */
  readonly payload?: Uint8Array | string;
  /** Its headers. Default: none. */
  readonly headers?: MsgHdrs;
  /** Its `Nats-Msg-Id`. Default: one that was never used; then a lost answer is found out about. */
  readonly msgID?: string;
}

/** Options of `publishBatch()`. */
export interface BatchOptions {
  /** ms that the answer to the whole batch may take, each try. Default: the publisher's. */
  timeout?: number;
  /** Further tries. Default: the publisher's. */
  retries?: number;
}

/** {@link StreamPublisherOptions} as they are needed. */
export interface PublisherSettings {
  readonly stream: string | undefined;
  readonly domain: string | undefined;
  readonly name: string;
  readonly window: number;
  readonly retries: number;
  readonly timeout: number;
  readonly ordered: boolean;
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  /** The wait after so many failures in a row, from 1, ms. */
  readonly delay: (failures: number) => number;
}

/** The longest that a timer of Node can wait, ms. */
export const LONGEST_WAIT = 2 ** 31 - 1;

const CHECKS = {
  stream: nameProblem,
  domain: nameProblem,
  window: countOf("messages", 1, 65_536),
  retries: (value: unknown) =>
    value === Number.POSITIVE_INFINITY || Number.isInteger(value)
      ? numberOf("tries", 0, Number.POSITIVE_INFINITY)(value)
      : "must be a whole number of tries, or Infinity",
  timeout: numberOf("milliseconds", 1, LONGEST_WAIT),
  ordered: (value: unknown) => (typeof value === "boolean" ? undefined : "must be true or false"),
  backoff: (value: unknown) =>
    typeof value === "object" && value !== null ? undefined : "must be an object",
  maxPending: countOf("messages", 1, 10_000_000),
  maxPendingBytes: countOf("bytes", 1, Number.MAX_SAFE_INTEGER),
  name: (value: unknown) =>
    typeof value === "string" && value !== "" && value.length <= 255 ? undefined : "must be a name",
};
const BACKOFF_CHECKS = {
  initial: numberOf("milliseconds", 0, LONGEST_WAIT),
  max: numberOf("milliseconds", 0, LONGEST_WAIT),
  factor: numberOf("times", 1, 1000),
  jitter: numberOf("parts", 0, 1),
};
const OTHER_NAMES: OtherNames<StreamPublisherOptions> = {
  maxRetries: "retries",
  tries: "retries",
  maxInFlight: "window",
  inFlight: "window",
  ackTimeout: "timeout",
  streamName: "stream",
  maxBytes: "maxPendingBytes",
};

/** @throws an error with code `INVALID_OPTION` and the option's name */
export function readPublisherOptions(
  given: StreamPublisherOptions | undefined,
  random: () => number = Math.random,
): PublisherSettings {
  const options = readOptions<StreamPublisherOptions>(given, CHECKS, "", OTHER_NAMES);
  const { stream } = options;
  return {
    stream,
    domain: options.domain,
    name: options.name ?? stream ?? "publisher",
    window: options.window ?? 256,
    retries: options.retries ?? 10,
    timeout: options.timeout ?? 5_000,
    ordered: options.ordered ?? true,
    maxPending: options.maxPending ?? 10_000,
    maxPendingBytes: options.maxPendingBytes ?? 64 * 1024 * 1024,
    delay: delays(options.backoff, random),
  };
}

function delays(given: RetryBackoff | undefined, random: () => number): PublisherSettings["delay"] {
  const options = readOptions<RetryBackoff>(given, BACKOFF_CHECKS, "backoff");
  const { initial = 100, max = 5_000, factor = 2, jitter = 0.2 } = options;
  return (failures) => {
    const wait = Math.min(max, initial * factor ** Math.min(failures - 1, 1000));
    return Math.round(Math.min(max, wait * (1 + jitter * (2 * random() - 1))));
  };
}

const MESSAGE_CHECKS = {
  msgID: idProblem,
  headers: (value: unknown) =>
    typeof value === "object" && value !== null && Symbol.iterator in value && "code" in value
      ? undefined
      : "must be made by headers()",
  encodedHeaders: (value: unknown) => (value instanceof Uint8Array ? undefined : "must be a Uint8Array"),
  timeout: CHECKS.timeout,
  retries: CHECKS.retries,
  expect: CHECKS.backoff,
};
const EXPECT_CHECKS = {
  streamName: nameProblem,
  lastSequence: countOf("messages", 0, Number.MAX_SAFE_INTEGER),
  lastSubjectSequence: countOf("messages", 0, Number.MAX_SAFE_INTEGER),
  lastSubjectSequenceSubject: textProblem,
};

/** The options of one message, with its expectations checked. @throws an error with code `INVALID_OPTION` */
export function readPublishOptions(given: StreamPublishOptions): StreamPublishOptions {
  const options = readOptions<StreamPublishOptions>(given, MESSAGE_CHECKS, "", {
    msgId: "msgID",
    id: "msgID",
  });
  if (options.expect !== undefined) {
    options.expect = readOptions<Expectations>(options.expect, EXPECT_CHECKS, "expect");
  }
  return options;
}

/** @throws an error with code `INVALID_OPTION` */
export function readBatchOptions(given: BatchOptions | undefined): BatchOptions {
  return readOptions<BatchOptions>(given, { timeout: CHECKS.timeout, retries: CHECKS.retries });
}

const ENDING_CHECKS = { timeout: numberOf("milliseconds", 0, LONGEST_WAIT) };

/** Option `timeout` of `flush()` and `stop()`. @throws an error with code `INVALID_OPTION` */
export function readTimeout(given: { timeout?: number } | undefined): number | undefined {
  // As the listener of a signal it gets what nobody has meant as its options.
  if (typeof given !== "object" || given === null) return undefined;
  return readOptions<{ timeout?: number }>(given, ENDING_CHECKS).timeout;
}

/** @throws an error with code `INVALID_ARGUMENT` */
export function checkMessage(subject: unknown, payload: unknown): void {
  if (typeof subject !== "string" || subject === "") throw invalidArgument("a subject must be a string");
  if (payload === undefined || typeof payload === "string" || payload instanceof Uint8Array) return;
  throw invalidArgument("a payload must be a string or a Uint8Array");
}

/** What is wrong with a message id, if anything is. */
export function idProblem(value: unknown): string | undefined {
  const wrong = textProblem(value);
  if (wrong !== undefined) return wrong;
  // The server trims it, so that two of them could be the same.
  return (value as string).trim() === value ? undefined : "must not begin or end with white space";
}

function textProblem(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return "must be a string that is not empty";
  return /[\r\n\0]/.test(value) ? "must not contain a line break or NUL" : undefined;
}

function nameProblem(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return "must be a name";
  if (value.length > 255) return "must be a name of at most 255 characters";
  return /[\s.*>/\\\p{Cc}]/u.test(value) ? "must not contain white space, or any of . * > / \\" : undefined;
}

function countOf(of: string, min: number, max: number): Check {
  const isNumber = numberOf(of, min, max);
  return (value) =>
    isNumber(value) ?? (Number.isInteger(value) ? undefined : `must be a whole number of ${of}`);
}
