import type { MessageSink, SubscriptionEntry } from "../core/subscriptions.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { Msg, MsgCallback, NatsSubscription } from "../interop/nats-core.js";
import type { Clock, Timer } from "../io/clock.js";
import { Backlog } from "./backlog.js";
import { Calls, type CallsHost } from "./calls.js";
import { HoldfastMsg, type Responder } from "./msg.js";
import { type Limit, toLimit } from "./pending-limit.js";
import { callbackFailed, closedError, misuse, rejected } from "./refusals.js";
import type { SubscriptionOptions } from "./subscription-options.js";

/**
 * ms that a loop may take, after the end, for the message in whose turn it seems to have drained itself: see
 * {@link Subscription.drain}.
 */
const LOOP_GRACE = 1000;

/** What a subscription asks of its connection. */
export interface SubscriptionHost {
  readonly clock: Clock;
  /** Who publishes the answers to its messages. */
  readonly publisher: Responder;
  unsubscribe(entry: SubscriptionEntry, max?: number): void;
  moveSubscription(entry: SubscriptionEntry, subject: string, max: number | undefined): void;
  drainSubscription(entry: SubscriptionEntry): void;
  /** Whether the connection is closed. */
  isClosed(): boolean;
  report(error: Error): void;
  slowConsumer(subscription: Subscription, pending: number, dropped: number): void;
  /** What holds for a subscription that says nothing else. */
  readonly pendingLimit: Limit;
}

/**
 * A subscription: messages by callback, or by `for await`. It comes back by itself after every
 * reconnect, with what is left of its `max`. What a callback throws, or rejects with, is reported by the
 * `error` event (`CALLBACK_FAILED`) and the subscription goes on.
 */
export class Subscription implements NatsSubscription, MessageSink, CallsHost {
  /** Who gets its messages: the `callback` of its options. Without one it does nothing, and messages wait for the `for await`. */
  callback: MsgCallback<Msg>;
  private readonly host: SubscriptionHost;
  private readonly publisher: Responder;
  private entry!: SubscriptionEntry;
  private readonly queue: Backlog | undefined;
  private readonly calls: Calls;
  private readonly limit: Limit;
  private readonly slow: number;
  private readonly timeout: number;
  /** More waits than `slow` says: told, and not over. */
  private isSlow = false;
  /** Messages are being dropped: told, and not over. */
  private isDropping = false;
  private dropped = 0;
  private iterating = false;
  private ended = false;
  private consumed: boolean;
  private timer: Timer | undefined;
  /** What has ended it. */
  private endedBy: Error | undefined;
  /** Made when {@link closed} is asked for: there may be very many subscriptions, and hardly any is asked. */
  private closing: Promise<undefined | Error> | undefined;
  private resolveClosed: ((error: undefined | Error) => void) | undefined;
  /** Those who wait for a drain, and those of them who are waited for themselves if nothing is done about it. */
  private waiting: { idle: (() => void)[]; idleButOwn: (() => void)[] } | undefined;

  /** Use `nc.subscribe()`. @internal */
  constructor(host: SubscriptionHost, options: SubscriptionOptions) {
    this.host = host;
    this.publisher = host.publisher;
    this.limit = toLimit(options.pendingLimit, host.pendingLimit);
    this.slow = options.slow ?? 0;
    this.consumed = options.callback !== undefined;
    this.callback = (options.callback ?? noCallback) as MsgCallback<Msg>;
    this.calls = new Calls(this);
    if (options.callback === undefined) {
      this.queue = new Backlog(
        () => this.unsubscribe(),
        () => this.onConsumed(),
      );
    }
    this.timeout = options.timeout ?? 0;
  }

  /** Joins the subscription and its entry in the engine's table, which are made one after the other. @internal */
  attach(entry: SubscriptionEntry): this {
    this.entry = entry;
    if (this.timeout > 0) this.timer = this.host.clock.setTimeout(() => this.onTimeout(), this.timeout);
    return this;
  }

  /** Settles when no more messages will come: with the error that ended it, if one did. */
  get closed(): Promise<undefined | Error> {
    this.closing ??= this.ended
      ? Promise.resolve(this.endedBy)
      : new Promise((resolve) => {
          this.resolveClosed = resolve;
        });
    return this.closing;
  }

  /** @internal */
  callFailed(cause: unknown): void {
    this.host.report(callbackFailed(this.getSubject(), cause));
  }

