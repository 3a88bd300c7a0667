/** A pull that was sent, and not answered in full. */
export interface Pull {
  readonly id: number;
  /** Monotonic ms when it was sent. */
  readonly sentAt: number;
  /** Messages that it asks for. */
  readonly batch: number;
  /** Messages that it may still bring. */
  left: number;
  /** Monotonic ms by which the server has ended it, if it has got it. */
  deadline: number;
}

/**
 * The pulls under way. Messages do not say which pull they answer: the server serves pulls in order, so each message counts against the
 * oldest. A status names its pull.
 */
export class Outstanding {
  private readonly pulls: Pull[] = [];

  /** Messages that may come. */
  get messages(): number {
    let sum = 0;
    for (const { left } of this.pulls) sum += left;
    return sum;
  }

  get isEmpty(): boolean {
    return this.pulls.length === 0;
  }

  sent(id: number, batch: number, deadline: number, sentAt: number): void {
    this.pulls.push({ id, sentAt, batch, left: batch, deadline });
  }

  /** A message has come. */
  came(): void {
    const [oldest] = this.pulls;
    if (oldest === undefined) return;
    if (--oldest.left === 0) this.pulls.shift();
  }

  /** The server has ended a pull, which is returned; undefined when it is none of these. */
  ended(id: number): Pull | undefined {
    const at = this.pulls.findIndex((pull) => pull.id === id);
    return at === -1 ? undefined : this.pulls.splice(at, 1)[0];
  }

  has(id: number): boolean {
    return this.pulls.some((pull) => pull.id === id);
  }

  /** Whether one should have been ended by the server before `now`. */
  isOverdue(now: number): boolean {
    return this.pulls.some(({ deadline }) => now > deadline);
  }

  /** All of them have `ms` more. */
  extend(ms: number): void {
    for (const pull of this.pulls) pull.deadline += ms;
  }

  /** None of them is counted on any longer. */
  forget(): void {
    this.pulls.length = 0;
  }
}
