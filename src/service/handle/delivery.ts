import { AsyncResource } from "node:async_hooks";
import type { HoldfastError, Msg } from "../../index.js";
import { Attempt, type AttemptOwner } from "../work/attempt.js";
import type { Following } from "../work/follow.js";

/** Who is told how the tries of a message end. */
export interface DeliveryHost {
  succeeded(delivery: Delivery, value: unknown): void;
  tryFailed(delivery: Delivery, error: HoldfastError): void;
}

/** A message on its way through a handler: from its arrival until it is handled or given up. */
export class Delivery implements AttemptOwner {
  readonly msg: Msg;
  /** Its try: the first, or the one after a failed one. */
  attempt: Attempt<Msg> | undefined = undefined;
  /** Decoded before it got its place, for the first try. */
  data: unknown = undefined;
  isDecoded = false;
  /** It has a place, which it gives back at its end. */
  hasPlace = false;
  /** It has stopped its handler and given its place back before its end; its key stays taken. */
  isAside = false;
  key: string | undefined = undefined;
  /** Why it was given up. */
  failure: HoldfastError | undefined = undefined;
  /** Who follows it; undefined when nobody does. */
  readonly following: Following | undefined;
  private readonly host: DeliveryHost;
  /** It is handled or given up. */
  isOver = false;
  private isReleased = false;
  /** The context in which the message has come, for one that begins later: its handler runs in no other one, and so do its spans. */
  private scope: AsyncResource | undefined = undefined;
  private resolve: (() => void) | undefined = undefined;

  constructor(host: DeliveryHost, msg: Msg, following: Following | undefined) {
    this.host = host;
    this.msg = msg;
    this.following = following;
  }

  /** Tries so far. */
  get attempts(): number {
    return this.attempt?.attempt ?? 0;
  }

  /** The next try. */
  nextAttempt(): Attempt<Msg> {
    this.attempt = new Attempt(this.msg, this.attempts + 1, this);
    return this.attempt;
  }

  /** What comes next begins in the context of another message, or of a timer. */
  waits(): void {
    // A snapshot of AsyncLocalStorage would cost 10 µs on Node 20.
    this.scope ??= new AsyncResource("holdfast.message", { requireManualDestroy: true });
  }

  /** Goes on in the context in which the message has come. */
  run(next: (delivery: Delivery) => void): void {
    if (this.scope === undefined) next(this);
    else this.scope.runInAsyncScope(next, undefined, this);
  }

  /** What the subscription waits for: undefined when it is over already. */
  get settled(): Promise<void> | undefined {
    if (this.isReleased) return undefined;
    return new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** It is over, or the subscription is not to wait for it. */
  release(): void {
    this.isReleased = true;
    this.resolve?.();
  }

  onSuccess(value: unknown): void {
    const { host, following } = this;
    if (following === undefined) host.succeeded(this, value);
    else following.run(() => host.succeeded(this, value));
  }

  onFailure(error: HoldfastError): void {
    // Its time may be up.
    this.within(() => this.host.tryFailed(this, error));
  }

  /** Does what belongs to it in its own context: timers are everybody's. */
  within(part: () => void): void {
    if (this.following === undefined) part();
    else this.following.run(part);
  }
}
