import type { Inversion, TapSpan, TapTarget } from "./actors/wiretap.js";
import type { Arrival } from "./ledger/arrivals.js";

/** The two clients that are put through the same. */
export type ClientKind = "holdfast" | "natsjs";

/** As many messages a second, or as fast as the client lets one. */
export type Rate = number | "max";

/** How often the actors report to the orchestrator. */
export const TICK = 100;

/** The books of Holdfast (`nc.stats()`); nats.js keeps none. */
export interface Books {
  readonly accepted: number;
  readonly confirmed: number;
  readonly refused: number;
  readonly dropped: number;
  readonly unconfirmed: number;
  readonly pending: number;
  readonly replayed: number;
}

/** The level of the client's buffer, where it tells. */
export interface BufferLevel {
  readonly messages: number;
  readonly bytes: number;
  readonly limit: number;
}

/** A link of one of the clients went up or down, as the client itself said. */
export interface LinkChange {
  readonly type: "link";
  readonly up: boolean;
  readonly at: number;
  /** `host:port`, when up. */
  readonly server?: string;
  /** The subscriber's newest sequence at this moment, the publisher's number of accepted messages. */
  readonly sequence: number;
  /** What else the client said, for people. */
  readonly detail?: string;
  /** The kind of the cause, when down, where the client names one. */
  readonly cause?: string;
}

/** To the publisher's process. */
export type ToPublisher =
  | {
      readonly type: "connect";
      readonly client: ClientKind;
      readonly servers: string[];
      readonly rate: Rate;
      readonly size: number;
      readonly replayMargin: number;
      /** Addresses of others that its dashboard shows as well. */
      readonly peers: readonly string[];
    }
  | { readonly type: "go" }
  | { readonly type: "stop" }
  | { readonly type: "close" };

/** The publisher's counters, ten times a second. */
export interface PublisherTick {
  readonly type: "tick";
  readonly at: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly buffer?: BufferLevel;
  readonly books?: Books;
}

/** What the publisher knows at the end, after its last flush. */
export interface PublisherReport {
  readonly type: "report";
  /** Messages that `publish()` took without an error: the sequences 0 … accepted-1. */
  readonly accepted: number;
  /** Calls of `publish()` that threw; the message was offered again later. */
  readonly rejected: number;
  /** Times the publisher paused because the client advised it (as fast as it goes only). */
  readonly pauses: number;
  /** Requests sent inside `beforeReplay`; they pass through the same books. */
  readonly probes: number;
  /** The error of the last flush, if it failed. */
  readonly flushError?: string;
  readonly books?: Books;
  /** How often, at a tick, the books did not balance; and the first such books. */
  readonly unbalanced: number;
  readonly firstUnbalanced?: Books;
  /** Counted messages named by `messageLost`. */
  readonly reportedLost: number;
  /** Messages that `disconnect` named as unconfirmed, all outages together. */
  readonly unconfirmedAtDisconnect: number;
  readonly errors: string[];
  /** Send times, sampled (see `ledger/samples`). */
  readonly sendTimes: Float64Array;
}

/** An actor has its connection. */
export interface Connected {
  readonly type: "connected";
  readonly server: string;
  /** Address under which it shows itself, from a client that does. */
  readonly dashboard?: string | undefined;
}

/** From the publisher's process. */
export type FromPublisher =
  | Connected
  | LinkChange
  | PublisherTick
  | PublisherReport
  | { readonly type: "closed" };

/** To the subscriber's process. */
export type ToSubscriber =
  | { readonly type: "connect"; readonly client: ClientKind; readonly servers: string[] }
  | { readonly type: "arm"; readonly outage: number }
  | { readonly type: "dead"; readonly outage: number; readonly at: number }
  /** Spend at least `each` ms on every message from now on, for `ms` milliseconds. */
  | { readonly type: "slow"; readonly ms: number; readonly each: number }
  | { readonly type: "collect" }
  | { readonly type: "close" };

/** The subscriber's counters, ten times a second. */
export interface SubscriberTick {
  readonly type: "tick";
  readonly at: number;
  readonly received: number;
  readonly distinct: number;
  readonly outOfOrder: number;
}

/** What the subscriber knows at the end. */
export interface SubscriberReport {
  readonly type: "report";
  readonly received: number;
  readonly distinct: number;
  readonly outOfOrder: number;
  /** Messages on the subject that were not the publisher's. */
  readonly strangers: number;
  readonly counts: Uint8Array;
  readonly arrivals: Arrival[];
  readonly errors: string[];
}

/** From the subscriber's process. */
export type FromSubscriber =
  | Connected
  | LinkChange
  | SubscriberTick
  | SubscriberReport
  | { readonly type: "closed" };

/** To the witness's process. */
export type ToWitness =
  | { readonly type: "watch"; readonly nodes: TapTarget[] }
  /** These nodes are about to be struck. */
  | { readonly type: "arm"; readonly outage: number; readonly nodes: string[] }
  /** Their processes are gone or stand still, in case no wiretap was on them to notice. */
  | { readonly type: "gone"; readonly outage: number; readonly at: number }
  | { readonly type: "collect" };

/** What the witness knows at the end. */
export interface WitnessReport {
  readonly type: "report";
  /** Per node, which sequences it passed on. */
  readonly seen: Uint8Array[];
  /** When each sequence was first seen on any node, sampled. */
  readonly firstSeen: Float64Array;
  readonly arrivals: Arrival[];
  readonly inversions: Inversion[];
  /** All inversions, also those beyond what `inversions` holds. */
  readonly inversionCount: number;
  readonly spans: TapSpan[];
  readonly serverVersion: string;
}

/** From the witness's process. */
export type FromWitness =
  | { readonly type: "ready" }
  | { readonly type: "tick"; readonly heard: number }
  /** All nodes of an outage have gone silent. */
  | { readonly type: "dead"; readonly outage: number; readonly at: number }
  | WitnessReport;

/** Whether the books balance, as they must at every instant. */
export function balanced(books: Books): boolean {
  return (
    books.accepted === books.confirmed + books.refused + books.dropped + books.unconfirmed + books.pending
  );
}
