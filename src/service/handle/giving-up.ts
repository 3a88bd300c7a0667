import type { Listeners } from "../../checks/listeners.js";
import type { Connection, HoldfastError } from "../../index.js";
import type { Counts } from "../work/counts.js";
import type { Answers } from "./answers.js";
import type { DeadLetters } from "./dead-letters.js";
import type { Delivery } from "./delivery.js";
import type { HandlerEvents } from "./handler.js";

/** What giving up needs of the handler that it is part of. */
export interface GivingUpHost {
  readonly nc: Connection;
  readonly answers: Answers;
  readonly deadLetters: DeadLetters | undefined;
  readonly counts: Counts;
  readonly listeners: Listeners<HandlerEvents>;
  /** What was last wrong. */
  lastError: Error | undefined;
  /** It is handled, or given up. */
  over(delivery: Delivery): void;
}

/** What becomes of messages that are given up: who has asked is answered, they are told, and put to the dead letters if there is a place for them. */
export class GivingUp {
  /** Messages without a place that are being given up. */
  leaving = 0;
  private readonly host: GivingUpHost;

  constructor(host: GivingUpHost) {
    this.host = host;
  }

  giveUp(delivery: Delivery, error: HoldfastError): void {
    const { following } = delivery;
    delivery.failure = error;
    if (following === undefined) this.putAway(delivery, error);
    else following.run(() => this.putAway(delivery, error));
  }

  private putAway(delivery: Delivery, error: HoldfastError): void {
    const { host } = this;
    const { nc, deadLetters, answers } = host;
    const { msg } = delivery;
    const attempts = Math.max(1, delivery.attempts);
    host.lastError = error;
    answers.fail(msg, error);
    // What the end of a connection leaves is told all together, see force().
    if (error.code !== "CONNECTION_CLOSED") nc.report(error);
    if (deadLetters === undefined || nc.isClosed()) return this.discard(delivery, attempts, error);
    const hasNoPlace = !delivery.hasPlace && !delivery.isAside;
    if (hasNoPlace) this.leaving++;
    const { subject } = msg;
    deadLetters.put(msg, error, attempts).then(
      () => {
        host.counts.deadLettered++;
        if (hasNoPlace) this.leaving--;
        host.listeners.emit("deadLetter", { subject, to: deadLetters.subject, attempts, error });
        host.over(delivery);
      },
      (failure: HoldfastError) => {
        if (hasNoPlace) this.leaving--;
        delivery.failure = failure;
        host.lastError = failure;
        nc.report(failure);
        this.discard(delivery, attempts, failure);
      },
    );
  }

  private discard(delivery: Delivery, attempts: number, error: HoldfastError): void {
    const { host } = this;
    host.counts.discarded++;
    host.listeners.emit("discarded", { subject: delivery.msg.subject, attempts, error });
    host.over(delivery);
  }
}
