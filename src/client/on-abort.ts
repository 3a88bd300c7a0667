/** Who hears of a signal's end, by signal. */
const hearers = new WeakMap<AbortSignal, Hearers>();

/**
 * Calls back once when the signal aborts, at once when it has. However many wait for one signal, it has one listener: Node takes more than 10 for a leak, and
 * looks through all of them for each one that comes or goes.
 *
 * @param callback must not throw
 * @returns listens no longer; may be called at any time
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => {};
  }
  let all = hearers.get(signal);
  if (all === undefined) {
    all = new Hearers(signal);
    hearers.set(signal, all);
  }
  return all.add(callback);
}

class Hearers {
  private readonly signal: AbortSignal;
  /** Of a call its own: one function may be there twice. */
  private readonly calls = new Set<{ readonly callback: () => void }>();

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  add(callback: () => void): () => void {
    const { calls, signal } = this;
    const call = { callback };
    if (calls.size === 0) signal.addEventListener("abort", this.aborted, { once: true });
    calls.add(call);
    return () => {
      if (calls.delete(call) && calls.size === 0) signal.removeEventListener("abort", this.aborted);
    };
  }

  private readonly aborted = () => {
    const { calls } = this;
    for (const call of calls) {
      calls.delete(call);
      call.callback();
    }
  };
}
