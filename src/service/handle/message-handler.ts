import { codedError } from "../../checks/coded-error.js";
import { Listeners, type WorkListener } from "../../checks/listeners.js";
import { numberOf, readOptions } from "../../checks/read-options.js";
import {
  type ComponentStopOptions,
  type Connection,
  type HandlerFacts,
  type HoldfastError,
  type HoldfastSubscription,
  type Msg,
  normalizeSubject,
} from "../../index.js";
import type { Attempt } from "../work/attempt.js";
import { Attempts } from "../work/attempts.js";
import { Counts } from "../work/counts.js";
import { isInvalidMessage } from "../work/decoder.js";
import { tellFailedTry } from "../work/failed-try.js";
import { type FollowedBy, type Following, follow, followsItself } from "../work/follow.js";
import { KeyedIntake, type KeyedIntakeHost } from "../work/keyed-intake.js";
import { Lanes } from "../work/lanes.js";
import { LONGEST_WAIT } from "../work/retry-delays.js";
import { RetryWaits } from "../work/retry-waits.js";
import { isUnrecoverable } from "../work/unrecoverable.js";
import { Answers } from "./answers.js";
import { DeadLetters } from "./dead-letters.js";
import { Delivery, type DeliveryHost } from "./delivery.js";
import { connectionClosed, stoppedEarly } from "./end-errors.js";
import { GivingUp, type GivingUpHost } from "./giving-up.js";
import type { HandleSettings } from "./handle-options.js";
import type { Handler, HandlerEvents } from "./handler.js";
import { ReadyWaits } from "./ready-waits.js";
import { Refusal } from "./refusal.js";

const EVENTS = ["retry", "deadLetter", "discarded"] as const;
const TIMEOUT_CHECK = { timeout: numberOf("milliseconds", 0, LONGEST_WAIT) };

/**
 * Handles the messages of one subscription. The subscription's callback returns a promise for each message that cannot be finished at once,
 * so that the client itself counts what waits, bounds it, tells of slow consumers, and waits for it in a drain.
 */
export class MessageHandler implements Handler, DeliveryHost, KeyedIntakeHost<Delivery>, GivingUpHost {
  readonly subject: string;
  readonly closed: Promise<undefined | Error>;
  /** @internal */
  readonly nc: Connection;
  /** @internal */
  readonly counts = new Counts();
  /** @internal */
  readonly listeners: Listeners<HandlerEvents>;
  /** @internal */
  readonly answers: Answers;
  /** @internal */
  readonly deadLetters: DeadLetters | undefined;
  /** @internal */
  lastError: Error | undefined;
  private readonly settings: HandleSettings;
  private readonly lanes: Lanes<Delivery>;
  private readonly attempts: Attempts<Msg>;
  private readonly intake: KeyedIntake<Msg, Delivery> | undefined;
  private readonly givingUp = new GivingUp(this);
  private readonly waits = new RetryWaits();
  private readonly refusal: Refusal;
  private readonly readyWaits: ReadyWaits;
  private readonly subscription: HoldfastSubscription;
  private readonly followedBy: FollowedBy;
  private readonly remove: () => void;
  private state: HandlerFacts["state"] = "running";
  /** What ends it for good is asked for, by whoever. */
  private isStopWanted = false;
  /** The subscription brings nothing more. */
  private isEnded = false;
  private endedBy: Error | undefined;
  /** Those that wait for all but themselves. */
  private othersDone: (() => void)[] = [];
  private setClosed!: (error: undefined | Error) => void;
  /** Nothing waits for anything any longer: why. */
  private forcedBy: HoldfastError | undefined;
  /** Messages that have stopped it, and given their places back. */
  private aside = 0;
  private abandoned = 0;
  private name: string | undefined;

  /** @throws what `nc.subscribe()` throws */
  constructor(
    nc: Connection,
    subject: string,
    handler: (data: never, context: never) => unknown,
    settings: HandleSettings,
  ) {
    this.nc = nc;
    this.refusal = new Refusal(nc);
    this.readyWaits = new ReadyWaits(nc);
    this.subject = subject;
    this.settings = settings;
    const { concurrency, decode, timeout, key, deadLetter, queue, codec, pendingLimit } = settings;
    const { counts } = this;
    this.listeners = new Listeners(EVENTS, (error) => nc.report(error));
    this.attempts = new Attempts({ handler, decode, timeout, counts });
    this.lanes = new Lanes(concurrency, (delivery) => delivery.run(this.begin));
    this.answers = new Answers(settings.respond ? codec : undefined, (error) => nc.report(error));
    if (key !== undefined) this.intake = new KeyedIntake(decode, key, timeout, this);
    if (deadLetter !== undefined) this.deadLetters = new DeadLetters(nc, deadLetter, queue);
    this.closed = new Promise((resolve) => {
      this.setClosed = resolve;
    });
    const { resubscribeOnPermission } = settings;
    this.followedBy = { group: queue, subscription: subject };
    const callback = followsItself(this.receive);
    this.subscription = nc.subscribe(subject, { queue, callback, pendingLimit, resubscribeOnPermission });
    this.remove = nc.addComponent(this);
    void this.subscription.closed.then((error) => this.ended(error));
    nc.once("close", this.connectionEnded);
  }

