import { NONE } from "../core/none.js";
import { type Clock, systemClock, type Timer } from "../io/clock.js";

/** Promises that wait for room to publish, or for something else no longer than a time. */
export class Waits {
  private onWritable: (() => void)[] = NONE;
  private readonly clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
  }

  /** Resolves at the next {@link nowWritable}. */
  writable(): Promise<void> {
    if (this.onWritable === NONE) this.onWritable = [];
    return new Promise((resolve) => this.onWritable.push(resolve));
  }

  nowWritable(): void {
    for (const resolve of this.onWritable.splice(0)) resolve();
  }

  /** Settles with `work`, or after `timeout` ms, whichever is first; never rejects. */
  async atMost(timeout: number, work: Promise<unknown>): Promise<void> {
    let timer: Timer | undefined;
    const expiry = new Promise<void>((resolve) => {
      timer = this.clock.setTimeout(resolve, timeout);
    });
    await Promise.race([work.catch(() => {}), expiry]);
    this.clock.clearTimeout(timer);
  }
}
