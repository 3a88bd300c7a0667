import { AsyncResource } from "node:async_hooks";
import { codedError } from "../../checks/coded-error.js";
import { describeCause } from "../../errors.js";
import type { HoldfastError, Msg } from "../../index.js";
import { Attempts } from "../work/attempts.js";
import { Counts } from "../work/counts.js";
import { isInvalidMessage } from "../work/decoder.js";
import { tellFailedTry } from "../work/failed-try.js";
import { type FollowedBy, follow } from "../work/follow.js";
import { KeyedIntake, type KeyedIntakeHost } from "../work/keyed-intake.js";
import { Lanes } from "../work/lanes.js";
import { RetryWaits } from "../work/retry-waits.js";
import type { AckReply } from "./ack-reply.js";
import { type AnswerCounts, Answers } from "./answers.js";
import { Delivery } from "./delivery.js";
import { deadly } from "./given-up.js";
import { GivingUp, type GivingUpFor, type GivingUpHost } from "./giving-up.js";
import { Held, type HeldHost } from "./held.js";
import type { Ledger } from "./ledger.js";
import { Troubled } from "./troubled.js";
import { isDeadly, verdictOn } from "./verdict.js";

/** Messages that may be here beyond what is asked for: pulls that counted as lost may be answered after all. */
const SURPLUS = 64;
/** ms after which a message comes again for which there was no room. */
const NO_ROOM_DELAY = 1_000;
/** ms after which a message comes again of which it could not be decided what becomes of it. */
const UNDECIDED_DELAY = 1_000;
/** ms that the server has for saying that it has got an acknowledgement. */
const CONFIRM_TIMEOUT = 5_000;

/** What the processing needs of the consumption that it is part of. */
export interface ProcessingHost extends GivingUpFor {
  readonly ledger: Ledger;
  /** A place is free. */
  freed(): void;
}

/** What becomes of messages, from their arrival until they are answered. */
export class Processing implements HeldHost, KeyedIntakeHost<Held>, GivingUpHost {
  readonly counts = new Counts();
  readonly answered: AnswerCounts = { acked: 0, naked: 0, termed: 0 };
  redelivered = 0;
  /** Of messages, and of the consumer: whichever came last. */
  lastError: Error | undefined;
  /** The consumer's own `max_deliver`; -1: none. */
  serverMax = -1;
  /** Acknowledgements that the server has not confirmed yet. */
  readonly confirming = new Set<Promise<unknown>>();
  private readonly host: ProcessingHost;
  private readonly held = new Map<number, Held>();
  private readonly lanes: Lanes<Held>;
  private readonly attempts: Attempts<Delivery>;
  private readonly intake: KeyedIntake<Delivery, Held> | undefined;
  /** @internal */
  readonly waits = new RetryWaits();
  /** @internal */
  readonly troubled = new Troubled();
  /** Nothing begins any more. @internal */
  isStopping = false;
  private readonly givingUp: GivingUp;
  private readonly followedBy: FollowedBy;
  /** The context of no message. */
  private readonly outside = new AsyncResource("holdfast.consumption", { requireManualDestroy: true });
  /** Messages were followed: one that is not may begin at the end of one that was. */
  private hasFollowed = false;
  private answers: Answers;
  /** What is to be handed back when no pull is under way any longer. */
  private leaving: { readonly held: Held; readonly delay: number }[] | undefined;
  /** Called when nothing is held any longer that is waited for. */
  private emptied: (() => void) | undefined;
  /** Its handler has stopped the consumption, and may wait for that: it is not waited for. */
  private stopper: Held | undefined;

  constructor(host: ProcessingHost, handler: (data: never, context: never) => unknown) {
    this.host = host;
    const { concurrency, decode, timeout, key, durable } = host.settings;
    this.followedBy = { group: durable, subscription: undefined };
    this.givingUp = new GivingUp(host, this);
    this.attempts = new Attempts({ handler, decode, timeout, counts: this.counts });
    this.lanes = new Lanes(concurrency, (held) => this.begin(held));
    if (key !== undefined) this.intake = new KeyedIntake(decode, key, timeout, this);
    this.answers = this.newAnswers();
  }

  /** Messages that are here. */
  get size(): number {
    return this.held.size;
  }

  get running(): number {
    return this.lanes.running;
  }

  get waiting(): number {
    return this.lanes.waiting + (this.intake?.waiting ?? 0);
  }

  /** Why dead letters cannot be stored; undefined when the last one could. */
  get notStoring(): HoldfastError | undefined {
    return this.givingUp.notStoring;
  }

  has(sequence: number): boolean {
    return this.held.has(sequence);
  }

