import type { TapTarget } from "../../demo/actors/wiretap.js";
import type { ClientKind } from "../../demo/protocol.js";

/** Bytes of a payload. */
export const PAYLOAD = 128;

/** What a connection is there for. */
export type Duty =
  /** Publishes the counted messages of this number, at the rate that it is told. */
  | { readonly kind: "publish"; readonly publisher: number }
  /** Hears them all; as a member of a queue group, its part of them. */
  | { readonly kind: "receive"; readonly queue?: string }
  /** Sends requests all the time, and takes note of how they end. */
  | { readonly kind: "ask" }
  /** Answers them, each after a while. */
  | { readonly kind: "serve" }
  /** Publishes to a stream, and awaits each PubAck. */
  | { readonly kind: "store" }
  /** Consumes that stream. */
  | { readonly kind: "consume" };

/** A connection that a process is to have. */
export interface MemberPlan {
  readonly name: string;
  /** `host:port` of the server where it begins. */
  readonly server: string;
  readonly duty: Duty;
}

/** Messages `from` up to, and without, `to` of one publisher. */
export interface Range {
  readonly publisher: number;
  readonly from: number;
  readonly to: number;
}

/** A message of one publisher. */
export interface MessageId {
  readonly publisher: number;
  readonly id: number;
}

/** A pause between two moments that follow upon each other; both are read from one clock in one process. */
export interface Gap {
  /** When it ended. */
  readonly at: number;
  readonly ms: number;
}

/** A process did nothing else for a while. */
export interface Standstill extends Gap {
  /** ms of processor time that it took meanwhile: much less than `ms` means that others had the processor. */
  readonly busy: number;
}

/** What happened to a connection, in the client's own words. */
export interface Word {
  readonly member: string;
  readonly word: "move" | "disconnect" | "reconnect" | "closed" | "error" | "lost" | "slow";
  readonly at: number;
  readonly detail: string;
  /** Of a `move`: ms during which both links stood, and messages that came on both. */
  readonly overlap?: number;
  readonly twins?: number;
}

/** What one receiver, or one queue group, has got of some ranges. */
export interface Receipt {
  readonly receiver: string;
  /** A group: who gets what is the server's choice. */
  readonly queue: boolean;
  /** How many never came, and the first of them. */
  readonly lost: number;
  readonly lostIds: readonly MessageId[];
  /** Deliveries beyond the first of each message, and when the first of them came since the last receipt. */
  readonly duplicated: number;
  /** Those that the witness got twice as well, on one node alone: the servers made them. Not in `duplicated`. */
  readonly servers: number;
  readonly twice: readonly (MessageId & { readonly at: number })[];
  /** Messages that came behind a newer one of the same publisher, since the last receipt. */
  readonly disorder: number;
  /** The longest pauses between two deliveries of one publisher's messages, since the last receipt. */
  readonly gaps: readonly Gap[];
}

/** How requests, or stored messages, have ended so far. */
export interface Errand {
  readonly name: "request" | "requestMany" | "store" | "consume";
  readonly begun: number;
  /** As they should. */
  readonly well: number;
  /** Things that may happen but are to be told: messages that came again, PubAcks that said "duplicate". */
  readonly again: number;
  /** What went wrong, in words; the first ones. */
  readonly wrong: readonly string[];
  readonly wrongs: number;
}

/** To a process with connections. */
export type ToFleet =
  | {
      readonly type: "connect";
      readonly client: ClientKind;
      /** URLs of all servers. */
      readonly servers: readonly string[];
      readonly members: readonly MemberPlan[];
    }
  /** Messages a second, by publisher. */
  | { readonly type: "pace"; readonly rates: readonly number[] }
  /** Begin, or go on. */
  | { readonly type: "go" }
  /** Begin nothing new, and wait for what is under way. */
  | { readonly type: "rest" }
  /** Wait until all of this has come, or nothing more comes; then tell of it. */
  | { readonly type: "receipts"; readonly ranges: readonly Range[] }
  /** Go to this server, and tell when there. */
  | { readonly type: "place"; readonly member: string; readonly server: string }
  /** Call `reconnect()`, and tell how it went. */
  | { readonly type: "move"; readonly member: string }
  | { readonly type: "close" };

/** From a process with connections. */
export type FromFleet =
  | { readonly type: "connected"; readonly serverVersion: string }
  | ({ readonly type: "word" } & Word)
  | {
      readonly type: "rested";
      /** The next id of each publisher. */
      readonly next: readonly { readonly publisher: number; readonly id: number }[];
      readonly stalls: readonly Standstill[];
      /** When messages were published, sampled (see `demo/ledger/samples`), by publisher. */
      readonly sendTimes: readonly { readonly publisher: number; readonly times: Float64Array }[];
      readonly errands: readonly Errand[];
      /** Calls of `publish()` that threw. */
      readonly rejected: number;
    }
  | { readonly type: "receipts"; readonly receipts: readonly Receipt[] }
  | { readonly type: "placed" }
  | { readonly type: "moved"; readonly how: "move" | "reconnect" | "never"; readonly ms: number }
  | { readonly type: "closed" };

/** To the process of the witness: a plain socket on each node, which never moves. */
export type ToWitness =
  | { readonly type: "watch"; readonly nodes: readonly TapTarget[] }
  | { readonly type: "collect" };

/** From it. */
export type FromWitness =
  /** It hears everything on every node from now on. */
  | { readonly type: "watching" }
  /** What exactly one of the nodes has passed on to it more than once, as often as it was too much; since the start. */
  | { readonly type: "twice"; readonly messages: readonly MessageId[] };
