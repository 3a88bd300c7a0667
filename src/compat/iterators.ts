/** What `nats` 2 gives to iterate over. */
export interface QueuedIterator<T> extends AsyncIterable<T> {
  /** Ends the iteration, with an error if there is one. */
  stop(error?: Error): void;
  /** Items taken. */
  getProcessed(): number;
  /** Items that wait. */
  getPending(): number;
  /** Items that came in. */
  getReceived(): number;
}

/**
 * Another view of an iterator: each item becomes none, one or many, in order. Leaving the loop leaves the inner
 * one.
 */
export async function* expand<T, R>(
  source: AsyncIterable<T>,
  change: (item: T) => Iterable<R>,
): AsyncGenerator<R, void, undefined> {
  for await (const item of source) yield* change(item);
}