  /** A message has come. */
  arrived(msg: Msg, facts: AckReply): void {
    const { ledger } = this.host;
    const { sequence, stored, deliveryCount } = facts;
    const delivery = new Delivery(msg, facts, this.answers);
    if (deliveryCount > 1) this.redelivered++;
    const here = this.held.get(sequence);
    const now = performance.now();
    if (here !== undefined && here.delivery.facts.stored === stored) return here.renew(delivery, now);
    // The server has not got the acknowledgement.
    if (ledger.has(sequence, stored)) return this.acknowledge(delivery);
    if (this.isStopping) {
      const held = new Held(this, delivery, 0, now);
      this.held.set(sequence, held);
      return this.handBackOne(held, 0);
    }
    const { concurrency, prefetch, maxDeliver } = this.host.settings;
    if (this.held.size >= 2 * (concurrency + prefetch) + SURPLUS) return delivery.nak(NO_ROOM_DELAY);
    const trouble = this.troubled.find(sequence, stored);
    const held = new Held(this, delivery, Math.max(deliveryCount - 1, trouble?.attempts ?? 0), now);
    this.held.set(sequence, held);
    const isTooMany = isDeadly(deliveryCount, { maxDeliver, serverMax: this.serverMax });
    const reason = trouble?.givenUp ?? (isTooMany ? deadly(delivery) : undefined);
    if (reason !== undefined) {
      this.followed(held);
      return held.within(() => this.guard(held, () => this.givingUp.giveUp(held, reason)));
    }
    if (this.intake === undefined) this.lanes.add(held);
    else this.intake.add(held);
  }

  /** Tells the server of all messages that it has not heard of for `ms`: they are still being worked on. */
  touch(ms: number): void {
    // Who could not be told is told when there is a link.
    if (this.host.nc.getServer() === "") return;
    const now = performance.now();
    for (const held of this.held.values()) {
      if (now - held.touchedAt < ms || held.isOver) continue;
      held.touchedAt = now;
      held.delivery.working();
    }
  }

  /** The messages here are of a stream that is gone: their handlers go on, but nothing is answered. */
  otherStream(): void {
    this.answers.isVoid = true;
    this.answers = this.newAnswers();
    this.troubled.clear();
    this.handBack();
  }

  /** Nothing begins any more. What is handed back from now on waits for {@link stop}: the pulls under way would bring it here again. */
  stopping(): void {
    this.isStopping = true;
    this.stopper = this.attempts.current?.owner as Held | undefined;
    this.leaving = [];
    this.waits.end();
    this.handBack();
  }

  /** Hands back what has not begun; settles when the rest is answered. */
  async stop(): Promise<void> {
    const { leaving = [] } = this;
    this.leaving = undefined;
    for (const { held, delay } of leaving) this.handBackOne(held, delay);
    if (!this.isEmpty) {
      await new Promise<void>((resolve) => {
        this.emptied = resolve;
      });
    }
    await Promise.allSettled([...this.confirming]);
  }

  /** Waits no longer for handlers: their signals are aborted, and their messages handed back. */
  handBackAll(error: HoldfastError): void {
    for (const held of [...this.held.values()]) {
      held.failure = error;
      this.handBackOne(held, 0);
    }
    this.attempts.abortAll(error);
  }

  /** The connection is closed: nobody waits for anything any longer. */
  abort(error: HoldfastError): void {
    this.isStopping = true;
    this.waits.end();
    for (const held of [...this.held.values()]) {
      held.isOver = true;
      held.following?.end(error);
    }
    this.attempts.abortAll(error);
    this.attempts.stop();
    this.held.clear();
    this.emptied?.();
  }

  /** No timer runs from now on. */
  close(): void {
    this.attempts.stop();
  }

  /** @internal */
  admit(held: Held): void {
    this.lanes.add(held, held.key);
  }

  /** @internal */
  refuse(held: Held, error: HoldfastError): void {
    if (isInvalidMessage(error)) this.counts.invalid++;
    else this.counts.timedOut++;
    this.followed(held);
    held.nextAttempt();
    held.onFailure(error);
  }

  /** @internal */
  succeeded(held: Held): void {
    this.guard(held, () => {
      held.failure = undefined;
      // The handler has handed it back: it was not handled.
      if (held.ownAnswer === "nak") return this.handBackOne(held, 0);
      this.counts.handled++;
      this.doneWith(held);
      this.acknowledge(held.delivery);
      this.over(held);
    });
  }

  /** @internal */
  tryFailed(held: Held, error: HoldfastError): void {
    // It was interrupted, which is no failure.
    if (held.isLeaving) return;
    held.failure = error;
    this.told(held, error);
    const { confirming } = held.delivery;
    if (confirming === undefined) return this.guard(held, () => this.afterFailure(held, error));
    // Whether it is acknowledged is not known yet.
    void confirming.then(() => {
      if (!held.isOver && !held.isLeaving) this.guard(held, () => this.afterFailure(held, error));
    });
  }

