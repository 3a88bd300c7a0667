import type { MessageSink, SubscriptionEntry } from "../core/subscriptions.js";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { Msg, MsgCallback, NatsSubscription, NatsSubscriptionOptions } from "../interop/nats-core.js";
import { checkTimeout } from "./check-timeout.js";
import { isThenable } from "./handled.js";
import { HoldfastMsg, type Responder } from "./msg.js";
import { MessageQueue } from "./queue.js";
import { startTimer } from "./start-timer.js";

/** Options of one subscription: those of nats.js, except that a callback may return anything. */
export interface SubscriptionOptions extends Omit<NatsSubscriptionOptions, "callback"> {
  /** Called with every message; a promise that it returns is awaited by `drain()`, and its failure reported. */
  callback?: (error: Error | null, msg: Msg) => unknown;
}

/** What a subscription asks of its connection. */
export interface SubscriptionHost extends Responder {
  unsubscribe(entry: SubscriptionEntry, max?: number): void;
  drainSubscription(entry: SubscriptionEntry): void;
  report(error: Error): void;
  slowConsumer(subscription: Subscription, pending: number): void;
}

/**
 * A subscription: messages by callback, or by `for await`. It comes back by itself after every
 * reconnect, with what is left of its `max`. What a callback throws, or rejects with, is reported by the
 * `error` event (`CALLBACK_FAILED`) and the subscription goes on.
 */
export class Subscription implements NatsSubscription, MessageSink {
  /** Settles when no more messages will come: with the error that ended it, if one did. */
  readonly closed: Promise<undefined | Error>;
  callback: MsgCallback<Msg>;
  private readonly host: SubscriptionHost;
  private entry!: SubscriptionEntry;
  private readonly queue: MessageQueue<Msg> | undefined;
  private readonly slow: number;
  private readonly timeout: number;
  private isSlow = false;
  private iterating = false;
  private processed = 0;
  /** Promises returned by the callback that have not settled. */
  private running = 0;
  private ended = false;
  private consumed: boolean;
  private timer: NodeJS.Timeout | undefined;
  private resolveClosed!: (error: undefined | Error) => void;
  private idle: (() => void)[] = [];

  constructor(host: SubscriptionHost, options: SubscriptionOptions) {
    this.host = host;
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
    this.slow = options.slow ?? 0;
    this.consumed = options.callback !== undefined;
    this.callback = (options.callback ?? noCallback) as MsgCallback<Msg>;
    if (options.callback === undefined) {
      this.queue = new MessageQueue<Msg>(
        () => this.unsubscribe(),
        () => this.onConsumed(),
      );
    }
    this.timeout = options.timeout ?? 0;
  }

  /** Joins the subscription and its entry in the engine's table, which are made one after the other. */
  attach(entry: SubscriptionEntry): this {
    this.entry = entry;
    if (this.timeout > 0) this.timer = startTimer(this.timeout, () => this.onTimeout());
    return this;
  }

