import { LazySet } from "../core/lazy-map.js";
import { CodedError } from "../errors.js";
import { requestError } from "../interop/errors.js";
import { type Clock, systemClock, type Timer } from "../io/clock.js";

/** Promises that wait for something of the connection other than a confirmation. */
export class Waits {
  private onWritable: (() => void)[] = [];
  private readonly onLost = new LazySet<() => void>();
  private readonly clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
  }

  /** Resolves at the next {@link nowWritable}. */
  writable(): Promise<void> {
    return new Promise((resolve) => this.onWritable.push(resolve));
  }

  nowWritable(): void {
    for (const resolve of this.onWritable.splice(0)) resolve();
  }

  /** Calls back when the link is lost; returns how to stop that. */
  whenLost(callback: () => void): () => void {
    this.onLost.add(callback);
    return () => this.onLost.delete(callback);
  }

  linkLost(): void {
    for (const callback of [...this.onLost]) callback();
    this.onLost.clear();
  }

  /** Settles with the round trip that `ping` measures, or rejects when there is no link or it is lost. */
  rtt(ping: (resolve: (rtt: number) => void) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = () =>
        reject(requestError(new CodedError("DISCONNECTED", "disconnected: there is no link to measure")));
      const stop = this.whenLost(fail);
      const done = (rtt: number) => {
        stop();
        resolve(rtt);
      };
      if (ping(done)) return;
      stop();
      fail();
    });
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
