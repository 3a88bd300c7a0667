import type { Clock } from "../io/clock.js";
import type { ConnectionOptions } from "./options.js";
import { DEFAULTS } from "./settings.js";
import type { Waits } from "./waits.js";

/** What comes to its end. */
export interface EndingHost {
  /** Accepts nothing more, and closes when everything is confirmed, after `timeout` ms at the latest. */
  finish(timeout: number): void;
}

/** The end of a connection: how it comes about, and who waits for it. */
export class Ending {
  /** Made when somebody waits for the end. */
  private promise: Promise<undefined | Error> | undefined;
  private settle: ((error: undefined | Error) => void) | undefined;
  private over: { readonly error: undefined | Error } | undefined;
  private readonly options: ConnectionOptions;
  private readonly clock: Clock;
  private readonly waits: Waits;
  private readonly host: EndingHost;

  constructor(options: ConnectionOptions, clock: Clock, waits: Waits, host: EndingHost) {
    this.options = options;
    this.clock = clock;
    this.waits = waits;
    this.host = host;
  }

  /** Settles when the connection is closed: with the error that closed it, if one did. */
  get closed(): Promise<undefined | Error> {
    this.promise ??= new Promise((resolve) => {
      if (this.over === undefined) this.settle = resolve;
      else resolve(this.over.error);
    });
    return this.promise;
  }

  /** The connection is closed. */
  ended(error: undefined | Error): void {
    this.over = { error };
    this.settle?.(error);
  }

  /** Closes when `subscriptions` are drained and everything is confirmed, within `drainTimeout` in all. */
  async drain(subscriptions: Promise<void>): Promise<void> {
    const timeout = this.options.drainTimeout ?? DEFAULTS.drainTimeout;
    const deadline = this.clock.now() + timeout;
    await this.waits.atMost(timeout, Promise.race([this.closed, subscriptions]));
    this.host.finish(Math.max(0, deadline - this.clock.now()));
    await this.closed;
  }

  /** Closes when everything is confirmed, within `closeTimeout`. */
  async close(): Promise<void> {
    this.host.finish(this.options.closeTimeout ?? DEFAULTS.closeTimeout);
    await this.closed;
  }
}
