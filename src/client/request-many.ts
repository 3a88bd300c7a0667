import { CodedError, describeCause } from "../errors.js";
import type { Msg, QueuedIterator, RequestManyOptions } from "../interop/nats-core.js";
import type { Clock, Timer } from "../io/clock.js";
import { checkTimeout } from "./check-timeout.js";
import { MessageQueue } from "./queue.js";
import type { Subscription } from "./subscription.js";

const DEFAULT_MAX_WAIT = 1000;
const DEFAULT_STALL = 300;

/** What a request for many answers asks of its connection. */
export interface RequestManyHost {
  readonly clock: Clock;
  /** The public error of what has gone wrong with the request. */
  readonly toError: (error: CodedError) => Error;
  /** Subscribes an inbox of its own. */
  inbox(callback: (error: Error | null, msg: Msg) => void): Subscription;
  /**
   * Sends the request with the inbox as reply subject; `onFail` hears when it is refused, or lost with its
   * link. Returns how to stop listening.
   */
  send(reply: string, onFail: (error: CodedError) => void): () => void;
}

/** The options, completed. @throws CodedError `INVALID_ARGUMENT` */
export function checkRequestMany(
  options: Partial<RequestManyOptions>,
): Required<Pick<RequestManyOptions, "strategy" | "maxWait" | "stall">> & { maxMessages: number } {
  const { strategy = "timer", maxWait = DEFAULT_MAX_WAIT, stall = DEFAULT_STALL, maxMessages = -1 } = options;
  if (!["timer", "count", "stall", "sentinel"].includes(strategy)) {
    throw new CodedError(
      "INVALID_ARGUMENT",
      `strategy "${describeCause(strategy)}" is not one of timer, count, stall, sentinel`,
    );
  }
  checkTimeout("maxWait", maxWait);
  checkTimeout("stall", stall);
  if (strategy === "count" && !(maxMessages >= 1)) {
    throw new CodedError("INVALID_ARGUMENT", 'strategy "count" needs maxMessages of at least 1');
  }
  return { strategy, maxWait, stall, maxMessages };
}

/** The answers, as nats.js's iterator. */
export class Answers extends MessageQueue<Msg> implements QueuedIterator<Msg> {
  private readonly onStop: (error?: Error) => void;

  /** @param onStop the application has seen enough */
  constructor(onStop: (error?: Error) => void) {
    super(
      () => onStop(),
      () => {},
    );
    this.onStop = onStop;
  }

  /** Ends it: with `error`, behind what has come. */
  stop(error?: Error): void {
    this.onStop(error);
  }

  /** Answers that were given out. */
  getProcessed(): number {
    return this.taken;
  }

  /** Answers that wait. */
  getPending(): number {
    return this.size;
  }

  /** Answers that have come. */
  getReceived(): number {
    return this.taken + this.size + this.discarded;
  }
}

/**
 * Sends one request and collects many answers, until the strategy says that it is enough, or `maxWait` is
 * over. When the link that carries the answers is lost, the iteration ends with `CONNECTION_LOST`. The empty answer that
 * ends strategy `sentinel` is given out, as in nats.js.
 */
export function requestMany(
  host: RequestManyHost,
  subject: string,
  options: Partial<RequestManyOptions>,
): Answers {
  const { strategy, maxWait, stall, maxMessages } = checkRequestMany(options);
  const { clock, toError } = host;
  let received = 0;
  const finish = (error?: Error) => {
    clock.clearTimeout(deadline);
    clock.clearTimeout(stalled);
    stopWatching();
    queue.end(error);
    subscription.unsubscribe();
  };
  const queue = new Answers((error) => finish(error));
  const onAnswer = (error: Error | null, msg: Msg) => {
    if (error !== null) return finish(error);
    if ((msg as { isNoResponders?: boolean }).isNoResponders === true) {
      return finish(toError(noResponders(subject)));
    }
    queue.push(msg);
    received++;
    if (strategy === "sentinel" && msg.data.length === 0) return finish();
    if (maxMessages > 0 && received >= maxMessages) return finish();
    if (strategy !== "stall") return;
    clock.clearTimeout(stalled);
    stalled = clock.setTimeout(() => finish(), stall);
  };
  const subscription = host.inbox(onAnswer);
  let stalled: Timer | undefined;
  const deadline = clock.setTimeout(() => finish(), maxWait);
  let stopWatching = () => {};
  try {
    stopWatching = host.send(subscription.getSubject(), (error) => finish(toError(error)));
  } catch (error) {
    finish();
    throw error;
  }
  return queue;
}

/** Nobody listens on the subject of a request. */
export function noResponders(subject: string): CodedError {
  return new CodedError("NO_RESPONDERS", `no responders: '${subject}'`, { subject });
}
