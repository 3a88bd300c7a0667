import { invalidOption } from "../../checks/invalid.js";
import { anObject, type Check, numberOf, type OtherNames, readOptions } from "../../checks/read-options.js";
import type { Attempt } from "../work/attempt.js";
import { type Decoder, makeDecoder } from "../work/decoder.js";
import { LONGEST_WAIT, type RetryDelay, retryDelays } from "../work/retry-delays.js";
import { isLiteralSubject } from "../work/subjects.js";
import { countOf, WORK_CHECKS, type WorkOptions } from "../work/work-options.js";
import type { Delivery } from "./delivery.js";
import { type ConsumerConfig, nameProblem, type StreamConfig } from "./jetstream.js";
import type { Wanted } from "./keeper.js";

/** What a handler of {@link consume} gets beside the data. */
export interface ConsumeContext extends Pick<Attempt<Delivery>, "subject" | "headers" | "msg" | "signal"> {
  /** Which try it is, from 1: those of other processes count as well, as far as the server knows of them. */
  readonly attempt: number;
  /** Stream that the message is in. */
  readonly stream: string;
  /** Sequence of the message in its stream. */
  readonly sequence: number;
  /** How often the server has delivered it, this time included. */
  readonly deliveryCount: number;
  /** Whether it was delivered before. */
  readonly redelivered: boolean;
  /** Tells the server that it is still being worked on. With option `working` that is done anyway. */
  working(): void;
}

/** Where messages go that are given up. */
export interface DeadLetterOptions {
  /** Subject of the dead letters: it has to be one of a stream. */
  subject: string;
  /** The stream that has to store them: a dead letter that another one would take is not stored. Default: whatever stream takes the subject. */
  stream?: string;
  /**
   * Makes, or adapts, the stream: true, or what it is to be like. A new one has the subject, the limits of `ensureStream()`, and knows message ids for
   * an hour (`duplicate_window`), so that a dead letter that is stored again in that time is there once. Needs `stream`. Default: false.
   */
  ensure?: boolean | Partial<StreamConfig>;
}

/** Options of {@link consume}. */
export interface ConsumeOptions<T = unknown> extends WorkOptions<T, Delivery, ConsumeContext> {
  /** Name of the stream. */
  stream: string;
  /** Name of the durable consumer. */
  durable: string;
  /**
   * Makes stream and consumer when they are not there, also when they are gone later, and changes what differs from what is said here; nothing is ever
   * deleted. `true` is for `{ stream: {}, consumer: {} }`. What is left out is not made. Default: nothing is made. See `ensureStream()` and
   * `ensureConsumer()` for what a new one is like.
   */
  ensure?:
    | boolean
    | { stream?: boolean | Partial<StreamConfig>; consumer?: boolean | Partial<ConsumerConfig> };
  /** JetStream domain. Default: the account's own. */
  domain?: string;
  /** Messages that are fetched beyond those being handled, so that the next one is there. Default: `concurrency`, but from 10 to 100. */
  prefetch?: number;
  /**
   * Tries of a message, those of other processes included. A message whose last try fails is given up. So is one that was delivered 20 times more
   * often than this without a result: it seems to end the processes that handle it. Default 5.
   */
  maxDeliver?: number;
  /**
   * Where messages go that are given up: a subject of a stream. A message is done with when its dead letter is stored, not before. Default:
   * nowhere, they are ended (`term`) and counted as discarded.
   */
  deadLetter?: string | DeadLetterOptions;
  /**
   * Where further tries happen. `"redeliver"`: the message is handed back (`nak` with the delay of `backoff`), and whoever gets it next tries again.
   * `"inPlace"`: it stays here and keeps its place, and its turn among messages with the same key. Default: `"inPlace"` with `key`, else `"redeliver"`.
   */
  retry?: "redeliver" | "inPlace";
  /** Tell the server of messages that are still being worked on, or wait for it, so that it does not deliver them again. Default true. */
  working?: boolean;
  /**
   * Wait for the server's word that it has got an acknowledgement, before the message counts as acknowledged; the next one is handled meanwhile.
   * Costs one message per acknowledgement. Default false: an acknowledgement that was lost is repeated when its message comes again.
   */
  confirmAcks?: boolean;
  /** ms that a call to JetStream's API may take. Default 2,000. */
  apiTimeout?: number;
}

/** The options as they are needed. */
export interface ConsumeSettings {
  readonly stream: string;
  readonly durable: string;
  readonly domain: string | undefined;
  readonly wanted: Wanted;
  readonly concurrency: number;
  readonly prefetch: number;
  readonly maxDeliver: number;
  readonly deadLetter: DeadLetterSettings | undefined;
  readonly isInPlace: boolean;
  readonly working: boolean;
  readonly confirmAcks: boolean;
  readonly timeout: number;
  readonly apiTimeout: number;
  readonly decode: Decoder;
  readonly delay: RetryDelay;
  readonly key: ((data: unknown, msg: Delivery) => string) | undefined;
  readonly onError: WorkOptions<unknown, Delivery, ConsumeContext>["onError"];
}

