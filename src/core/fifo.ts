import { NONE } from "./none.js";

/** Items taken so far that are kept before the array is cut: amortised, a `shift` costs nothing then. */
const SLACK = 512;

/** A first-in, first-out queue with a constant cost per item, also with hundreds of thousands in it. */
export class Fifo<T> {
  private items: T[] = NONE;
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    if (this.items === NONE) this.items = [item];
    else this.items.push(item);
  }

  /** The oldest item. */
  get first(): T | undefined {
    return this.items[this.head];
  }

  /** The newest item. */
  get last(): T | undefined {
    return this.size === 0 ? undefined : this.items[this.items.length - 1];
  }

  /** Takes the newest item; undefined when there is none. */
  pop(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items.pop();
    if (this.head === this.items.length) this.clear();
    return item;
  }

  /** Takes out those of which `keep` says no. */
  filter(keep: (item: T) => boolean): void {
    this.items = this.items.slice(this.head).filter(keep);
    this.head = 0;
    if (this.items.length === 0) this.clear();
  }

  /** Takes the oldest item; undefined when there is none. */
  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined as T;
    if (this.head === this.items.length) this.clear();
    else if (this.head >= SLACK && this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }

  clear(): void {
    this.items = NONE;
    this.head = 0;
  }
}
