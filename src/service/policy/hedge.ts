/** How a call is hedged. */
export interface Hedging<T> {
  /** Begins one try; may be called more than once. */
  readonly send: () => Promise<T>;
  /** ms until another one is begun. */
  readonly after: number;
  /** Further ones, at most. */
  readonly max: number;
  /** Whether another one may be begun now; called before each. */
  readonly mayHedge: () => boolean;
  /** Whether an error is an answer: then nobody else's is waited for. */
  readonly isAnswer: (error: unknown) => boolean;
}

/**
 * Sends once, and again when that is slow. The first answer wins; when all have failed, the first failure. What comes later is ignored.
 */
export function hedged<T>({ send, after, max, mayHedge, isAnswer }: Hedging<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let pending = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let firstFailure: { readonly error: unknown } | undefined;
    let isSettled = false;

    function settle(outcome: () => void): void {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      outcome();
    }
    function failed(error: unknown): void {
      pending--;
      firstFailure ??= { error };
      if (isAnswer(error)) settle(() => reject(error));
      else if (pending === 0) settle(() => reject(firstFailure?.error));
    }
    function begin(): void {
      sent++;
      pending++;
      if (sent <= max) timer = setTimeout(again, after);
      send().then((value) => settle(() => resolve(value)), failed);
    }
    function again(): void {
      if (mayHedge()) begin();
    }
    begin();
  });
}
