import { BURST_CAP } from "../../core/options.js";

/**
 * The rule of promises.md §3: `publish()` throws at `maxPending` only once the event loop has turned since
 * the mark was crossed; and it throws then.
 */
export class BurstRule {
  private readonly mark: number;
  private crossedIn: number | undefined;
  private crossedAfter = 0;

  constructor(mark: number) {
    this.mark = mark;
  }

  /**
   * Looks at the bytes pending before and after each publish.
   *
   * @param turn numbers the turns of the event loop
   * @param told numbers those that the engine has heard of
   */
  see(pending: number, turn: number, told: number): void {
    if (pending < this.mark) {
      this.crossedIn = undefined;
    } else if (this.crossedIn === undefined) {
      this.crossedIn = turn;
      this.crossedAfter = told;
    }
  }

  /** Whether a publish may be refused now. */
  mayRefuse(pending: number, turn: number): boolean {
    return pending >= BURST_CAP || (this.crossedIn !== undefined && this.crossedIn < turn);
  }

  /** Whether a publish may be accepted now. */
  mayAccept(told: number): boolean {
    return this.crossedIn === undefined || told === this.crossedAfter;
  }
}
