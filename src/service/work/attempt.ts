import type { HoldfastError, Msg, MsgHdrs } from "../../index.js";
import type { Encoded } from "./codec.js";
import type { Timed } from "./deadlines.js";

/** A message of core NATS or of JetStream, as far as handlers of both see it. */
export interface Handled extends Encoded {
  /** Its headers; undefined when it has none. */
  readonly headers?: MsgHdrs | undefined;
}

/** What a handler gets beside the data. */
export interface HandlerContext<M extends Handled = Msg> {
  /** Subject of the message. */
  readonly subject: string;
  /** Headers of the message; undefined when it has none. */
  readonly headers: MsgHdrs | undefined;
  /** The message itself. */
  readonly msg: M;
  /**
   * Aborted when nobody waits for this try any longer: its time is up, the handler was stopped with a timeout that has passed, or the connection
   * is closed.
   */
  readonly signal: AbortSignal;
  /** Which try it is, from 1. */
  readonly attempt: number;
}

/** A function that handles messages. It returns the answer, if one is wanted; throwing or rejecting fails the try. */
export type HandlerFunction<T = unknown, C = HandlerContext> = (data: T, context: C) => unknown;

/** Whose try it is. Exactly one of `onSuccess` and `onFailure` is called, once; they do not throw. */
export interface AttemptOwner {
  /** The handler has returned, or resolved with, `value`. */
  onSuccess(value: unknown): void;
  /** Codes `INVALID_MESSAGE`, `HANDLER_FAILED` (`cause` is what the handler threw), `HANDLER_TIMEOUT`, or as {@link Attempts.abortAll} says. */
  onFailure(error: HoldfastError): void;
  /** Does what belongs to the message in the message's own context: timers are everybody's. */
  within(part: () => void): void;
}

/** Who ends an attempt when its time is up. */
export interface AttemptRunner {
  expire(attempt: Attempt<Handled>): void;
}

/** One try of a handler with a message, and what the handler sees of it. */
export class Attempt<M extends Handled = Msg> implements HandlerContext<M>, Timed {
  readonly msg: M;
  readonly attempt: number;
  /** @internal */
  readonly owner: AttemptOwner;
  /** Its end has been told: what the handler does afterwards changes nothing. @internal */
  isOver = false;
  /** @internal */
  startedAt = 0;
  /** @internal */
  previousTimed: Timed | undefined = undefined;
  /** @internal */
  nextTimed: Timed | undefined = undefined;
  /** @internal */
  runner: AttemptRunner | undefined = undefined;
  /** Made when somebody asks: hardly any handler does. */
  private controller: AbortController | undefined = undefined;
  private abortedBy: Error | undefined = undefined;

  constructor(msg: M, attempt: number, owner: AttemptOwner) {
    this.msg = msg;
    this.attempt = attempt;
    this.owner = owner;
  }

  get subject(): string {
    return this.msg.subject;
  }

  get headers(): MsgHdrs | undefined {
    return this.msg.headers;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.abortedBy !== undefined) this.controller.abort(this.abortedBy);
    }
    return this.controller.signal;
  }

  /** @internal */
  onDeadline(): void {
    this.runner?.expire(this);
  }

  /** Nobody waits for it any longer. @internal */
  abort(reason: Error): void {
    this.abortedBy = reason;
    const { controller } = this;
    if (controller !== undefined) this.owner.within(() => controller.abort(reason));
  }

  /** What a log shows of it: `subject` of the message and number of the `attempt`. */
  toJSON(): { subject: string; attempt: number } {
    return { subject: this.subject, attempt: this.attempt };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }
}
