import { NONE } from "./none.js";

/** Something with a deadline that can be taken out again at any time. */
export interface Timed {
  /** Monotonic ms. */
  deadline: number;
  /** Its place in the heap; -1 when it is not in it. Belongs to {@link Deadlines}. */
  heapIndex: number;
}

/** A heap of deadlines: the nearest at hand, removal of any in logarithmic time. */
export class Deadlines<T extends Timed> {
  private heap: T[] = NONE;

  get size(): number {
    return this.heap.length;
  }

  /** All items, in no order. */
  get all(): Iterable<T> {
    return this.heap;
  }

  /** The nearest deadline; Infinity when there is none. */
  get next(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : this.heap[0].deadline;
  }

  add(item: T): void {
    if (this.heap === NONE) this.heap = [];
    this.heap.push(item);
    this.up(this.heap.length - 1, item);
  }

  remove(item: T): void {
    const at = item.heapIndex;
    if (at === -1) return;
    item.heapIndex = -1;
    const moved = this.heap.pop()!;
    if (moved === item) return;
    if (at > 0 && moved.deadline < this.heap[(at - 1) >> 1].deadline) this.up(at, moved);
    else this.down(at, moved);
  }

  /** Takes out the nearest item if its time has come. */
  takeDue(now: number): T | undefined {
    const first = this.heap[0];
    if (first === undefined || first.deadline > now) return undefined;
    this.remove(first);
    return first;
  }

  private up(from: number, item: T): void {
    const { heap } = this;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].deadline <= item.deadline) break;
      heap[at] = heap[parent];
      heap[at].heapIndex = at;
      at = parent;
    }
    heap[at] = item;
    item.heapIndex = at;
  }

  private down(from: number, item: T): void {
    const { heap } = this;
    const { length } = heap;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && heap[child + 1].deadline < heap[child].deadline) child++;
      if (heap[child].deadline >= item.deadline) break;
      heap[at] = heap[child];
      heap[at].heapIndex = at;
      at = child;
    }
    heap[at] = item;
    item.heapIndex = at;
  }
}
