import type { StandardSchemaV1 } from "@standard-schema/spec";
import { codedError } from "../../checks/coded-error.js";
import { invalidOption } from "../../checks/invalid.js";
import { stackless } from "../../errors.js";
import type { HoldfastError } from "../../index.js";
import type { Codec, CodecName, Encoded, WholeCodec } from "./codec.js";
import { toCodec } from "./codec.js";
import { issuesText } from "./schema-issues.js";

/**
 * Reads the payload of a message: what it holds, or a (native) promise for it. Throws, or rejects with, an `INVALID_MESSAGE` error whose
 * text has the subject and, for a schema, where and what is wrong, but nothing of the payload.
 */
export type Decoder<M extends Encoded = Encoded> = (msg: M) => unknown;

/** What makes a decoder. */
export interface DecoderOptions {
  codec?: CodecName | Codec;
  schema?: StandardSchemaV1;
}

/** @throws an error with code `INVALID_OPTION` (`codec`, `schema`) */
export function makeDecoder({ codec: given, schema }: DecoderOptions): Decoder {
  const codec = toCodec(given);
  const decode = decodeWith(codec);
  if (schema === undefined) return decode;
  if (codec.name === "none")
    throw invalidOption("schema", 'cannot be used with codec "none": nothing is decoded');
  const validate = validateWith(schema);
  return (msg) => {
    const value = decode(msg);
    return value instanceof Promise ? value.then((decoded) => validate(msg, decoded)) : validate(msg, value);
  };
}

/** Whether an error says that a message could not be read, however often it is tried. */
export function isInvalidMessage(error: HoldfastError): boolean {
  return error.code === "INVALID_MESSAGE";
}

function decodeWith(codec: WholeCodec): Decoder {
  const { name } = codec;
  if (name === "json") return decodeJson(codec);
  if (name !== undefined) return codec.decode;
  return (msg) => {
    const fail = (cause: unknown) => invalid(msg, "its codec cannot read it", cause);
    try {
      const value = codec.decode(msg);
      return isThenable(value) ? Promise.resolve(value).catch((cause) => Promise.reject(fail(cause))) : value;
    } catch (cause) {
      throw fail(cause);
    }
  };
}

function decodeJson({ decode }: WholeCodec): Decoder {
  return (msg) => {
    try {
      return decode(msg);
    } catch {
      // What JSON.parse() says quotes the payload.
      throw invalid(msg, `its ${msg.data.length} bytes are no JSON`);
    }
  };
}

function validateWith(schema: StandardSchemaV1): (msg: Encoded, value: unknown) => unknown {
  const standard = standardOf(schema);
  return (msg, value) => {
    const judge = (result: StandardSchemaV1.Result<unknown>): unknown => {
      if (result.issues === undefined) return result.value;
      throw invalid(msg, `its schema refuses it: ${issuesText(result.issues, standard.vendor)}`);
    };
    const fail = (cause: unknown) => invalid(msg, "its schema has failed", cause);
    let result: ReturnType<typeof standard.validate>;
    let isLater: boolean;
    try {
      result = standard.validate(value);
      isLater = isThenable(result);
    } catch (cause) {
      throw fail(cause);
    }
    if (!isLater) return judgeSafely(judge, result as StandardSchemaV1.Result<unknown>, fail);
    return Promise.resolve(result).then(
      (settled) => judgeSafely(judge, settled, fail),
      (cause) => Promise.reject(fail(cause)),
    );
  };
}

/** A result that is no result is the schema's failure. */
function judgeSafely(
  judge: (result: StandardSchemaV1.Result<unknown>) => unknown,
  result: StandardSchemaV1.Result<unknown>,
  fail: (cause: unknown) => HoldfastError,
): unknown {
  if (typeof result !== "object" || result === null) throw fail(undefined);
  return judge(result);
}

function standardOf(schema: StandardSchemaV1): StandardSchemaV1.Props<unknown, unknown> {
  try {
    const standard = schema["~standard"];
    if (typeof standard.validate === "function") return standard;
  } catch {
    // Said below.
  }
  throw invalidOption("schema", "must be a Standard Schema, such as those of zod, valibot and arktype");
}

function invalid({ subject }: Encoded, why: string, cause?: unknown): HoldfastError {
  return stackless(codedError, "INVALID_MESSAGE", `the message on "${subject}" is invalid: ${why}`, {
    subject,
    cause,
  });
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
