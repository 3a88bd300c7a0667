import type { Engine } from "../core/engine.js";
import { publicError } from "../interop/errors.js";
import type { Clock } from "../io/clock.js";
import { callOptions } from "./call-options.js";
import { checkTimeout } from "./check-timeout.js";
import { confirmAll, confirmPublish, flushed, roundTrip } from "./confirmation.js";
import type { DurableOverflow } from "./durable.js";
import { handled } from "./handled.js";
import { closedError, rejected } from "./refusals.js";
import { DEFAULTS } from "./settings.js";
import type { Waits } from "./waits.js";

/** A turn of the event loop for so many calls: each of them with one of its own would be a commit of its own to an outbox. */
const TURN_EVERY = 64;

/** The calls of a connection that wait for what becomes of messages, or for a round trip. */
export class Confirmations {
  private readonly engine: Engine;
  private readonly waits: Waits;
  private readonly clock: Clock;
  private readonly outbox: DurableOverflow | undefined;
  /** Calls that were told of room although `publish()` may return false again. */
  private uncertain = 0;

  constructor(engine: Engine, waits: Waits, clock: Clock, outbox?: DurableOverflow) {
    this.engine = engine;
    this.waits = waits;
    this.clock = clock;
    this.outbox = outbox;
  }

  private get isClosed(): boolean {
    return this.engine.session.closed;
  }

  /** See `Connection.publishConfirmed`. */
  publish(subject: string, publish: () => void): Promise<void> {
    return handled(confirmPublish(this.engine, subject, publish, this.outbox));
  }

  /** See `Connection.fence`. */
  fence(): Promise<void> {
    return this.isClosed ? rejected(closedError()) : handled(confirmAll(this.engine, this.clock.now()));
  }

  /** See `Connection.flush`. */
  flush(options: { timeout?: number }): Promise<void> {
    if (this.isClosed) return rejected(closedError());
    try {
      const { timeout = DEFAULTS.flushTimeout } = callOptions(options);
      return handled(flushed(this.engine, checkTimeout("timeout", timeout), this.clock));
    } catch (error) {
      return rejected(publicError(error));
    }
  }

  /** See `Connection.writable`. */
  writable(): Promise<void> {
    const { engine, clock } = this;
    if (this.isClosed) return Promise.resolve();
    if (!engine.writable) {
      engine.awaitWritable();
      return this.waits.writable();
    }
    if (!engine.intake.isUncertain || ++this.uncertain % TURN_EVERY !== 0) return Promise.resolve();
    // A loop that publishes, gets false and waits here must not keep the links from their turn.
    return new Promise((resolve) => clock.setImmediate(resolve));
  }

  /** See `Connection.rtt`. */
  rtt(): Promise<number> {
    if (this.isClosed) return rejected(closedError());
    return handled(roundTrip(this.engine, this.clock.now()));
  }
}
