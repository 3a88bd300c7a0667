function ignore(): void {
  // Whoever awaits the promise hears of the rejection; nobody else does.
}

/**
 * Lets a promise reject without anyone awaiting it. A server that dies must not end the process because a
 * `flush()` was not awaited: what was lost by it is in events and counters all the same.
 */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/** Whether a user's function has answered with a promise, of whatever kind. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}

/**
 * Lets the promise reject that a user's function has answered with where it must answer at once: nobody waits for it, and that
 * must not end the process. Returns whether it is one; never throws.
 */
export function dismissPromise(answer: unknown): boolean {
  try {
    if (!isThenable(answer)) return false;
    handled(Promise.resolve(answer));
    return true;
  } catch {
    return false; // what it has in the place of `then` cannot be read
  }
}
