import { setImmediate as turn } from "node:timers/promises";
import type { Connection } from "../../src/index.js";

const TICK_MS = 4;
/** Messages of 128 bytes, as in the measurements of the peers. */
const SIZE = 128;

/**
 * Publishes the numbers 0, 1, 2 and so on, as text, until it is stopped: `perSecond` of them whatever `publish()` says, or as fast
 * as it goes, waiting for `writable()` when `publish()` says so. Messages have 128 bytes, or are as short as their numbers.
 */
export class Load implements Disposable {
  /** How many were accepted: the numbers below this. */
  count = 0;
  /** The longest time, in ms, that a call of `publish()` took. */
  longest = 0;
  private readonly nc: Connection;
  private readonly subject: string;
  private readonly size: number;
  /** Of a publish that was not accepted; publishing has ended there. */
  private error: Error | undefined;
  private readonly since = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  private constructor(nc: Connection, subject: string, size: number) {
    this.nc = nc;
    this.subject = subject;
    this.size = size;
  }

  static steady(nc: Connection, subject: string, perSecond: number, size = SIZE): Load {
    const load = new Load(nc, subject, size);
    load.timer = setInterval(() => load.catchUp(perSecond), TICK_MS);
    return load;
  }

  /** Messages that are nothing but their numbers. */
  static numbers(nc: Connection, subject: string, perSecond: number): Load {
    return Load.steady(nc, subject, perSecond, 0);
  }

  static flood(nc: Connection, subject: string): Load {
    const load = new Load(nc, subject, SIZE);
    load.pour();
    return load;
  }

  /** Ends it; returns how many were accepted. Throws when one was not: it ended too early, and a test of it says nothing. */
  stop(): number {
    this.end();
    if (this.error !== undefined) throw this.error;
    return this.count;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  private end(): void {
    this.stopped = true;
    clearInterval(this.timer);
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
      const room = this.nc.publish(this.subject, String(this.count).padStart(this.size, "0"));
      this.count++;
      return room;
    } catch (error) {
      this.error = error as Error;
      this.end();
      return true;
    } finally {
      this.longest = Math.max(this.longest, performance.now() - before);
    }
  }
}
