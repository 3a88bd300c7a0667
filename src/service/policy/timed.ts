import { TaskCancelledError, TimeoutStrategy, timeout } from "cockatiel";
import { codedError } from "../../checks/coded-error.js";

/** Never aborted. */
const NEVER = new AbortController().signal;

/**
 * Runs something for at most `ms`, with a signal that is aborted when that is over, when the caller's is, and when it has settled. What it
 * does after that is ignored. Rejects with `TIMEOUT`, `maybeDelivered`.
 *
 * @param ms Infinity for no limit; then the signal is the caller's
 */
export async function timed<T>(
  ms: number,
  subject: string,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => PromiseLike<T> | T,
): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return run(signal ?? NEVER);
  const limit = timeout(ms, TimeoutStrategy.Aggressive);
  let isOver = false;
  limit.onTimeout(() => {
    isOver = true;
  });
  try {
    return await limit.execute((context) => run(context.signal), signal);
  } catch (error) {
    // What runs may use cockatiel as well.
    if (!isOver || !(error instanceof TaskCancelledError)) throw error;
    throw codedError("TIMEOUT", `no outcome within ${Math.round(ms)} ms`, { subject, maybeDelivered: true });
  }
}
