import { publicError } from "../interop/errors.js";
import type { Clock } from "../io/clock.js";
import { checkTimeout } from "./check-timeout.js";
import type { ConnectionOptions } from "./options.js";
import { rejected } from "./refusals.js";
import { DEFAULTS } from "./settings.js";
import type { Waits } from "./waits.js";

/** Options of `drain()` and `close()`. */
export interface EndOptions {
  /** ms until the connection is closed, whatever is left. Default: `drainTimeout` and `closeTimeout` of the connection. */
  timeout?: number;
}

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
  /** What is waited for before the end is told; it never rejects. */
  last: (() => Promise<void>) | undefined;
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
    if (this.last === undefined) this.tell(error);
    else void this.last().then(() => this.tell(error));
  }

  private tell(error: undefined | Error): void {
    this.over = { error };
    this.settle?.(error);
  }

  /** Ends it by `end`, with the timeout of a call's options; rejects with `INVALID_ARGUMENT` for a wrong one. */
  within(options: EndOptions | undefined, end: (timeout?: number) => Promise<void>): Promise<void> {
    let timeout: number | undefined;
    try {
      timeout = timeoutOf(options);
    } catch (error) {
      return rejected(publicError(error));
    }
    return end(timeout);
  }

  /** Closes when `work` is done and everything is confirmed, within `drainTimeout` in all. */
  async drain(
    work: Promise<unknown>,
    timeout = this.options.drainTimeout ?? DEFAULTS.drainTimeout,
  ): Promise<void> {
    const deadline = this.clock.now() + timeout;
    await this.waits.atMost(timeout, Promise.race([this.closed, work]));
    this.host.finish(Math.max(0, deadline - this.clock.now()));
    await this.closed;
  }

  /** Closes when everything is confirmed, within `closeTimeout`. */
  async close(timeout = this.options.closeTimeout ?? DEFAULTS.closeTimeout): Promise<void> {
    this.host.finish(timeout);
    await this.closed;
  }
}

function timeoutOf(options: EndOptions | undefined): number | undefined {
  // As the listener of a signal, or in then(), the call gets what nobody has meant as its options.
  if (typeof options !== "object" || options === null || options.timeout === undefined) return undefined;
  return checkTimeout("timeout", options.timeout);
}
