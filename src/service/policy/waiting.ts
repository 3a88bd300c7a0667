/** Something that can end a wait: a signal of the caller's, or the end of a connection. */
export interface Ender {
  /** @returns takes `end` away again; undefined when it has ended already */
  onEnd(end: () => void): (() => void) | undefined;
}

/** The end by a signal. */
export function bySignal(signal: AbortSignal): Ender {
  return {
    onEnd(end) {
      if (signal.aborted) return undefined;
      signal.addEventListener("abort", end, { once: true });
      return () => signal.removeEventListener("abort", end);
    },
  };
}

/** Resolves after `ms`, or at once when one of these ends it; leaves no timer and no listener behind. */
export function pause(ms: number, ...enders: readonly (Ender | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const undo: (() => void)[] = [];
    const end = () => {
      clearTimeout(timer);
      for (const each of undo) each();
      resolve();
    };
    const timer = setTimeout(end, ms);
    for (const ender of enders) {
      if (ender === undefined) continue;
      const taken = ender.onEnd(end);
      if (taken === undefined) return end();
      undo.push(taken);
    }
  });
}

/**
 * Aborts `controller` as soon as `signal` is aborted. In place of `AbortSignal.any()`, by which a signal that lives long holds on, in Node 20
 * for ever, to all that were made of it.
 *
 * @returns takes the tie away again; must be called
 */
export function follow(controller: AbortController, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => {};
  const abort = () => controller.abort(signal.reason);
  const untie = bySignal(signal).onEnd(abort);
  if (untie === undefined) abort();
  return untie ?? (() => {});
}

/** What `promise` settles with, or, after `ms`, a rejection with `late`; then the promise is ignored. Infinity is no limit. */
export function within<T>(ms: number, promise: Promise<T>, late: unknown): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, ms, late);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** What `promise` settles with, or a rejection with the signal's reason as soon as that is aborted; then the promise is ignored. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
