import { isHoldfastError } from "../../errors.js";
import type { HoldfastError } from "../../index.js";

/**
 * What an error says about the other side: it has failed; it is there and has answered, if only with a refusal; or nothing, since the call
 * never got to it.
 */
export type Verdict = "failure" | "alive" | "nothing";

/** Nothing was delivered, whatever the error says beside. */
const UNDELIVERED: ReadonlySet<string> = new Set([
  "BUFFER_FULL",
  "CONNECTION_REFUSED",
  "CONNECTION_THROTTLED",
  "DISCONNECTED",
  "MAX_PENDING_EXCEEDED",
  "NO_RESPONDERS",
]);
const FAILURES: ReadonlySet<string> = new Set([
  "CONNECTION_LOST",
  "MESSAGE_DROPPED",
  "NO_RESPONDERS",
  "TIMEOUT",
  "UNCONFIRMED",
]);
/** Somebody has answered: with something that cannot be read, or an error with a code of its own that is no status. */
const ANSWERS: ReadonlySet<string> = new Set(["INVALID_MESSAGE", "SERVICE_ERROR"]);
/** The call itself is wrong: no other try, and nobody in place of the other side, makes it right. */
const REFUSED: ReadonlySet<string> = new Set([
  "INVALID_ARGUMENT",
  "INVALID_OPERATION",
  "INVALID_OPTION",
  "INVALID_PAYLOAD",
  "INVALID_SUBJECT",
]);

/** The code of an error of Holdfast's; undefined for others. */
export function codeOf(error: unknown): string | undefined {
  try {
    return isHoldfastError(error) ? error.code : undefined;
  } catch {
    return undefined; // it throws when it is looked at
  }
}

/** Whether an argument of the call was refused. */
export function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && REFUSED.has(code);
}

/**
 * Whether another try is safe, and may help: what was not delivered may be tried again; what may have been, and answers of 429 and 503,
 * only if the call is idempotent.
 */
export function mayRetry(error: unknown, idempotent: boolean): boolean {
  const code = codeOf(error);
  if (code === "CIRCUIT_OPEN" || code === "INVALID_MESSAGE") return false;
  if (code !== undefined && UNDELIVERED.has(code)) return true;
  const status = statusOf(error);
  if (status !== undefined) return idempotent && (status === 429 || status === 503);
  const { retryable, maybeDelivered } = factsOf(error);
  // Of an error that is not ours nobody knows what it has left behind.
  if (retryable === undefined) return idempotent && code === undefined;
  if (!retryable) return false;
  return idempotent || (code === undefined ? maybeDelivered !== true : maybeDelivered === false);
}

/** What an error says about the other side. */
export function verdictOn(error: unknown): Verdict {
  const code = codeOf(error);
  if (code !== undefined && FAILURES.has(code)) return "failure";
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 ? "failure" : "alive";
  if (code === undefined) return "failure";
  return ANSWERS.has(code) ? "alive" : "nothing";
}

/** The status that the other side has answered with, 400 to 599; undefined when it has not. */
function statusOf(error: unknown): number | undefined {
  const { serviceCode, status, statusCode, code } = factsOf(error);
  return [serviceCode, status, statusCode, code].find(isStatus);
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599;
}

interface ErrorFacts extends Partial<Omit<HoldfastError, "code">> {
  code?: unknown;
  serviceCode?: unknown;
  status?: unknown;
  statusCode?: unknown;
}

/** Anything can be thrown, also what throws when it is looked at. */
function factsOf(error: unknown): ErrorFacts {
  if (typeof error !== "object" || error === null) return {};
  try {
    const { retryable, maybeDelivered, code, serviceCode, status, statusCode } = error as ErrorFacts;
    return { retryable, maybeDelivered, code, serviceCode, status, statusCode };
  } catch {
    return {};
  }
}
