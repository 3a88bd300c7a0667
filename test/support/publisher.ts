import type { Connection } from "../../src/index.js";

const TICK_MS = 4;

/** Publishes the numbers 0, 1, 2 and so on, as text, at a steady rate, until it is stopped. */
export class SteadyPublisher {
  /** How many were accepted: the numbers below this. */
  count = 0;
  /** The error of a publish that was not accepted; publishing ends there. */
  error: Error | undefined;
  private readonly timer: NodeJS.Timeout;
  private readonly since = performance.now();

  constructor(nc: Connection, subject: string, perSecond: number) {
    this.timer = setInterval(() => {
      const due = ((performance.now() - this.since) * perSecond) / 1000;
      try {
        for (; this.count < due; this.count++) nc.publish(subject, String(this.count));
      } catch (error) {
        this.error = error as Error;
        this.stop();
      }
    }, TICK_MS);
  }

  /** Ends it; returns how many were accepted. */
  stop(): number {
    clearInterval(this.timer);
    return this.count;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** Publishes the numbers from `from` to below `to`, as text, in one burst. */
export function publishNumbers(nc: Connection, subject: string, from: number, to: number): void {
  for (let number = from; number < to; number++) nc.publish(subject, String(number));
}
