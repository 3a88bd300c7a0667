import type { WorkListener } from "../../checks/listeners.js";
import type { Component, ComponentStopOptions, HandlerFacts } from "../../index.js";
import type { DeadLetterInfo, DiscardedInfo, RetryInfo } from "../work/work-events.js";

/** Events of a {@link Handler}. */
export interface HandlerEvents {
  /** A try has failed, and there will be another one. */
  retry: RetryInfo;
  /** A message was given up, and lies with the dead letters. */
  deadLetter: DeadLetterInfo;
  /** A message was given up, and lies nowhere. */
  discarded: DiscardedInfo;
}

/** What {@link handle} returns. */
export interface Handler extends Component, AsyncDisposable {
  /** The subject that it is subscribed to. */
  readonly subject: string;
  /**
   * Settles when no more messages come and all that had come are handled or given up: with the error that ended it, such as a refusal of the server,
   * if one did. Never rejects. A handler does not wait for it, which would be for itself.
   */
  readonly closed: Promise<undefined | Error>;
  /** What health endpoints, metrics and the dashboard see of it. */
  facts(): HandlerFacts;
  /**
   * Resolves when the server knows of the subscription: what is published from then on comes here, or to another member of its queue. While there is
   * no link it waits for the next one.
   *
   * Rejects with code `PERMISSIONS_VIOLATION` (the server refuses the subscription), `TIMEOUT`, `CONNECTION_CLOSED`, `INVALID_OPERATION` (the handler is
   * stopped), `INVALID_OPTION`; with `MAX_SUBSCRIPTIONS_EXCEEDED` when the server says so while this waits: it does not say of which subscription, so call
   * it right behind `handle()`. A rejection that nobody awaits does no harm.
   *
   * @param options.timeout ms; default 10,000
   */
  ready(options?: { timeout?: number }): Promise<void>;
  /**
   * Takes no more messages; settles when those that had come are handled or given up. It is no part of the connection's components then.
   * After `timeout` ms what is not done is given up: signals are aborted, and messages go to the dead letters with `HANDLER_TIMEOUT`.
   *
   * A handler that stops itself does so before its first `await`, or without waiting for it: it would wait for its own end. Before its first
   * `await` it waits for the others alone, which get its place: for all but those with its key, which come after it. It stays a component until it is
   * done itself, and a drain or a shutdown waits for it.
   *
   * Rejects with code `INVALID_OPTION` (`timeout`).
   */
  stop(options?: ComponentStopOptions): Promise<void>;
  /** Adds a listener. @throws an error with code `INVALID_ARGUMENT` */
  on<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this;
  /** Adds a listener that is called once. @throws an error with code `INVALID_ARGUMENT` */
  once<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this;
  /** Removes a listener. */
  off<E extends keyof HandlerEvents>(event: E, listener: WorkListener<HandlerEvents[E]>): this;
}
