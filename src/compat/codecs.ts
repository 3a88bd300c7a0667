import { ErrorCode } from "./error-codes.js";
import { NatsError } from "./nats-error.js";

/** Turns values into payloads and back. */
export interface Codec<T> {
  /** Throws a `NatsError` with code `BAD_JSON` when the value has no JSON. */
  encode(value: T): Uint8Array;
  /** Throws a `NatsError` with code `BAD_JSON` when it is not JSON. */
  decode(bytes: Uint8Array): T;
}

/** Reads values of JSON as they are wanted: the second argument of `JSON.parse`. */
// biome-ignore lint/suspicious/noExplicitAny: the type of JSON.parse's reviver
export type ReviverFn = (key: string, value: any) => any;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/** Texts as UTF-8. */
export function StringCodec(): Codec<string> {
  return {
    encode: (text) => ENCODER.encode(text),
    decode: (bytes) => DECODER.decode(bytes),
  };
}

/** Values as JSON. `undefined` becomes `null`, since JSON has nothing for it. */
export function JSONCodec<T = unknown>(reviver?: ReviverFn): Codec<T> {
  return {
    encode: (value) => ENCODER.encode(badJson(() => JSON.stringify(value === undefined ? null : value))),
    decode: (bytes) => badJson(() => JSON.parse(DECODER.decode(bytes), reviver) as T),
  };
}

function badJson<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    throw NatsError.errorForCode(
      ErrorCode.BadJson,
      error instanceof Error ? error : new Error(String(error)),
    );
  }
}