/** {@link DeadLetterOptions} as they are needed. */
export interface DeadLetterSettings {
  readonly subject: string;
  readonly stream: string | undefined;
  readonly ensure: Partial<StreamConfig> | undefined;
}

const LEAST_PREFETCH = 10;
const MOST_PREFETCH = 100;

const aBoolean: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
const booleanOrObject: Check = (value) =>
  typeof value === "boolean" || anObject(value) === undefined
    ? undefined
    : "must be true, false or an object";
const aSubject: Check = (value) =>
  isLiteralSubject(value) ? undefined : "must be a subject without wildcards and spaces";
const retryPlace: Check = (value) =>
  value === "redeliver" || value === "inPlace" ? undefined : 'must be "redeliver" or "inPlace"';

const CHECKS = {
  ...WORK_CHECKS,
  concurrency: countOf("messages", 1, 10_000),
  stream: nameProblem,
  durable: nameProblem,
  ensure: booleanOrObject,
  domain: nameProblem,
  prefetch: countOf("messages", 0, 10_000),
  maxDeliver: countOf("tries", 1, 1_000_000),
  deadLetter: (value: unknown) =>
    typeof value === "string"
      ? aSubject(value)
      : anObject(value) === undefined
        ? undefined
        : "must be a subject or an object",
  retry: retryPlace,
  working: aBoolean,
  confirmAcks: aBoolean,
  apiTimeout: numberOf("milliseconds", 1, LONGEST_WAIT),
};
const OTHER_NAMES: OtherNames<ConsumeOptions> = {
  retries: "maxDeliver",
  maxRetries: "maxDeliver",
  consumer: "durable",
  durable_name: "durable",
};
const ENSURE_CHECKS = { stream: booleanOrObject, consumer: booleanOrObject };
const DEAD_LETTER_CHECKS = { subject: aSubject, stream: nameProblem, ensure: booleanOrObject };

/** @throws an error with code `INVALID_OPTION` and the option's name */
export function readConsumeOptions<T>(given: ConsumeOptions<T>): ConsumeSettings {
  const options = readOptions<ConsumeOptions>(given, CHECKS, "", OTHER_NAMES);
  const { stream, durable, concurrency = 1, timeout = 30_000, maxDeliver = 5, key, onError } = options;
  if (stream === undefined) throw invalidOption("stream", "is missing");
  if (durable === undefined) throw invalidOption("durable", "is missing");
  const prefetch = Math.min(Math.max(concurrency, LEAST_PREFETCH), MOST_PREFETCH);
  return {
    stream,
    durable,
    domain: options.domain,
    wanted: readEnsure(options.ensure, durable),
    concurrency,
    prefetch: options.prefetch ?? prefetch,
    maxDeliver,
    deadLetter: readDeadLetter(options.deadLetter),
    isInPlace: (options.retry ?? (key === undefined ? "redeliver" : "inPlace")) === "inPlace",
    working: options.working ?? true,
    confirmAcks: options.confirmAcks ?? false,
    timeout,
    apiTimeout: options.apiTimeout ?? 2_000,
    decode: makeDecoder(options),
    delay: retryDelays(options.backoff),
    key,
    onError,
  };
}

function readEnsure(given: ConsumeOptions["ensure"], durable: string): Wanted {
  if (typeof given !== "object") {
    const made = given === true ? {} : undefined;
    return { stream: made, consumer: made };
  }
  const { stream, consumer } = readOptions<Exclude<typeof given, boolean>>(given, ENSURE_CHECKS, "ensure");
  const name = objectOf(consumer)?.durable_name;
  if (name !== undefined && name !== durable) {
    throw invalidOption("ensure.consumer.durable_name", `must be option "durable", or be left out`);
  }
  return { stream: objectOf(stream), consumer: objectOf(consumer) };
}

function readDeadLetter(given: ConsumeOptions["deadLetter"]): DeadLetterSettings | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "string") return { subject: given, stream: undefined, ensure: undefined };
  const options = readOptions<DeadLetterOptions>(given, DEAD_LETTER_CHECKS, "deadLetter");
  const { subject, stream } = options;
  if (subject === undefined) throw invalidOption("deadLetter.subject", "is missing");
  const ensure = objectOf(options.ensure);
  if (ensure !== undefined && stream === undefined) {
    throw invalidOption("deadLetter.stream", "is missing: deadLetter.ensure makes it");
  }
  return { subject, stream, ensure };
}

function objectOf<C extends object>(given: boolean | C | undefined): Partial<C> | undefined {
  if (typeof given === "object") return { ...given };
  return given === true ? {} : undefined;
}
