import { BURST_CAP } from "../../core/options.js";

/**
 * The rule of promises.md §3: `publish()` throws at `maxPending` only once the event loop has turned since
 * the mark was crossed.
 */
export class BurstRule {
  private readonly mark: number;
  private crossedIn: number | undefined;

  constructor(mark: number) {
    this.mark = mark;
  }

  /** Looks at the bytes pending before and after each publish; `turn` numbers the turns of the event loop. */
  see(pending: number, turn: number): void {
    if (pending < this.mark) this.crossedIn = undefined;
    else this.crossedIn ??= turn;
  }

  /** Whether a publish may be refused now. */
  mayRefuse(pending: number, turn: number): boolean {
    return pending >= BURST_CAP || (this.crossedIn !== undefined && this.crossedIn < turn);
  }
}
