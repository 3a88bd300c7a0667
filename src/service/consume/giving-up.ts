import type { Listeners } from "../../checks/listeners.js";
import type { Connection, HoldfastError } from "../../index.js";
import type { Counts } from "../work/counts.js";
import { readableHeaders } from "../work/dead-letter.js";
import type { RetryWaits } from "../work/retry-waits.js";
import type { ConsumeSettings } from "./consume-options.js";
import type { DeadLetters, GivenUp } from "./dead-letters.js";
import type { Delivery } from "./delivery.js";
import type { ConsumptionEvents } from "./events.js";
import { givenUpOf } from "./given-up.js";
import type { Held } from "./held.js";
import type { Troubled } from "./troubled.js";

/** Tries to store a dead letter before its message is handed back, and the pause between them, ms. */
const STORE_TRIES = 2;
const STORE_PAUSE = 200;
/** ms after which a message comes again whose dead letter could not be stored: at least, at most. */
const LEAST_STORE_DELAY = 1_000;
const MOST_STORE_DELAY = 30_000;

/** Whose messages are given up. */
export interface GivingUpFor {
  readonly nc: Connection;
  readonly settings: ConsumeSettings;
  readonly listeners: Listeners<ConsumptionEvents>;
  readonly deadLetters: DeadLetters | undefined;
}

/** What giving up needs of the processing that it is part of. */
export interface GivingUpHost {
  readonly counts: Counts;
  readonly troubled: Troubled;
  readonly waits: RetryWaits;
  /** Nothing is waited for any more. */
  readonly isStopping: boolean;
  /** Of messages, and of the consumer: whichever came last. */
  lastError: Error | undefined;
  /** The server is not to deliver it again. */
  end(held: Held, reason: string): void;
  /** The server delivers it again after `delay` ms. */
  handBackOne(held: Held, delay: number): void;
  /** Decides what becomes of a message: when that fails, it is told and the message is handed back. */
  guard(held: Held, decide: () => void): void;
}

/** What becomes of messages that are given up: stored where dead letters go and only then done with, or handed back until that succeeds. */
export class GivingUp {
  /** Why dead letters cannot be stored; undefined when the last one could. */
  notStoring: HoldfastError | undefined;
  private readonly consumption: GivingUpFor;
  private readonly host: GivingUpHost;

  constructor(consumption: GivingUpFor, host: GivingUpHost) {
    this.consumption = consumption;
    this.host = host;
  }

  giveUp(held: Held, error: HoldfastError): void {
    const { delivery, attempts } = held;
    const { consumption, host } = this;
    const { nc, deadLetters, listeners } = consumption;
    const { subject } = delivery;
    held.failure = error;
    nc.report(error);
    host.lastError = error;
    if (deadLetters === undefined || this.isDeadLetter(delivery)) {
      host.counts.discarded++;
      host.end(held, "it was given up");
      listeners.emit("discarded", { subject, attempts, error });
      return;
    }
    this.store(deadLetters, givenUpOf(delivery, attempts, error)).then(
      () =>
        host.guard(held, () => {
          host.counts.deadLettered++;
          this.notStoring = undefined;
          host.end(held, "it is a dead letter");
          listeners.emit("deadLetter", { subject, to: deadLetters.to, attempts, error });
        }),
      (failure: HoldfastError) => host.guard(held, () => this.notStored(held, error, failure)),
    );
  }

  /**
   * A dead letter that has come from where dead letters go lies there: it would go round for ever, whichever consumer has stored it. One that was put back to its
   * subject is a message as others are.
   */
  private isDeadLetter(delivery: Delivery): boolean {
    if (delivery.subject !== this.consumption.deadLetters?.to) return false;
    return readableHeaders(delivery)?.has("Dead-Letter-Reason") === true;
  }

  private async store(deadLetters: DeadLetters, message: GivenUp): Promise<void> {
    const { host } = this;
    for (let tried = 1; ; tried++) {
      try {
        return await deadLetters.store(message);
      } catch (failure) {
        if (tried >= STORE_TRIES || host.isStopping) throw failure;
      }
      await new Promise<void>((resolve) => host.waits.wait(STORE_PAUSE, () => resolve()));
    }
  }

  /** It comes again, to be stored then. */
  private notStored(held: Held, error: HoldfastError, failure: HoldfastError): void {
    const { consumption, host } = this;
    if (held.isOver) return;
    held.failure = failure;
    host.lastError = failure;
    this.notStoring = failure;
    consumption.nc.report(failure);
    const { sequence, stored, deliveryCount } = held.delivery.facts;
    host.troubled.note(sequence, { stored, attempts: held.attempts, givenUp: error });
    const delay = consumption.settings.delay(deliveryCount) * 10;
    host.handBackOne(held, Math.min(Math.max(delay, LEAST_STORE_DELAY), MOST_STORE_DELAY));
  }
}
