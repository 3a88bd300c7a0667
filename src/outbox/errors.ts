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

/** The store could not do it: `OUTBOX_FAILED` with what was attempted, and where. `why` says what to do, where that is known. */
export function storeError(
  operation: StoreOperation,
  path: string,
  cause: unknown,
  why = describeCause(cause),
): HoldfastError {
  return codedError("OUTBOX_FAILED", `outbox ${path}: ${operation} failed: ${why}`, {
    operation,
    path,
    cause,
  });
}
