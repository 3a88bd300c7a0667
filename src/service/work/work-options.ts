import type { StandardSchemaV1 } from "@standard-schema/spec";
import { anObject, type Check, numberOf } from "../../checks/read-options.js";
import type { HoldfastError } from "../../index.js";
import type { Codec, CodecName } from "./codec.js";
import { LONGEST_WAIT, type RetryBackoff } from "./retry-delays.js";

/** Options that `handle()` and `consume()` share. */
export interface WorkOptions<T, M, C> {
  /** Messages that are handled at the same time, at most. Default 1: one after the other, in order. */
  concurrency?: number;
  /** How payloads are read and answers written. Default `"json"`. */
  codec?: CodecName | Codec<unknown>;
  /** A Standard Schema (zod, valibot, arktype, …): what it refuses is an invalid message, what it returns is what the handler gets. */
  schema?: StandardSchemaV1<unknown, T>;
  /** ms of one try, decoding included; 0: no limit. Default 30,000. */
  timeout?: number;
  /** Waits between tries. Default: 100 ms, doubling up to 10 s, ± 20 %. */
  backoff?: RetryBackoff;
  /**
   * The key of a message: messages with the same one are handled one after the other, in order, others beside them. Default: none. It is called
   * with every message before it gets a place, so messages are decoded before they wait. What it throws, or an answer that is no string, makes the message an invalid one.
   */
  key?: (data: T, msg: M) => string;
  /**
   * Told of every failed try, before the next one: with an error of code `HANDLER_FAILED` (`cause` is what the handler threw),
   * `HANDLER_TIMEOUT` or `INVALID_MESSAGE`. It is not waited for; what it throws, or rejects with, is told by the `error` event.
   */
  onError?: (error: HoldfastError, context: C) => unknown;
}

/** The data where the name of the codec says what it is; `M` is the message. */
export interface CodecData<M> {
  /** The message itself. */
  none: M;
  /** The payload as UTF-8 text. */
  string: string;
  /** The payload as it came. */
  bytes: Uint8Array;
}

/** Options with such a codec: a schema would say what the data is. */
export interface DataByName<N extends CodecName> {
  /** Name of the codec, which says what the data is. */
  codec: N;
  /** Not with such a codec. */
  schema?: undefined;
}

/** Options with a codec of one's own that says what the data is. */
export interface DataByCodec<T> {
  /** What reads payloads: the data is what its `decode()` returns. */
  codec: Codec<T>;
  /** Not here: what it returns would be the data. */
  schema?: undefined;
}

/** A whole number from `min` to `max`. */
export function countOf(of: string, min: number, max: number): Check {
  const isNumber = numberOf(of, min, max);
  return (value) =>
    isNumber(value) === undefined && Number.isInteger(value)
      ? undefined
      : `must be a whole number of ${of} from ${min} to ${max}`;
}

/** A function. */
export const aFunction: Check = (value) => (typeof value === "function" ? undefined : "must be a function");

/** Checked where they are used. */
export const anything: Check = () => undefined;

/** The checks of {@link WorkOptions}, for `readOptions()`. */
export const WORK_CHECKS = {
  concurrency: countOf("messages", 1, 1_000_000),
  codec: anything,
  schema: anything,
  timeout: numberOf("milliseconds", 0, LONGEST_WAIT),
  backoff: anObject,
  key: aFunction,
  onError: aFunction,
} as const satisfies Record<string, Check>;