  private afterFailure(held: Held, error: HoldfastError): void {
    const { delivery, attempts, ownAnswer } = held;
    // The handler has answered it, and failed then.
    if (ownAnswer === "nak") return this.handBackOne(held, 0);
    if (ownAnswer !== undefined) {
      this.doneWith(held);
      return this.over(held);
    }
    const { maxDeliver, isInPlace, delay } = this.host.settings;
    const { serverMax } = this;
    const { deliveryCount, sequence, stored } = delivery.facts;
    if (verdictOn(error, attempts, deliveryCount, { maxDeliver, serverMax }) === "giveUp") {
      return this.givingUp.giveUp(held, error);
    }
    const { subject } = delivery;
    const ms = delay(attempts);
    this.counts.retried++;
    this.host.listeners.emit("retry", { subject, attempt: attempts, delay: ms, error });
    if (isInPlace && held.hasPlace && !this.isStopping) {
      held.following?.tryFailed(error);
      this.waits.wait(ms, (isDue) =>
        held.within(() => {
          if (isDue) this.attempts.start(held.nextAttempt());
          else this.handBackOne(held, 0);
        }),
      );
      return;
    }
    this.troubled.note(sequence, { stored, attempts, givenUp: undefined });
    this.handBackOne(held, ms);
  }

  /** Whatever goes wrong while it is decided what becomes of a message: it is told, and the message gives its place back. @internal */
  guard(held: Held, decide: () => void): void {
    try {
      decide();
    } catch (cause) {
      const { subject, facts } = held.delivery;
      const text = `message ${facts.sequence} of stream "${facts.stream}" is handed back: ${describeCause(cause)}`;
      const error = codedError("CONSUMER_FAILED", text, { subject, cause });
      held.failure = error;
      this.handBackOne(held, UNDECIDED_DELAY);
      this.host.nc.report(error);
    }
  }

  /** It has a place: its first try begins. */
  private begin(held: Held): void {
    held.hasPlace = true;
    this.followed(held);
    if (held.following !== undefined) held.following.run(() => this.tryFirst(held));
    else if (this.hasFollowed) this.outside.runInAsyncScope(this.tryFirst, this, held);
    else this.tryFirst(held);
  }

  /** From here on its handling is followed, if anybody does so. */
  private followed(held: Held): void {
    held.following = follow(this.host.nc, held.delivery, this.followedBy);
    if (held.following !== undefined) this.hasFollowed = true;
  }

  private tryFirst(held: Held): void {
    const attempt = held.nextAttempt();
    if (held.isDecoded) {
      const { data } = held;
      // Further tries decode anew: a handler may have changed what it got.
      held.data = undefined;
      this.attempts.startWith(attempt, data);
    } else this.attempts.start(attempt);
  }

  private told(held: Held, error: HoldfastError): void {
    this.lastError = error;
    const { nc, settings } = this.host;
    if (held.attempt === undefined) return;
    tellFailedTry(nc, settings.onError, error, held.attempt, `consumer "${settings.durable}"`);
  }

  private acknowledge(delivery: Delivery): void {
    if (this.host.settings.confirmAcks) void delivery.ackAck({ timeout: CONFIRM_TIMEOUT });
    else delivery.ack();
  }

  /** The server is not to deliver it again. @internal */
  end(held: Held, reason: string): void {
    if (held.isOver) return;
    this.doneWith(held);
    held.delivery.term(reason);
    this.over(held);
  }

  private doneWith({ delivery }: Held): void {
    const { sequence, stored } = delivery.facts;
    this.troubled.forget(sequence);
    // What is known of a stream that is gone must not be taken for the new one.
    if (!this.isStale(delivery)) this.host.ledger.add(sequence, stored);
  }

  private isStale(delivery: Delivery): boolean {
    return !delivery.isFrom(this.answers);
  }

  /** @internal */
  handBackOne(held: Held, delay: number): void {
    if (held.isOver) return;
    if (this.leaving !== undefined) {
      if (!held.isLeaving) this.leaving.push({ held, delay });
      held.isLeaving = true;
      return;
    }
    held.delivery.nak(delay);
    this.over(held);
  }

  /** What has not begun can be handled by others, or later. */
  private handBack(): void {
    const waiting = [...(this.intake?.takeWaiting() ?? []), ...this.lanes.takeWaiting()];
    for (const held of waiting) this.handBackOne(held, 0);
  }

  private over(held: Held): void {
    if (held.isOver) return;
    held.isOver = true;
    const { sequence } = held.delivery.facts;
    if (this.held.get(sequence) === held) this.held.delete(sequence);
    held.following?.end(held.failure);
    if (held.hasPlace) this.lanes.done(held.key);
    if (this.isEmpty) this.emptied?.();
    this.host.freed();
  }

  private get isEmpty(): boolean {
    const { stopper, held } = this;
    return held.size === 0 || (held.size === 1 && stopper !== undefined && !stopper.isOver);
  }

  private newAnswers(): Answers {
    const { nc } = this.host;
    return new Answers(nc, this.answered, this.confirming, (error) => nc.report(error));
  }
}