  // MessageSink: the hot path -------------------------------------------------------------------------

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
    const sid = this.entry.sid;
    const msg = new HoldfastMsg(this.host, sid, buf, subject, subjectEnd, reply, replyEnd, start, body, end);
    if (this.timer !== undefined) this.stopTimer();
    const { queue } = this;
    if (queue !== undefined) {
      queue.push(msg);
      if (this.slow > 0) this.watch(queue.size);
      return;
    }
    this.processed++;
    this.call(null, msg);
  }

  onEnd(error: CodedError | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.stopTimer();
    const told = error === undefined ? undefined : publicError(error);
    if (this.queue !== undefined) this.queue.end(told);
    else if (told !== undefined) this.call(told, {} as Msg);
    this.resolveClosed(told);
    this.checkIdle();
  }

  private call(error: Error | null, msg: Msg): void {
    try {
      const result: unknown = this.callback(error, msg);
      if (result !== undefined && isThenable(result)) this.follow(result);
    } catch (cause) {
      this.host.report(callbackFailed(this.getSubject(), cause));
    }
  }

  private follow(promise: PromiseLike<unknown>): void {
    this.running++;
    const done = () => {
      this.running--;
      this.checkIdle();
    };
    // A promise of a foreign kind may settle twice, or throw: ours does neither.
    Promise.resolve(promise).then(done, (cause) => {
      this.host.report(callbackFailed(this.getSubject(), cause));
      done();
    });
  }

  private watch(pending: number): void {
    if (pending <= this.slow) this.isSlow = false;
    else if (!this.isSlow) {
      this.isSlow = true;
      this.host.slowConsumer(this, pending);
    }
  }

  private onTimeout(): void {
    this.timer = undefined;
    const subject = this.getSubject();
    const error = new CodedError("TIMEOUT", `no message came in time on ${subject}`, { subject });
    this.onEnd(error);
    this.host.unsubscribe(this.entry);
  }

  private stopTimer(): void {
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
  }

  private onConsumed(): void {
    this.consumed = true;
    this.checkIdle();
  }

  /** Nothing more will be handled: ended, queue read to its end by whoever reads it, callbacks settled. */
  private get isIdle(): boolean {
    return this.ended && this.running === 0 && (this.consumed || !this.iterating);
  }

  private checkIdle(): void {
    if (!this.isIdle) return;
    for (const resolve of this.idle.splice(0)) resolve();
  }

  // NatsSubscription ----------------------------------------------------------------------------------

  /**
   * Ends the subscription: now, or after `max` messages in total (counted over all reconnects).
   *
   * @throws InvalidArgumentError `INVALID_ARGUMENT`
   */
  unsubscribe(max?: number): void {
    if (max !== undefined && max !== 0 && (!Number.isSafeInteger(max) || max < 0)) {
      throw publicError(new CodedError("INVALID_ARGUMENT", `max must be a positive integer, not ${max}`));
    }
    this.host.unsubscribe(this.entry, max === 0 ? undefined : max);
  }

  /**
   * Ends the subscription after what the server has sent for it so far; settles when that has been
   * handled: callbacks have settled, and a `for await` has reached its end. On a lost link it ends at once
   * and is not subscribed again.
   */
  drain(): Promise<void> {
    this.host.drainSubscription(this.entry);
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  isDraining(): boolean {
    return this.entry.draining;
  }

  isClosed(): boolean {
    return this.ended;
  }

  getSubject(): string {
    return this.entry.subject;
  }

  /** Messages that came in. */
  getReceived(): number {
    return this.entry.received;
  }

  /** Messages that were given to the callback, or taken by the `for await`. */
  getProcessed(): number {
    return this.queue === undefined ? this.processed : this.queue.taken;
  }

  /** Messages that wait for the `for await`. */
  getPending(): number {
    return this.queue === undefined ? 0 : this.queue.size;
  }

  getID(): number {
    return this.entry.sid;
  }

  getMax(): number | undefined {
    return this.entry.max;
  }

  /** What a log shows of it. */
  toJSON(): { subject: string; sid: number; received: number; processed: number; closed: boolean } {
    return {
      subject: this.getSubject(),
      sid: this.getID(),
      received: this.getReceived(),
      processed: this.getProcessed(),
      closed: this.ended,
    };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }

  /** Iterates over the messages. @throws InvalidOperationError when there is a callback, or a second reader */
  [Symbol.asyncIterator](): AsyncIterator<Msg> {
    if (this.queue === undefined) throw misuse("a subscription with a callback cannot be iterated");
    if (this.iterating) throw misuse("the subscription is already being iterated");
    this.iterating = true;
    return this.queue;
  }
}

/**
 * The options of a subscription as the engine needs them.
 *
 * @throws CodedError `INVALID_ARGUMENT`
 */
export function checkSubscription(options: SubscriptionOptions): {
  queue: string | undefined;
  max: number | undefined;
} {
  const { queue, max, callback, timeout } = options;
  if (timeout !== undefined && timeout !== 0) checkTimeout("timeout", timeout);
  if (max !== undefined && max !== 0 && (!Number.isSafeInteger(max) || max < 0)) {
    throw new CodedError("INVALID_ARGUMENT", `option "max" must be a positive integer, not ${max}`, {
      option: "max",
    });
  }
  if (callback !== undefined && typeof callback !== "function") {
    throw new CodedError("INVALID_ARGUMENT", 'option "callback" must be a function', { option: "callback" });
  }
  return { queue: queue === "" ? undefined : queue, max: max === 0 ? undefined : max };
}

function noCallback(): void {
  // Messages go to the queue.
}

function callbackFailed(subject: string, cause: unknown): Error {
  const text = describeCause(cause);
  return publicError(
    new CodedError("CALLBACK_FAILED", `the callback of a subscription to ${subject} failed: ${text}`, {
      subject,
      cause,
    }),
  );
}

function misuse(text: string): Error {
  return publicError(new CodedError("INVALID_OPERATION", text));
}
