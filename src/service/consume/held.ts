import type { HoldfastError } from "../../index.js";
import { Attempt, type AttemptOwner } from "../work/attempt.js";
import type { Following } from "../work/follow.js";
import type { ConsumeContext } from "./consume-options.js";
import type { Answer, Delivery } from "./delivery.js";

/** Who is told how the tries of a message end. */
export interface HeldHost {
  succeeded(held: Held): void;
  tryFailed(held: Held, error: HoldfastError): void;
}

/** A message in this process: from its arrival until it is answered. */
export class Held implements AttemptOwner {
  /** The last delivery: its answer is the one that counts. */
  delivery: Delivery;
  /** Its try: the first, or the one after a failed one. */
  attempt: ConsumeAttempt | undefined = undefined;
  /** Decoded before it got its place, for the first try. */
  data: unknown = undefined;
  isDecoded = false;
  key: string | undefined = undefined;
  /** It has a place, which it gives back at its end. */
  hasPlace = false;
  /** When the server last heard that it is being worked on, monotonic ms. */
  touchedAt: number;
  /** It is answered, or not to be answered: nothing changes that. */
  isOver = false;
  /** It will be handed back, as soon as no pull can bring it here again. */
  isLeaving = false;
  /** Why it is not handled: of its last try, or of its dead letter. */
  failure: HoldfastError | undefined = undefined;
  /** Who follows its handling, from the time at which it has a place; undefined when nobody does. */
  following: Following | undefined = undefined;
  /** Its handler has handed it back, and it has come again since. */
  private isHandedBack = false;
  /** Tries that had failed when it came. */
  private readonly failedBefore: number;
  private failedHere = 0;
  private readonly host: HeldHost;

  constructor(host: HeldHost, delivery: Delivery, failedBefore: number, now: number) {
    this.host = host;
    this.delivery = delivery;
    this.failedBefore = failedBefore;
    this.touchedAt = now;
  }

  /** What is decoded, and has a key. */
  get msg(): Delivery {
    return this.delivery;
  }

  /** Tries that have failed, or have had no result that anybody knows of. */
  get attempts(): number {
    return this.failedBefore + this.failedHere;
  }

  /** What its handler has said by itself, of any of its deliveries. */
  get ownAnswer(): Answer | undefined {
    return this.delivery.answered ?? (this.isHandedBack ? "nak" : undefined);
  }

  /** The server delivers it again, while it is still here. */
  renew(delivery: Delivery, now: number): void {
    // Not handed back again before the handler is through: the two would come and go as fast as they can.
    if (this.delivery.answered === "nak") this.isHandedBack = true;
    delivery.follow(this.delivery);
    this.following?.also(delivery);
    this.delivery = delivery;
    this.touchedAt = now;
  }

  nextAttempt(): ConsumeAttempt {
    this.attempt = new ConsumeAttempt(this.delivery, this.attempts + 1, this);
    return this.attempt;
  }

  /** Does what belongs to it in its own context: timers are everybody's. */
  within(part: () => void): void {
    if (this.following === undefined) part();
    else this.following.run(part);
  }

  onSuccess(): void {
    if (this.isOver) return;
    if (this.following === undefined) this.host.succeeded(this);
    else this.following.run(() => this.host.succeeded(this));
  }

  onFailure(error: HoldfastError): void {
    this.failedHere++;
    if (!this.isOver) this.within(() => this.host.tryFailed(this, error));
  }
}

/** One try, as its handler sees it. */
export class ConsumeAttempt extends Attempt<Delivery> implements ConsumeContext {
  get stream(): string {
    return this.msg.facts.stream;
  }
  get sequence(): number {
    return this.msg.facts.sequence;
  }
  get deliveryCount(): number {
    return this.msg.facts.deliveryCount;
  }
  get redelivered(): boolean {
    return this.msg.redelivered;
  }

  working(): void {
    this.msg.working();
  }
}
