import type { StandardSchemaV1 } from "@standard-schema/spec";
import { codedError } from "../../checks/coded-error.js";
import { invalidOption } from "../../checks/invalid.js";
import { stackless } from "../../errors.js";
import type { HoldfastError } from "../../index.js";
import type { Codec, CodecName, Encoded, WholeCodec } from "./codec.js";
import { toCodec } from "./codec.js";
import { issuesText } from "./schema-issues.js";
import { isThenable } from "./thenable.js";

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
      return settled(value, fail);
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
    const fail = (cause: unknown) => invalid(msg, "its schema has failed", cause);
    const judge = (result: unknown): unknown => {
      let issues: StandardSchemaV1.FailureResult["issues"] | undefined;
      try {
        // A result that is no result is the schema's failure, and so is one that cannot be looked at.
        if (typeof result !== "object" || result === null) throw undefined;
        ({ issues } = result as StandardSchemaV1.FailureResult);
        if (issues === undefined) return settled((result as { value?: unknown }).value, fail);
      } catch (cause) {
        throw fail(cause);
      }
      throw invalid(msg, `its schema refuses it: ${issuesText(issues, standard.vendor)}`);
    };
    let result: unknown;
    try {
      result = settled(standard.validate(value), fail);
    } catch (cause) {
      throw fail(cause);
    }
    return result instanceof Promise ? result.then(judge) : judge(result);
  };
}

/** The value itself, or for a promise of whatever kind a native one, which rejects with what `fail` makes of the cause. */
function settled(value: unknown, fail: (cause: unknown) => HoldfastError): unknown {
  if (!isThenable(value) && !(value instanceof Promise)) return value;
  return new Promise((resolve) => resolve(value)).catch((cause) => {
    throw fail(cause);
  });
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
