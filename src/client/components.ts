import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import type { Histogram } from "./measurements.js";

/**
 * Something that works on a connection beside it: a handler, a consumer, a request policy, a shutdown, or what an application brings. Health
 * endpoints, metrics and `gracefulShutdown()` find it by `nc.components`.
 */
export interface Component {
  /** How it is: called at every look, so it only reads. */
  facts(): ComponentFacts;
  /**
   * Takes no more work; settles when what it had is done, or handed back. Called by `nc.drain()`, which waits for it within `drainTimeout`, and by
   * `gracefulShutdown()`, with a timeout; maybe more than once. What it rejects with is told by the `error` event.
   */
  stop?(options?: ComponentStopOptions): Promise<void>;
}

/** What a component is told when it is to stop. */
export interface ComponentStopOptions {
  /** ms after which it should give up what is not done: while the connection still stands, it can be handed back, or put where dead letters go. Default: none. */
  timeout?: number;
}

/** What a component tells of itself, by its kind. */
export type ComponentFacts =
  | HandlerFacts
  | ConsumerFacts
  | PolicyFacts
  | ShutdownFacts
  | OutboxFacts
  | PublisherFacts
  | OtherFacts;

interface Facts {
  /** What it is called in health and metrics: no secrets, and few different ones. */
  readonly name: string;
  /** Why the process should get no traffic, whatever the connection is like; undefined when it may. */
  readonly unready?: string;
  /** What keeps it from doing its work now, for readiness of mode `"consumer"`; undefined when nothing does. */
  readonly failing?: string;
  /** What went wrong last; undefined when nothing did. */
  readonly lastError?: Error;
}

/** What became of messages; counts never go down. */
export interface WorkCounts {
  /** Messages whose handler is at work on them, or that wait for their next try. */
  readonly inFlight: number;
  /** Messages that wait for a place. */
  readonly waiting: number;
  /** Messages that a handler is done with. */
  readonly handled: number;
  /** Further tries after a failed one. */
  readonly retried: number;
  /** Tries that threw or rejected. */
  readonly failed: number;
  /** Tries that did not settle in time. */
  readonly timedOut: number;
  /** Messages that could not be decoded, or that their schema refused. */
  readonly invalid: number;
  /** Messages that were given up and put where dead letters go. */
  readonly deadLettered: number;
  /** Messages that were given up, with no dead letter: none is wanted, or it could not be stored. */
  readonly discarded: number;
  /**
   * Messages that were given up, or let go, because nothing waits for their handlers any longer: a stop at its timeout, a closed connection. They are
   * among the other counts as well. Undefined when it does not tell.
   */
  readonly abandoned?: number;
  /** How long tries took, ms. */
  readonly durations: Histogram;
}

/** A handler of `holdfast/service`. */
export interface HandlerFacts extends Facts, WorkCounts {
  /** Tells the facts of a handler from those of other components. */
  readonly kind: "handler";
  /** The subject that it is subscribed to, as it was given. */
  readonly subject: string;
  /** Its queue group; undefined: it gets every message, as others on the subject do. */
  readonly queue: string | undefined;
  /** `stopping`: it takes no more messages, and is not done with those that it has. */
  readonly state: "running" | "stopping" | "stopped";
  /** Messages that are handled at the same time, at most. */
  readonly concurrency: number;
}

/** A supervised JetStream consumer of `holdfast/service`. */
export interface ConsumerFacts extends Facts, WorkCounts {
  /** Tells the facts of a consumer from those of other components. */
  readonly kind: "consumer";
  /** The stream that it reads. */
  readonly stream: string;
  /** The durable name of its consumer on the server. */
  readonly consumer: string;
  /** `recovering`: it gets nothing for the moment, and tries to change that. */
  readonly state: "starting" | "consuming" | "recovering" | "stopping" | "stopped";
  /** Messages that are handled at the same time, at most. */
  readonly concurrency: number;
  /** Messages that were acknowledged. */
  readonly acked: number;
  /** Messages that were handed back for another delivery (nak). */
  readonly naked: number;
  /** Messages that were ended for good (term): the server does not deliver them again. */
  readonly termed: number;
  /** Messages that came more than once. */
  readonly redelivered: number;
  /** How often it had stopped getting messages and was set going again. */
  readonly recoveries: number;
  /** How often stream or consumer were gone and were made anew. */
  readonly recreated: number;
  /** Messages of the stream that the consumer has not delivered to anybody yet (lag); undefined when not known. */
  readonly pending: number | undefined;
  /** Messages that were delivered and wait for an acknowledgement, also those of other processes; undefined when not known. */
  readonly ackPending: number | undefined;
  /** ms since the epoch; undefined when none has come yet. */
  readonly lastMessageAt: number | undefined;
}

/** State of a circuit breaker; `isolated`: opened by hand. */
export type BreakerState = "closed" | "open" | "half-open" | "isolated";

/** A circuit breaker of a policy. */
export interface BreakerFacts {
  /** Normalised: see `normalizeSubject()`. */
  readonly subject: string;
  /** Whether it lets requests to the subject through. */
  readonly state: BreakerState;
  /** How often it has opened. */
  readonly opened: number;
}

