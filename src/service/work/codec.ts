import { invalidOption } from "../../checks/invalid.js";
import type { Payload } from "../../index.js";
import { dismissPromise } from "./thenable.js";

/** What a codec reads: a message of core NATS, or of JetStream. */
export interface Encoded {
  /** The subject that it was published to; of an answer, the one that was asked. */
  readonly subject: string;
  /** The payload. */
  readonly data: Uint8Array;
  /** The payload as UTF-8 text. */
  string(): string;
}

/**
 * How payloads are read and answers are written.
 *
 * - `"json"` (default): an empty payload is `undefined`, in both directions.
 * - `"string"`: UTF-8 text.
 * - `"bytes"`: the payload as it came, a view of the read that it lies in; copy what is kept. Answers are strings or `Uint8Array`s.
 * - `"none"`: the handler gets the message itself. Answers as with `"bytes"`.
 */
export type CodecName = "json" | "string" | "bytes" | "none";

/** A codec of the application's own. What it throws makes the message an invalid one, or the handler fail. */
export interface Codec<T = unknown> {
  /** Reads the payload; may be asynchronous. */
  decode(msg: Encoded): T | Promise<T>;
  /** Writes an answer. Default: strings and `Uint8Array`s as they are. */
  encode?(value: unknown): Payload;
}

/** A codec whose encoder is there. */
export interface WholeCodec {
  /** Its name; undefined for one of the application's. */
  readonly name: CodecName | undefined;
  decode(msg: Encoded): unknown;
  /** @throws when the value cannot be encoded */
  encode(value: unknown): Payload;
}

const EMPTY = new Uint8Array(0);

const json: WholeCodec = {
  name: "json",
  decode(msg) {
    const text = msg.string();
    return text === "" ? undefined : JSON.parse(text);
  },
  encode(value) {
    if (value === undefined) return EMPTY;
    const text: unknown = JSON.stringify(value);
    if (typeof text !== "string") throw new TypeError(`JSON has nothing for a ${typeof value}`);
    return text;
  },
};
const string: WholeCodec = { name: "string", decode: (msg) => msg.string(), encode: asItIs };
const bytes: WholeCodec = { name: "bytes", decode: (msg) => msg.data, encode: asItIs };
const none: WholeCodec = { name: "none", decode: (msg) => msg, encode: asItIs };
const NAMED: Readonly<Record<CodecName, WholeCodec>> = { json, string, bytes, none };

/**
 * The codec of an option.
 *
 * @throws an error with code `INVALID_OPTION`
 */
export function toCodec(given: CodecName | Codec | undefined = "json"): WholeCodec {
  if (typeof given === "string" && Object.hasOwn(NAMED, given)) return NAMED[given];
  const isOne = typeof given === "object" && given !== null && typeof given.decode === "function";
  if (!isOne || (given.encode !== undefined && typeof given.encode !== "function")) {
    throw invalidOption("codec", 'must be "json", "string", "bytes", "none", or an object with decode()');
  }
  const { encode } = given;
  return {
    name: undefined,
    decode: (msg) => given.decode(msg),
    encode: encode === undefined ? asItIs : (value) => asItIs(encode.call(given, value)),
  };
}

function asItIs(value: unknown): Payload {
  if (value === undefined) return EMPTY;
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  dismissPromise(value);
  throw new TypeError(
    `an answer is a string or a Uint8Array here, not ${value === null ? "null" : typeof value}`,
  );
}
