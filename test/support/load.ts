import { setImmediate as turn } from "node:timers/promises";
import type { Connection } from "../../src/index.js";

const TICK_MS = 4;
/** Messages of 128 bytes, as in the measurements of the peers. */
const SIZE = 128;

/** The text of a numbered message. */
const text = (number: number): string => String(number).padStart(SIZE, "0");

/**
 * Publishes the numbers 0, 1, 2 and so on in messages of 128 bytes until it is stopped: `perSecond` of them whatever
 * `publish()` says, or as fast as it goes, waiting for `writable()` when `publish()` says so.
 */
export class Load implements Disposable {
  /** How many were accepted: the numbers below this. */
  count = 0;
  /** The error of a publish that was not accepted; publishing ends there. */
  error: Error | undefined;
  /** The longest time, in ms, that a call of `publish()` took. */
  longest = 0;
  private readonly nc: Connection;
  private readonly subject: string;
  private readonly since = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  private constructor(nc: Connection, subject: string) {
    this.nc = nc;
    this.subject = subject;
  }

  static steady(nc: Connection, subject: string, perSecond: number): Load {
    const load = new Load(nc, subject);
    load.timer = setInterval(() => load.catchUp(perSecond), TICK_MS);
    return load;
  }

  static flood(nc: Connection, subject: string): Load {
    const load = new Load(nc, subject);
    load.pour();
    return load;
  }

  /** Ends it; returns how many were accepted. */
  stop(): number {
    this.stopped = true;
    clearInterval(this.timer);
    return this.count;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  private catchUp(perSecond: number): void {
    const due = ((performance.now() - this.since) * perSecond) / 1000;
    while (this.count < due && !this.stopped) this.publish();
  }

  private async pour(): Promise<void> {
    while (!this.stopped) {
      for (let i = 0; i < 500 && !this.stopped; i++) {
        if (!this.publish()) await this.nc.writable();
      }
      await turn();
    }
  }

  private publish(): boolean {
    const before = performance.now();
    try {
      const room = this.nc.publish(this.subject, text(this.count));
      this.count++;
      return room;
    } catch (error) {
      this.error = error as Error;
      this.stop();
      return true;
    } finally {
      this.longest = Math.max(this.longest, performance.now() - before);
    }
  }
}
