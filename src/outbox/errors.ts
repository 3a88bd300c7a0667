import { codedError } from "../checks/coded-error.js";
import { CodedError, describeCause } from "../errors.js";
import type { HoldfastError } from "../index.js";

/** What an outbox was doing when its store failed. */
export type StoreOperation =
  | "open"
  | "lock"
  | "read"
  | "commit"
  | "decode"
  | "encrypt"
  | "decrypt"
  | "close"
  | "inspect"
  | "export"
  | "purge";

/**
 * The store could not do it: `OUTBOX_FAILED` with what was attempted, and where. `why` says what to do, where that is known; what it says in the words of a `cause` that is such
 * an error itself is said once. As `retryable` as its cause.
 */
export function storeError(
  operation: StoreOperation,
  path: string,
  cause: unknown,
  why = describeCause(cause),
): HoldfastError {
  const error = codedError("OUTBOX_FAILED", `${said(operation, path)}${onceSaid(why, path, cause)}`, {
    operation,
    path,
    cause,
  });
  const { retryable } = (cause ?? {}) as Partial<HoldfastError>;
  return retryable === false ? Object.assign(error, { retryable }) : error;
}

/** As {@link storeError}, of what does not pass by itself: not `retryable`. */
export function lastingStoreError(
  operation: StoreOperation,
  path: string,
  cause: unknown,
  why: string,
): HoldfastError {
  return Object.assign(storeError(operation, path, cause, why), { retryable: false });
}

/** For who waits for the confirmation of a message: its time had passed before. The connection makes the public error of it. */
export function expiredError(): CodedError {
  const text =
    "the message was given up: its time (ttl, or maxAge of the outbox) had passed before it was confirmed, see the outbox's event expired";
  return new CodedError("MESSAGE_DROPPED", text);
}

/**
 * For who waits for the confirmation of a message: the outbox has no connection any more, and keeps it.
 *
 * @param failure why it may not be on disk
 */
export function keptError(maybeDelivered: boolean, failure: HoldfastError | undefined): CodedError {
  const kept =
    "the connection of the outbox has ended before the message was confirmed: the outbox keeps it, and sends it with its next connection";
  const text = failure === undefined ? kept : `${kept}; it may not be on disk yet: ${failure.message}`;
  return new CodedError("OVERFLOWED", text, { maybeDelivered, cause: failure });
}

/** For who waits for the confirmation of a message: it is parked, since no server would take it. */
export function parkedError(
  subject: string,
  reason: string,
  code: "MESSAGE_DROPPED" | "PERMISSIONS_VIOLATION" = "MESSAGE_DROPPED",
): CodedError {
  return new CodedError(code, `the outbox has parked the message: ${reason}`, {
    subject,
    operation: "publish",
  });
}

/** Why this process was refused by the system, for errors about a file or folder; undefined: it is another error. */
export function refusedBySystem(error: unknown, what = "write"): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === "EACCES" || code === "EPERM" || code === "EROFS"
    ? `this process may not ${what} there (${code})`
    : undefined;
}

/** How the text of a {@link storeError} begins. */
function said(operation: unknown, path: string): string {
  return `outbox ${path}: ${operation} failed: `;
}

/** Without what an error of this outbox says before its reason. */
function onceSaid(why: string, path: string, cause: unknown): string {
  const { code, operation } = (cause ?? {}) as { code?: unknown; operation?: unknown };
  return code === "OUTBOX_FAILED" ? why.replace(said(operation, path), "") : why;
}
