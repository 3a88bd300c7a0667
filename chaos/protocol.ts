import type { TapTarget } from "../demo/actors/wiretap.js";
import type { Books, ClientKind } from "../demo/protocol.js";
import type { ClientTls } from "../src/testing/server.js";

/** How messages are to be delivered: promises.md §2. */
export type Delivery = "at-least-once" | "at-most-once";

/** How often the actors report to the orchestrator, ms. */
export const TICK = 100;

/** The name of the publisher's connection. */
export const PUBLISHER = "chaos";
/** Name and password of the application on servers that ask for them. */
export const APP = { user: "app", pass: "app" } as const;
/** Those of the witness. */
export const WITNESS = { user: "witness", pass: "witness" } as const;

/** To the publisher's process. */
export type ToPublisher =
  | {
      readonly type: "connect";
      readonly client: ClientKind;
      readonly delivery: Delivery;
      readonly servers: readonly string[];
      /** Messages a second. */
      readonly rate: number;
      /** Bytes of a payload. */
      readonly size: number;
      /** For links with TLS. */
      readonly tls?: ClientTls;
    }
  | { readonly type: "go" }
  /** Keep the event loop busy for so many ms. */
  | { readonly type: "block"; readonly ms: number }
  /** Publish nothing more, and wait until all is confirmed. */
  | { readonly type: "stop" }
  | { readonly type: "collect" }
  | { readonly type: "close" };

/** What the client told of its link, word by word, and where its books stood. */
export interface LinkWord {
  readonly type: "link";
  /** `failed`: an attempt to connect; it may have gone so far that messages were written. */
  readonly word: "down" | "up" | "failed" | "closed";
  readonly at: number;
  /** `host:port`, when up. */
  readonly server?: string;
  /** What else the client said, for people. */
  readonly detail?: string;
  /** Kind and code of the cause, when down, from a client that names them. */
  readonly cause?: string;
  readonly code?: string;
  /** Messages accepted so far: the ids below it. */
  readonly accepted: number;
  /** Messages that had an outcome, from a client with books: they are confirmed in the order of their ids. */
  readonly settled?: number;
}

/** The publisher's counters. */
export interface PublisherTick {
  readonly type: "tick";
  readonly accepted: number;
  readonly rejected: number;
  /** Bytes of heap and buffers that the process holds, garbage included. */
  readonly held: number;
}

/** Ids `from` up to, and without, `to`. */
export interface IdRange {
  readonly from: number;
  readonly to: number;
}

/** What the publisher knows at the end. */
export interface PublisherReport {
  readonly type: "report";
  readonly accepted: number;
  /** Calls of `publish()` that threw; the same message was offered again later. */
  readonly rejected: number;
  /** ms from the first to the last call. */
  readonly elapsed: number;
  /** Named as not confirmed, and not to be sent again. */
  readonly unconfirmed: readonly IdRange[];
  /** Named by `messageLost`. */
  readonly dropped: readonly { readonly id: number; readonly reason: string }[];
  readonly books?: Books;
  /** How often, at a tick, the books did not balance; and the first such books. */
  readonly unbalanced: number;
  readonly firstUnbalanced?: Books;
  readonly flushError?: string;
  readonly errors: readonly string[];
  /** Send times, sampled (see `demo/ledger/samples`). */
  readonly sendTimes: Float64Array;
  /** What its own subscription heard, one byte per id; and messages that came with wrong bytes. */
  readonly heard: Uint8Array;
  readonly heardDamaged: number;
}

/** From the publisher's process. */
export type FromPublisher =
  | { readonly type: "connected"; readonly server: string }
  | LinkWord
  | PublisherTick
  | { readonly type: "stopped" }
  | PublisherReport
  | { readonly type: "closed" };

/** To the witness's process. */
export type ToWitness =
  | {
      readonly type: "watch";
      readonly nodes: readonly TapTarget[];
      /** Bytes of a payload. */
      readonly size: number;
      /** The publisher's process: a stopped one cannot end by itself when the orchestrator is gone. */
      readonly publisher: number;
    }
  | { readonly type: "collect" };

/** What the witness knows at the end. */
export interface WitnessReport {
  readonly type: "report";
  /** Per node, how often it passed on each id: one byte per id. */
  readonly counts: readonly Uint8Array[];
  /** When each id was first heard on any node, sampled. */
  readonly firstHeard: Float64Array;
  /** Ids that arrived with wrong bytes or under a wrong subject; and how many arrived of which the id cannot be told. */
  readonly damaged: readonly number[];
  readonly unreadable: number;
  /** First arrivals behind a newer message on the same connection of a wiretap. */
  readonly disorder: number;
  readonly serverVersion: string;
}

/** From the witness's process. */
export type FromWitness =
  /** Whether the wiretap on the node hears everything from now on, or nothing. */
  | { readonly type: "ear"; readonly node: string; readonly open: boolean }
  | { readonly type: "tick"; readonly heard: number }
  | WitnessReport;
