import { codedError } from "../checks/coded-error.js";
import { describeCause } from "../errors.js";
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
