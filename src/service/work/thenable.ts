/** Whether it is a promise, of whatever kind: what `await` would wait for. @throws what its getters throw */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof (value as { then?: unknown }).then === "function";
}

/** Lets the promise reject that an application's function has answered with where it must answer at once: that must not end the process. */
export function dismissPromise(answer: unknown): void {
  new Promise((resolve) => resolve(answer)).catch(() => {
    // Whoever has called the function tells that its answer is of no use.
  });
}
