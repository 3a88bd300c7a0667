import { thisTurn } from "./turn.js";

/** Where a consumer of a queue stands. */
type Waiter<T> = { resolve: (result: IteratorResult<T>) => void; reject: (error: Error) => void };

/**
 * A queue between a producer that pushes and one consumer that iterates. What was pushed before the end
 * is delivered before the end is told.
 */
export class MessageQueue<T> implements AsyncIterableIterator<T> {
  protected items: T[] = [];
  protected head = 0;
  private waiters: Waiter<T>[] = [];
  private ended = false;
  private error: Error | undefined;
  private readonly onReturn: () => void;
  private readonly onConsumed: () => void;
  /** Turn in which the consumer was given an item last. */
  private givenAt = -1;
  /** Times that the consumer has asked for the next item, or left. */
  asked = 0;
  /** Items that the consumer has taken. */
  taken = 0;
  /** Items that nobody got: left behind by a consumer that went away, or pushed after the end. */
  discarded = 0;

  /**
   * @param onReturn the consumer has left the loop (`break`, `return`)
   * @param onConsumed the consumer has been told of the end
   */
  constructor(onReturn: () => void, onConsumed: () => void) {
    this.onReturn = onReturn;
    this.onConsumed = onConsumed;
  }

  get size(): number {
    return this.items.length - this.head;
  }

  /** Whether the consumer has been given an item in this very turn, and has not come back since. */
  get isFresh(): boolean {
    return this.asked > 0 && this.asked === this.taken && this.givenAt === thisTurn();
  }

  push(item: T): void {
    if (this.ended) {
      this.discarded++;
      return;
    }
    if (this.waiters.length === 0) {
      this.append(item);
      return;
    }
    this.taken++;
    this.givenAt = thisTurn();
    this.waiters.shift()!.resolve({ value: item, done: false });
  }

  /** Takes the oldest item out; there is one. */
  shift(): T {
    const value = this.items[this.head];
    this.items[this.head] = undefined as T;
    this.head++;
    if (this.head === this.items.length) {
      this.items.length = 0;
      this.head = 0;
    } else if (this.head >= 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return value;
  }

  /** No more items; `error` is thrown to the consumer behind the last one. */
  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    for (const { resolve, reject } of this.waiters.splice(0)) this.finish(resolve, reject);
  }

  next(): Promise<IteratorResult<T>> {
    this.asked++;
    if (this.head < this.items.length) {
      this.taken++;
      this.givenAt = thisTurn();
      return Promise.resolve({ value: this.shift(), done: false });
    }
    return new Promise((resolve, reject) => {
      if (this.ended) this.finish(resolve, reject);
      else this.waiters.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.asked++;
    this.discarded += this.size;
    this.clear();
    this.onReturn();
    this.end();
    this.onConsumed();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** An item begins to wait. */
  protected append(item: T): void {
    this.items.push(item);
  }

  protected clear(): void {
    this.items = [];
    this.head = 0;
  }

  private finish(resolve: (result: IteratorResult<T>) => void, reject: (error: Error) => void): void {
    const { error } = this;
    this.error = undefined;
    this.onConsumed();
    if (error === undefined) resolve({ value: undefined, done: true });
    else reject(error);
  }
}