  /** @internal */
  onMessage(
    buf: Buffer,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void {
    if (this.timer !== undefined) this.stopTimer();
    const { queue, calls, limit } = this;
    const size = end - start;
    if (queue === undefined) {
      if (calls.messages >= limit.messages || calls.bytes + size > limit.bytes) return this.drop();
      if (this.isDropping) this.judge(calls.messages, calls.bytes);
    } else if (queue.size >= limit.messages || queue.bytes + size > limit.bytes) {
      if (!limit.dropOldest || size > limit.bytes) return this.drop();
      this.makeRoom(queue, size);
    } else if (this.isDropping) this.judge(queue.size, queue.bytes);

    const { publisher } = this;
    const { sid } = this.entry;
    const msg = new HoldfastMsg(publisher, sid, buf, subject, subjectEnd, reply, replyEnd, start, body, end);
    if (queue === undefined) {
      calls.call(this.callback, msg);
      // It has ended in the middle of the call: whoever waits for it waits for the call as well.
      if (this.ended) this.checkIdle();
    } else queue.push(msg);
    if (this.slow > 0) this.watch(this.getPending());
  }

  /** @internal */
  onEnd(error: CodedError | undefined): void {
    if (this.ended) return;
    const told = error === undefined ? undefined : publicError(error);
    this.ended = true;
    this.endedBy = told;
    this.stopTimer();
    if (this.queue !== undefined) this.queue.end(told);
    else if (told !== undefined) this.calls.tell(this.callback, told);
    this.resolveClosed?.(told);
    this.checkIdle();
  }

  /** The server refuses it, and the next one is asked again: the connection's `error` event has told it already. @internal */
  onRefused(error: CodedError): void {
    if (this.queue === undefined) this.calls.tell(this.callback, publicError(error));
  }

  /** The limit is reached: a message is not delivered. */
  private drop(): void {
    this.dropped++;
    this.tellDropping();
  }

  /** The limit is reached: what has waited longest goes. */
  private makeRoom(queue: Backlog, size: number): void {
    const { limit } = this;
    while (queue.size >= limit.messages || queue.bytes + size > limit.bytes) {
      queue.shift();
      this.dropped++;
    }
    this.tellDropping();
  }

  private tellDropping(): void {
    if (this.isDropping) return;
    this.isDropping = true;
    this.host.slowConsumer(this, this.getPending(), this.getDropped());
  }

  /** A message comes in and is taken: whether what waited before it is down to half of the limit. */
  private judge(messages: number, bytes: number): void {
    this.isDropping = messages * 2 > this.limit.messages || bytes * 2 > this.limit.bytes;
  }

  private watch(pending: number): void {
    const wasSlow = this.isSlow;
    this.isSlow = pending > this.slow;
    if (wasSlow || !this.isSlow) return;
    this.host.slowConsumer(this, pending, this.getDropped());
  }

  private onTimeout(): void {
    this.timer = undefined;
    const subject = this.getSubject();
    const error = new CodedError("TIMEOUT", `timeout: no message came in time on ${subject}`, { subject });
    this.onEnd(error);
    this.host.unsubscribe(this.entry);
  }

  private stopTimer(): void {
    this.host.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private onConsumed(): void {
    this.consumed = true;
    this.checkIdle();
  }

  /** Nothing more will come, and whoever reads the queue has read it to its end. */
  private get isRead(): boolean {
    return this.ended && (this.consumed || !this.iterating);
  }

  /** @internal */
  checkIdle(): void {
    const { waiting, calls } = this;
    if (waiting === undefined || !this.isRead) return;
    if (calls.othersIdle) for (const resolve of waiting.idleButOwn.splice(0)) resolve();
    if (calls.idle) for (const resolve of waiting.idle.splice(0)) resolve();
  }

  /**
   * Ends the subscription: now, or after `max` messages in total (counted over all reconnects).
   * A `max` may be lowered or raised. Raised, it is subscribed again, in case the server has ended it already: what was
   * published between that end and now is not received.
   *
   * @throws InvalidArgumentError `INVALID_ARGUMENT`
   */
  unsubscribe(max?: number): void {
    if (max !== undefined && max !== 0 && (!Number.isSafeInteger(max) || max < 0)) {
      throw publicError(
        new CodedError("INVALID_ARGUMENT", `max must be a positive integer, not ${describeCause(max)}`),
      );
    }
    this.host.unsubscribe(this.entry, max === 0 ? undefined : max);
  }

  /**
   * Moves it to another subject, its counts with it; `max`: how many messages more. For `nc._resub()` of the official
   * packages. @internal
   *
   * @throws CodedError `INVALID_SUBJECT`, `MAX_CONTROL_LINE_EXCEEDED`
   */
  moveTo(subject: string, max?: number): void {
    this.host.moveSubscription(this.entry, subject, max);
  }

  /**
   * Ends the subscription after what the server has sent for it so far; settles when that has been
   * handled: callbacks have settled, and a `for await` has reached its end. On a lost link it ends at once
   * and is not subscribed again.
   *
   * Whoever drains a subscription in the middle of one of its messages does not wait for himself. A callback that
   * calls this, or `nc.drain()`, before its first `await`: that very call is not waited for. The body of a
   * `for await` that does so before it has waited for anything else: this settles one second after the subscription
   * has ended, unless the loop has gone on by then, and what is still in the queue is read afterwards. Further on
   * nobody can tell the handler from the rest of the program: call it without `await` there.
   *
   * Rejects with `CONNECTION_CLOSED` or `INVALID_OPERATION` when it has ended already otherwise than by a drain.
   */
  drain(): Promise<void> {
    if (this.ended && !this.entry.draining) {
      return rejected(this.host.isClosed() ? closedError() : misuse("the subscription is closed already"));
    }
    return this.drained();
  }

  private drained(): Promise<void> {
    const { calls, queue } = this;
    const own = calls.excludeCurrent();
    this.host.drainSubscription(this.entry);
    if (this.isRead && (own ? calls.othersIdle : calls.idle)) return Promise.resolve();
    this.waiting ??= { idle: [], idleButOwn: [] };
    const { idle, idleButOwn } = this.waiting;
    return new Promise((resolve) => {
      if (own) idleButOwn.push(resolve);
      else idle.push(resolve);
      if (queue?.isFresh === true) this.endSelfWait(queue, idle, resolve);
    });
  }

  /** The body of the loop seems to wait for its own drain: it is believed when it does not come back. */
  private endSelfWait(queue: Backlog, idle: (() => void)[], resolve: () => void): void {
    const { asked } = queue;
    void this.closed.then(() => {
      if (queue.asked !== asked) return;
      const believe = () => {
        if (queue.asked === asked) resolve();
      };
      const { clock } = this.host;
      const timer = clock.setTimeout(believe, LOOP_GRACE);
      idle.push(() => clock.clearTimeout(timer));
    });
  }

  /** Drains it; settles when all it has got has been handled, also when it has ended before. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.drained();
  }

  /** Whether a drain of it, or of its connection, has begun. */
  isDraining(): boolean {
    return this.entry.draining;
  }

  /** Whether it has ended: no more messages come in. Those that it has got may still wait, see {@link getPending}. */
  isClosed(): boolean {
    return this.ended;
  }

  /** The subject that it is subscribed to, wildcards and all. */
  getSubject(): string {
    return this.entry.subject;
  }

  /** Messages that came in, also those that were dropped: always `getProcessed() + getPending() + getDropped()`. */
  getReceived(): number {
    return this.entry.received;
  }

  /** Messages that the callback is done with (it has returned, its promise has settled), or that the `for await` took. */
  getProcessed(): number {
    if (this.queue !== undefined) return this.queue.taken;
    return this.entry.received - this.calls.messages - this.dropped;
  }

  /** Messages that wait for the `for await`, or that promises of the callback are at work on. */
  getPending(): number {
    return this.queue === undefined ? this.calls.messages : this.queue.size;
  }

  /**
   * Messages that nobody got: dropped because more waited than `pendingLimit` allows, or left behind by a
   * `for await` that was left.
   */
  getDropped(): number {
    return this.queue === undefined ? this.dropped : this.dropped + this.queue.discarded;
  }

  /** Its number on the connection: the sid of the protocol, which its messages have as `sid`. */
  getID(): number {
    return this.entry.sid;
  }

  /** Messages in total after which it ends by itself, from `max` of its options or of {@link unsubscribe}; undefined: it does not. */
  getMax(): number | undefined {
    return this.entry.max;
  }

  /**
   * What a log shows of it: `subject`, `sid`, whether it is `closed`, and the counts `received`, `processed`, `pending` and `dropped`, which
   * {@link getReceived} and its like tell of.
   */
  toJSON(): {
    subject: string;
    sid: number;
    received: number;
    processed: number;
    pending: number;
    dropped: number;
    closed: boolean;
  } {
    return {
      subject: this.getSubject(),
      sid: this.getID(),
      received: this.getReceived(),
      processed: this.getProcessed(),
      pending: this.getPending(),
      dropped: this.getDropped(),
      closed: this.ended,
    };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }

  /** Iterates over the messages. @throws InvalidOperationError when there is a callback, or a second reader */
  [Symbol.asyncIterator](): AsyncIterator<Msg> {
    if (this.queue === undefined) throw misuse("iterator cannot be used when a callback is registered");
    if (this.iterating) throw misuse("iterator is already yielding");
    this.iterating = true;
    return this.queue;
  }
}

/**
 * What `nc._resub()` does: see {@link Subscription.moveTo}. What is no subscription of ours stays as it is.
 *
 * @throws the public error `INVALID_SUBJECT`, `MAX_CONTROL_LINE_EXCEEDED`
 */
export function moveSubscription(given: NatsSubscription, subject: string, max: number | undefined): void {
  if (!(given instanceof Subscription)) return;
  try {
    given.moveTo(subject, max);
  } catch (error) {
    throw publicError(error);
  }
}

function noCallback(): void {
  // Messages go to the queue.
}
