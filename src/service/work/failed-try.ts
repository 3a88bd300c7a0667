import { codedError } from "../../checks/coded-error.js";
import { describeCause } from "../../errors.js";
import type { Connection, HoldfastError } from "../../index.js";
import { isThenable } from "./thenable.js";

/** Tells an application's `onError` of a failed try. What that throws, or rejects with, is told by the `error` event, and harms nobody. */
export function tellFailedTry<C>(
  nc: Connection,
  onError: ((error: HoldfastError, context: C) => unknown) | undefined,
  error: HoldfastError,
  context: C,
  whose: string,
): void {
  if (onError === undefined) return;
  const fail = (cause: unknown) => {
    const text = `onError of ${whose} failed: ${describeCause(cause)}`;
    nc.report(codedError("CALLBACK_FAILED", text, { cause }));
  };
  try {
    const answer = onError(error, context);
    if (isThenable(answer)) Promise.resolve(answer).catch(fail);
  } catch (cause) {
    fail(cause);
  }
}
