import type { Attributes, Exception } from "@opentelemetry/api";
import { isHoldfastError } from "../../errors.js";
import { safeText } from "../safe-text.js";

/** `error.type` of what has no type. */
const OTHER = "_OTHER";

/** `error.type`: the code of an error of Holdfast, the name of any other. */
export function errorType(error: unknown): string {
  if (isHoldfastError(error)) return error.code;
  if (!(error instanceof Error)) return OTHER;
  const { name } = error;
  return typeof name === "string" && name !== "" ? name : OTHER;
}

/** What a span tells of a failure. */
export interface Failure {
  readonly attributes: Attributes;
  /** The description of its status. */
  readonly message: string;
  readonly exception: Exception;
}

/**
 * What may be told of an error.
 *
 * @param subjects whether it may name subjects; if not, only the texts of Holdfast are told, for what others write may be anything
 */
export function failureOf(error: unknown, subjects: boolean): Failure {
  const type = errorType(error);
  const attributes: Attributes = { "error.type": type };
  if (!(error instanceof Error))
    return { attributes, message: type, exception: { name: type, message: type } };
  if (subjects) return { attributes, message: error.message, exception: thrownBy(error) };
  const message = isHoldfastError(error) ? safeText(error) : type;
  return { attributes, message, exception: { name: error.name, message } };
}

/** What a handler of `handle()` or `consume()` has thrown has the stack that is wanted; the error that tells of it has none. */
function thrownBy(error: Error): Error {
  const { cause } = error;
  return errorType(error) === "HANDLER_FAILED" && cause instanceof Error ? cause : error;
}