  facts(): HandlerFacts {
    const { subject, state, lastError, lanes, intake } = this;
    const { failing } = this.refusal;
    const { queue, concurrency } = this.settings;
    this.name ??= normalizeSubject(subject);
    const waiting = lanes.waiting + (intake?.waiting ?? 0);
    const { abandoned } = this;
    const counts = this.counts.snapshot(lanes.running + this.givingUp.leaving + this.aside, waiting);
    return {
      kind: "handler",
      name: this.name,
      subject,
      queue,
      state,
      concurrency,
      failing,
      lastError,
      ...counts,
      abandoned,
    };
  }

  on<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this {
    this.listeners.add(event, listener);
    return this;
  }

  once<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this {
    this.listeners.add(event, listener, true);
    return this;
  }

  off<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this {
    this.listeners.remove(event, listener);
    return this;
  }

  ready(options?: { timeout?: number }): Promise<void> {
    const known = this.untilKnown(options);
    known.catch(() => {});
    return known;
  }

  stop(options?: ComponentStopOptions): Promise<void> {
    let timeout: number | undefined;
    try {
      timeout = stopTimeout(options);
    } catch (error) {
      return Promise.reject(error);
    }
    this.isStopWanted = true;
    if (this.state === "stopped") {
      this.remove();
      return Promise.resolve();
    }
    const own = this.attempts.current?.owner as Delivery | undefined;
    // Who stops its handler is not waited for, and neither is it by the drain that asks for that.
    own?.release();
    if (this.state === "running") {
      this.state = "stopping";
      this.readyWaits.end();
      // Who waits for that waits for whatever it waits for: what has come is counted here.
      void this.subscription[Symbol.asyncDispose]();
    }
    const closed = this.closed.then(noValue);
    if (timeout !== undefined) {
      const after = timeout;
      const timer = setTimeout(() => this.force(stoppedEarly(this.subject, after)), after);
      void closed.then(() => clearTimeout(timer));
    }
    if (own === undefined) return closed;
    // When it has come to its first `await`: no call of a handler begins in the middle of another one.
    queueMicrotask(() => this.stepAside(own));
    return new Promise((resolve) => this.othersDone.push(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async untilKnown(options: { timeout?: number } | undefined): Promise<void> {
    const { timeout = 10_000 } = readOptions<{ timeout?: number }>(options, TIMEOUT_CHECK);
    this.checkRunning();
    await this.readyWaits.until(timeout);
    // It comes before the answer to the PING of this; what a link before this one has refused does not count any more.
    if (this.refusal.error !== undefined) throw this.refusal.error;
    this.checkRunning();
  }

  /** @throws why the subscription brings nothing */
  private checkRunning(): void {
    const { subject, nc, state, endedBy } = this;
    if (endedBy !== undefined) throw endedBy;
    if (nc.isClosed()) throw connectionClosed(subject);
    if (state !== "running") throw codedError("INVALID_OPERATION", `the handler of "${subject}" is stopped`);
  }

  /** The callback of the subscription: what it returns is a promise for what is not done yet. */
  private readonly receive = (error: Error | null, msg: Msg): Promise<void> | undefined => {
    if (error !== null) {
      this.refused(error);
      return undefined;
    }
    const following = follow(this.nc, msg, this.followedBy);
    if (following === undefined) return this.take(msg, undefined);
    return following.run(() => this.take(msg, following));
  };

  private take(msg: Msg, following: Following | undefined): Promise<void> | undefined {
    const delivery = new Delivery(this, msg, following);
    if (this.intake !== undefined || this.lanes.running >= this.settings.concurrency) delivery.waits();
    if (this.forcedBy !== undefined) this.giveUp(delivery, this.forcedBy);
    else if (this.intake !== undefined) this.intake.add(delivery);
    else this.lanes.add(delivery);
    return delivery.settled;
  }

  /** It has a place: its first try begins. */
  private readonly begin = (delivery: Delivery): void => {
    delivery.hasPlace = true;
    const attempt = delivery.nextAttempt();
    if (delivery.isDecoded) {
      const { data } = delivery;
      // Further tries decode anew: a handler may have changed what it got.
      delivery.data = undefined;
      this.attempts.startWith(attempt, data);
    } else this.attempts.start(attempt);
  };

  private readonly tryAgain = (delivery: Delivery): void => {
    this.attempts.start(delivery.nextAttempt());
  };

  /** @internal */
  admit(delivery: Delivery): void {
    this.lanes.add(delivery, delivery.key);
  }

  /** @internal */
  refuse(delivery: Delivery, error: HoldfastError): void {
    if (isInvalidMessage(error)) this.counts.invalid++;
    else this.counts.timedOut++;
    delivery.nextAttempt();
    this.told(delivery, error);
    this.giveUp(delivery, error);
  }

  /** @internal */
  succeeded(delivery: Delivery, value: unknown): void {
    const error = this.answers.answer(delivery.msg, value);
    if (error === undefined) {
      this.counts.handled++;
      this.over(delivery);
    } else {
      this.counts.failed++;
      this.told(delivery, error);
      this.giveUp(delivery, error);
    }
  }

  /** @internal */
  tryFailed(delivery: Delivery, error: HoldfastError): void {
    if (this.forcedBy !== undefined && error === this.forcedBy) return this.giveUp(delivery, error);
    this.told(delivery, error);
    const { attempts } = delivery;
    const isFinal = isInvalidMessage(error) || isUnrecoverable(error.cause);
    if (isFinal || attempts > this.settings.retries || this.forcedBy !== undefined) {
      return this.giveUp(delivery, error);
    }
    const { subject } = delivery.msg;
    const delay = this.settings.delay(attempts);
    this.listeners.emit("retry", { subject, attempt: attempts, delay, error });
    delivery.following?.tryFailed(error);
    delivery.waits();
    this.waits.wait(delay, (isDue) => {
      if (!isDue) return this.giveUp(delivery, error);
      this.counts.retried++;
      delivery.run(this.tryAgain);
    });
  }

  /** A try has failed: whoever wants to know is told. */
  private told(delivery: Delivery, error: HoldfastError): void {
    this.lastError = error;
    const whose = `the handler of "${this.subject}"`;
    tellFailedTry(this.nc, this.settings.onError, error, delivery.attempt as Attempt<Msg>, whose);
  }

  private giveUp(delivery: Delivery, error: HoldfastError): void {
    if (this.forcedBy !== undefined) this.abandoned++;
    this.givingUp.giveUp(delivery, error);
  }

  /** @internal */
  over(delivery: Delivery): void {
    delivery.isOver = true;
    delivery.following?.end(delivery.failure);
    delivery.release();
    if (delivery.hasPlace) this.lanes.done(delivery.key);
    else if (delivery.isAside) {
      this.aside--;
      if (delivery.key !== undefined) this.lanes.freeKey(delivery.key);
    }
    if (this.state !== "running") this.look();
  }

  /** It has stopped the handler and may wait for those that wait for a place: it gives its own back. */
  private stepAside(delivery: Delivery): void {
    if (!delivery.hasPlace || delivery.isOver) return this.look();
    delivery.hasPlace = false;
    delivery.isAside = true;
    this.aside++;
    this.lanes.done();
    this.look();
  }

  /** The server does not let it have the messages; the connection's `error` event has told it already. */
  private refused(error: Error): void {
    this.lastError = error;
    this.refusal.refused(error, this.subscription.isClosed());
  }

  private readonly connectionEnded = (): void => {
    this.force(connectionClosed(this.subject));
  };

  /** The subscription has ended: with an error, by a drain, or with its connection. */
  private ended(error: undefined | Error): void {
    this.isEnded = true;
    if (this.state === "running") {
      this.state = "stopping";
      this.endedBy = error;
      this.readyWaits.end();
    }
    this.look();
  }

  /** No longer running: whether all is done, or all but those that have stopped it themselves and what waits for their keys. */
  private look(): void {
    const { lanes, intake, givingUp, aside } = this;
    // What a server that says nothing has still on its way is given up when it comes.
    if (this.state !== "stopping" || (!this.isEnded && this.forcedBy === undefined)) return;
    if (lanes.running + lanes.ready + (intake?.waiting ?? 0) + givingUp.leaving > 0) return;
    for (const resolve of this.othersDone.splice(0)) resolve();
    if (aside === 0 && lanes.waiting === 0) this.finish();
  }

  private finish(): void {
    const { endedBy } = this;
    this.state = "stopped";
    this.refusal.stop();
    this.nc.off("close", this.connectionEnded);
    this.attempts.stop();
    // Ended by an error it stays among the components, so that health can tell: until somebody stops it.
    if (endedBy === undefined || this.isStopWanted) this.remove();
    this.setClosed(endedBy);
  }

  /** Ends everything now: what waits and what runs is given up. */
  private force(error: HoldfastError): void {
    if (this.forcedBy !== undefined || this.state === "stopped") return;
    this.forcedBy = error;
    const { lanes, intake, attempts, counts } = this;
    const before = counts.discarded;
    const waiting = [...lanes.takeWaiting(), ...(intake?.takeWaiting() ?? [])];
    attempts.abortAll(error);
    attempts.stop();
    this.waits.end();
    for (const delivery of waiting) this.giveUp(delivery, error);
    const lost = counts.discarded - before;
    if (error.code === "CONNECTION_CLOSED" && lost > 0) this.nc.report(connectionClosed(this.subject, lost));
    this.look();
  }
}

function noValue(): void {
  // A stop tells no error: that is what `closed` does.
}

/** @throws an error with code `INVALID_OPTION` */
function stopTimeout(options: ComponentStopOptions | undefined): number | undefined {
  return readOptions<ComponentStopOptions>(options, TIMEOUT_CHECK).timeout;
}
