import { monitorEventLoopDelay } from "node:perf_hooks";

/** Watches whether this process runs while it measures others. */
export class OwnStall {
  readonly #delay = monitorEventLoopDelay({ resolution: 10 });

  constructor() {
    this.#delay.enable();
  }

  /** The longest time that it did not run, ms. */
  end(): number {
    this.#delay.disable();
    const longest = this.#delay.max / 1e6 - 10;
    return Number.isFinite(longest) && this.#delay.count > 0 ? Math.max(0, longest) : 0;
  }
}