/** A request policy of `holdfast/service`, as used on this connection. */
export interface PolicyFacts extends Facts {
  /** Tells the facts of a policy from those of other components. */
  readonly kind: "policy";
  /** Requests, each once however often it was tried; counts never go down. */
  readonly calls: number;
  /** Requests that failed in the end. */
  readonly failed: number;
  /** Further tries after a failed one. */
  readonly retried: number;
  /** Tries that a breaker did not let through. */
  readonly rejected: number;
  /** Second requests sent because the first was slow. */
  readonly hedged: number;
  /** Failures for which the fallback has answered. */
  readonly fallbacks: number;
  /** Its circuit breakers, one for each subject that was asked; empty with `breaker: false`. */
  readonly breakers: readonly BreakerFacts[];
}

/** A shutdown of the process that waits for its signal, or is under way. */
export interface ShutdownFacts extends Facts {
  /** Tells the facts of a shutdown from those of other components. */
  readonly kind: "shutdown";
  /** How far it is: `waiting` for its signal; `delaying`, unready and still at work; `stopping` components; `draining` connections; `done`. */
  readonly phase: "waiting" | "delaying" | "stopping" | "draining" | "done";
}

/** An outbox of `holdfast/outbox`; counts since it was opened. */
export interface OutboxFacts extends Facts {
  /** Tells the facts of an outbox from those of other components. */
  readonly kind: "outbox";
  /** Option `mode`: which messages it takes, those that find no room or all. */
  readonly mode: "overflow" | "always";
  /** `sending`: it has something to send, and a link to send it on; `waiting`: something to send, and no link. */
  readonly state: "idle" | "sending" | "waiting" | "closed";
  /** Messages that it holds, with those on their way to the disk, without the parked ones. */
  readonly messages: number;
  /** What they and the parked ones take of `maxBytes`: bytes on disk, and on their way there. */
  readonly bytes: number;
  /** Option `maxBytes`: what it may take, bytes. */
  readonly maxBytes: number;
  /** ms since the oldest was taken; 0 when there is none. */
  readonly oldestAge: number;
  /** Messages that a server has refused for good: they stay on disk and are not sent. */
  readonly parked: number;
  /** Messages found on disk when it was opened: `recovered + stored = confirmed + expired + refused + lost + messages`. */
  readonly recovered: number;
  /** Messages that it has taken. */
  readonly stored: number;
  /** Messages that a server, or the stream, has confirmed. */
  readonly confirmed: number;
  /** Messages dropped because their `ttl`, or `maxAge`, was over. */
  readonly expired: number;
  /** Messages parked since it was opened: a server has refused them for good. */
  readonly refused: number;
  /** Messages that could not be read on disk. */
  readonly lost: number;
  /** How long it took until they were on disk, ms, each commit once. */
  readonly flushes: Histogram;
  /** Commits that failed. */
  readonly failures: number;
}

/** A stream publisher of `holdfast/outbox`; counts since it was made. */
export interface PublisherFacts extends Facts {
  /** Tells the facts of a stream publisher from those of other components. */
  readonly kind: "publisher";
  /** The stream that it was made for; undefined when none was named, and the stream follows from the subject. */
  readonly stream: string | undefined;
  /** `recovering`: something waits for a link, or went wrong and has not been made good yet; `stopping`: it takes no more. */
  readonly state: "running" | "recovering" | "stopping" | "stopped";
  /** Messages that were sent and have no PubAck yet. */
  readonly inFlight: number;
  /** Messages that were taken and are not on the way: their turn, or their next try, is to come. */
  readonly waiting: number;
  /** Messages that the stream has stored. */
  readonly acked: number;
  /** Of `acked`: messages that the stream had already, from a try whose PubAck was lost. */
  readonly duplicates: number;
  /** Further tries after a failed one. */
  readonly retried: number;
  /** Messages given up: their promises have rejected. */
  readonly failed: number;
  /** How long PubAcks took from the first sending, ms. */
  readonly durations: Histogram;
}

/** What an application brings. */
export interface OtherFacts extends Facts {
  /** Tells the facts of what an application brings from those of Holdfast's components. */
  readonly kind: "other";
}

/** The components of a connection. */
export class Components {
  private readonly members = new Set<Component>();

  get all(): readonly Component[] {
    return [...this.members];
  }

  /** @throws CodedError `INVALID_ARGUMENT` */
  add(component: Component): () => void {
    const isOne =
      typeof component === "object" && component !== null && typeof component.facts === "function";
    const { stop } = isOne ? component : { stop: undefined };
    if (!isOne || (stop !== undefined && typeof stop !== "function")) {
      throw new CodedError(
        "INVALID_ARGUMENT",
        "a component must be an object with facts() and, if it is to be stopped, stop()",
      );
    }
    this.members.add(component);
    return () => {
      this.members.delete(component);
    };
  }

  /** Stops all of them at once; settles when all have settled. What goes wrong is told to `report`. Undefined when there are none. */
  stop(report: (error: Error) => void): Promise<void> | undefined {
    return this.members.size === 0 ? undefined : this.stopAll(report);
  }

  private async stopAll(report: (error: Error) => void): Promise<void> {
    const stopped = this.all.map(async (component) => {
      try {
        await component.stop?.();
      } catch (error) {
        // At once: another one may never settle.
        report(reportable(error));
      }
    });
    await Promise.all(stopped);
  }
}

/** What somebody else's code has thrown, or handed in, as an error that can be told; never throws. */
export function reportable(error: unknown): Error {
  try {
    return publicError(error);
  } catch {
    // Not even its class can be asked for: a proxy that was revoked.
    return new Error(describeCause(error));
  }
}
