import type { Clock } from "../io/clock.js";
import type { ConnectionOptions } from "./options.js";
import { DEFAULTS } from "./settings.js";
import type { Waits } from "./waits.js";

/** The end of a connection: how it comes about, and who waits for it. */
export class Ending {
  /** Settles when the connection is closed: with the error that closed it, if one did. */
  readonly closed: Promise<undefined | Error>;
  private settle!: (error: undefined | Error) => void;
  private readonly options: ConnectionOptions;
  private readonly clock: Clock;
  private readonly waits: Waits;
  private readonly finish: (timeout: number) => void;

  /** @param finish accepts nothing more, and closes when everything is confirmed, after `timeout` ms at the latest */
  constructor(options: ConnectionOptions, clock: Clock, waits: Waits, finish: (timeout: number) => void) {
    this.options = options;
    this.clock = clock;
    this.waits = waits;
    this.finish = finish;
    this.closed = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** The connection is closed. */
  ended(error: undefined | Error): void {
    this.settle(error);
  }

  /** Closes when `subscriptions` are drained and everything is confirmed, within `drainTimeout` in all. */
  async drain(subscriptions: Promise<void>): Promise<void> {
    const timeout = this.options.drainTimeout ?? DEFAULTS.drainTimeout;
    const deadline = this.clock.now() + timeout;
    await this.waits.atMost(timeout, Promise.race([this.closed, subscriptions]));
    this.finish(Math.max(0, deadline - this.clock.now()));
    await this.closed;
  }

  /** Closes when everything is confirmed, within `closeTimeout`. */
  async close(): Promise<void> {
    this.finish(this.options.closeTimeout ?? DEFAULTS.closeTimeout);
    await this.closed;
  }
}
