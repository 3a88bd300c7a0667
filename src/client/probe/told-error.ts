import { HttpRefusal } from "../../core/causes/http-refusal.js";
import { CodedError, type ErrorDetail } from "../../errors.js";
import { type HoldfastError, publicError } from "../../interop/errors.js";
import { harmless } from "./texts.js";

/**
 * The error of a step, as it is told: its texts may be a server's, and are harmless on a terminal. What an authenticator has thrown stays out: it is not
 * ours, and may quote a secret.
 */
export function toldError({ code, message, detail }: CodedError): HoldfastError {
  const { cause, ...facts } = detail;
  const told: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(facts))
    told[name] = typeof value === "string" ? harmless(value) : value;
  if (code !== "AUTHENTICATOR_FAILED" && cause !== undefined) told.cause = toldCause(cause);
  return publicError(new CodedError(code, harmless(message), told as ErrorDetail)) as HoldfastError;
}

function toldCause(cause: unknown): unknown {
  if (cause instanceof HttpRefusal && cause.retryAfter !== undefined)
    return new HttpRefusal(cause.status, harmless(cause.retryAfter));
  return cause instanceof CodedError ? toldError(cause) : cause;
}
