import { type HoldfastError, headers, type MsgHdrs } from "../../index.js";
import { errorLine } from "../work/plain-text.js";
import { isUnrecoverable } from "../work/unrecoverable.js";

/** Characters of a text that a requester gets, at most. */
const LONGEST = 500;
const INTERNAL = "internal error";

/** What a requester is told of a failure. */
export interface ServiceError {
  /** As with HTTP: 400 and above the requester's fault, 500 and above the service's. */
  readonly code: number;
  readonly text: string;
}

/**
 * What a requester is told. The code is the handler error's own (`code`, `statusCode` or `status`, a number from 400 to 599), 400 for a message that
 * cannot be read, 504 for a handler that was too slow, and else 500. The text of an error goes out only when
 * it is meant to: the error has such a number, is an `UnrecoverableError`, or has `expose: true`; never with `expose: false`.
 */
export function serviceError(error: HoldfastError): ServiceError {
  switch (error.code) {
    case "INVALID_MESSAGE":
      return { code: 400, text: errorLine(error, LONGEST) };
    case "HANDLER_TIMEOUT":
      return { code: 504, text: "the handler has not answered in time" };
    default:
      return ofCause(error.cause);
  }
}

/** Headers of an answer that is an error (ADR-32). */
export function serviceErrorHeaders({ code, text }: ServiceError): MsgHdrs {
  const made = headers();
  made.set("Nats-Service-Error", text);
  made.set("Nats-Service-Error-Code", String(code));
  return made;
}

function ofCause(cause: unknown): ServiceError {
  const own = numberOf(cause);
  const expose = property(cause, "expose");
  const isMeant = expose === true || (expose !== false && (own !== undefined || isUnrecoverable(cause)));
  const text = isMeant ? errorLine(cause, LONGEST) : "";
  return { code: own ?? 500, text: text === "" ? INTERNAL : text };
}

function numberOf(cause: unknown): number | undefined {
  for (const name of ["code", "statusCode", "status"]) {
    const value = property(cause, name);
    if (Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599)
      return value as number;
  }
  return undefined;
}

/** Anything can be thrown, also what throws when it is looked at. */
function property(cause: unknown, name: string): unknown {
  try {
    return typeof cause === "object" && cause !== null ? (cause as Record<string, unknown>)[name] : undefined;
  } catch {
    return undefined;
  }
}
