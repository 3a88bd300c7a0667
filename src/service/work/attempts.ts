import { codedError } from "../../checks/coded-error.js";
import { stackless } from "../../errors.js";
import type { HoldfastError } from "../../index.js";
import type { Attempt, AttemptRunner, Handled, HandlerFunction } from "./attempt.js";
import type { Counts } from "./counts.js";
import { Deadlines } from "./deadlines.js";
import type { Decoder } from "./decoder.js";
import { errorLine } from "./plain-text.js";
import { isThenable } from "./thenable.js";

/** What a handler throws is kept up to here in the text of its error; `cause` has all of it. */
const LONGEST_REASON = 1000;

/** What {@link Attempts} needs. */
export interface AttemptsOptions {
  readonly handler: HandlerFunction<never, never>;
  readonly decode: Decoder<never>;
  /** ms of one try, decoding included; 0: no limit. */
  readonly timeout: number;
  readonly counts: Counts;
}

/**
 * Runs the tries of one handler: decodes, calls, measures, counts, and ends those whose time is up. A handler that never settles is let go at its
 * deadline; when it settles after all, nobody hears of it, and a rejection is no unhandled one.
 */
export class Attempts<M extends Handled> implements AttemptRunner {
  /** The try whose handler is being called right now, before its first `await`. */
  current: Attempt<M> | undefined = undefined;
  private readonly handler: (data: unknown, attempt: Attempt<M>) => unknown;
  private readonly decode: (msg: M) => unknown;
  private readonly timeout: number;
  private readonly counts: Counts;
  private readonly running: Deadlines;
  /** Monotonic ms of what is just happening, if it has been asked for; else 0. */
  private now = 0;

  constructor({ handler, decode, timeout, counts }: AttemptsOptions) {
    this.handler = handler as (data: unknown, attempt: Attempt<M>) => unknown;
    this.decode = decode as (msg: M) => unknown;
    this.timeout = timeout;
    this.counts = counts;
    this.running = new Deadlines(timeout);
  }

  /** Begins a try: its owner is told how it ends, at once or later. */
  start(attempt: Attempt<M>): void {
    this.begin(attempt);
    let data: unknown;
    try {
      data = this.decode(attempt.msg);
    } catch (error) {
      return this.invalid(attempt, error as HoldfastError);
    }
    if (!(data instanceof Promise)) return this.call(attempt, data);
    data.then(
      (decoded) => {
        if (!attempt.isOver) this.call(attempt, decoded);
      },
      (error) => this.invalid(attempt, error),
    );
  }

  /** The same with data that have been decoded already. */
  startWith(attempt: Attempt<M>, data: unknown): void {
    this.begin(attempt);
    this.call(attempt, data);
  }

  /** Ends all that run with this error, and aborts their signals; what their handlers do later changes nothing. */
  abortAll(error: HoldfastError): void {
    for (const attempt of this.running.all() as Attempt<M>[]) {
      if (attempt.isOver) continue;
      this.end(attempt);
      attempt.abort(error);
      attempt.owner.onFailure(error);
    }
  }

  /** No timer runs from now on. */
  stop(): void {
    this.running.stop();
  }

  /** @internal */
  expire(attempt: Attempt<Handled>): void {
    const { subject } = attempt;
    attempt.isOver = true;
    this.counts.timedOut++;
    this.counts.took(performance.now() - attempt.startedAt);
    const text = `the handler of "${subject}" has not settled within ${this.timeout} ms`;
    const error = stackless(codedError, "HANDLER_TIMEOUT", text, { subject });
    attempt.abort(error);
    attempt.owner.onFailure(error);
  }

  private begin(attempt: Attempt<M>): void {
    attempt.runner = this;
    attempt.startedAt = this.now === 0 ? performance.now() : this.now;
    // The next one may begin after a handler that has kept the event loop for a while.
    this.now = 0;
    this.running.add(attempt);
  }

  private call(attempt: Attempt<M>, data: unknown): void {
    const { current } = this;
    this.current = attempt;
    let later: Promise<unknown> | undefined;
    let value: unknown;
    try {
      value = this.handler(data, attempt);
      later = promiseOf(value);
    } catch (cause) {
      this.current = current;
      return this.failed(attempt, cause);
    }
    this.current = current;
    if (later === undefined) return this.succeeded(attempt, value);
    try {
      later.then(
        (settled) => this.succeeded(attempt, settled),
        (cause) => this.failed(attempt, cause),
      );
    } catch (cause) {
      // A proxy of a promise, or one with a `then` of its own.
      this.failed(attempt, cause);
    }
  }

  private succeeded(attempt: Attempt<M>, value: unknown): void {
    if (attempt.isOver) return;
    this.now = this.end(attempt);
    attempt.owner.onSuccess(value);
    this.now = 0;
  }

  private failed(attempt: Attempt<M>, cause: unknown): void {
    if (attempt.isOver) return;
    this.end(attempt);
    this.counts.failed++;
    const { subject } = attempt;
    const text = `the handler of "${subject}" failed: ${errorLine(cause, LONGEST_REASON)}`;
    const error = stackless(codedError, "HANDLER_FAILED", text, { subject });
    // Assigned here: what was thrown may be undefined.
    Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
    attempt.owner.onFailure(error);
  }

  private invalid(attempt: Attempt<M>, error: HoldfastError): void {
    if (attempt.isOver) return;
    attempt.isOver = true;
    this.running.remove(attempt);
    this.counts.invalid++;
    attempt.owner.onFailure(error);
  }

  /** @returns the time, monotonic ms */
  private end(attempt: Attempt<M>): number {
    attempt.isOver = true;
    this.running.remove(attempt);
    const now = performance.now();
    this.counts.took(now - attempt.startedAt);
    return now;
  }
}

/** The promise that a handler has answered with, of whatever kind; undefined when it is none. @throws what its getters throw */
function promiseOf(value: unknown): Promise<unknown> | undefined {
  if (value instanceof Promise) return value;
  return isThenable(value) ? Promise.resolve(value) : undefined;
}
