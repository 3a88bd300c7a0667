/** Something that has a deadline: a member of a {@link Deadlines} list. */
export interface Timed {
  /** Monotonic ms. */
  startedAt: number;
  /** Neighbours in the list, which alone writes them. @internal */
  previousTimed: Timed | undefined;
  /** @internal */
  nextTimed: Timed | undefined;
  /** The time is up; it is out of the list. */
  onDeadline(): void;
}

/**
 * What has started and must end within the same time: a list in the order of the starts, and one real timer for its head. Adding and removing
 * touch neighbours alone, and the timer is not set anew for each: it looks, when it goes off, what is due then.
 */
export class Deadlines {
  private readonly timeout: number;
  private head: Timed | undefined;
  private tail: Timed | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param timeout ms; 0: no deadline */
  constructor(timeout: number) {
    this.timeout = timeout;
  }

  add(timed: Timed): void {
    const { tail } = this;
    timed.previousTimed = tail;
    if (tail === undefined) this.head = timed;
    else tail.nextTimed = timed;
    this.tail = timed;
    if (this.timer === undefined && this.timeout > 0) this.arm(this.timeout);
  }

  remove(timed: Timed): void {
    const { previousTimed: previous, nextTimed: next } = timed;
    if (previous === undefined) this.head = next;
    else previous.nextTimed = next;
    if (next === undefined) this.tail = previous;
    else next.previousTimed = previous;
    timed.previousTimed = undefined;
    timed.nextTimed = undefined;
  }

  /** All that are in it, the oldest first. */
  all(): Timed[] {
    const all: Timed[] = [];
    for (let timed = this.head; timed !== undefined; timed = timed.nextTimed) all.push(timed);
    return all;
  }

  /** No timer runs from now on. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(ms: number): void {
    this.timer = setTimeout(() => this.look(), ms);
    // What a handler waits for keeps the process alive, or nothing does.
    this.timer.unref();
  }

  private look(): void {
    this.timer = undefined;
    const now = performance.now();
    // Each is over, or ends its own later: a callback may add and remove others.
    for (let { head } = this; head !== undefined; { head } = this) {
      const left = head.startedAt + this.timeout - now;
      if (left > 0) {
        if (this.timer === undefined) this.arm(Math.ceil(left));
        return;
      }
      this.remove(head);
      head.onDeadline();
    }
  }
}
