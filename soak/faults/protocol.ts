import type { Reading } from "../figures.js";

/** Carries numbered messages to the witness. */
export const DATA = "soak.data";
/** The witness answers: then what is published reaches it. */
export const READY = "soak.ready";
/** The witness answers with what it was sent. */
export const ECHO = "soak.echo";
/** The subject's own messages to its own slow subscriber. */
export const SLOW = "soak.slow";
/** What nobody is subscribed to. */
export const FILL = "soak.fill";
/** Prefix of the subjects that are subscribed to and left all the time. */
export const CHURN = "soak.churn";

/** What the subject holds on to at every reconnect, to see the soak fail. */
export type Leak = "heap" | "timer" | "descriptor";

/** What the subject is told. */
export type ToSubject =
  | { type: "connect"; servers: string[]; rate: number; seed: number; leak: Leak | undefined }
  /** Load from now on. */
  | { type: "go" }
  /** Stop the load, wait until nothing is under way, then tell what is held. */
  | { type: "rest" }
  | { type: "close" };

/** What has happened to the load so far. */
export interface Tally {
  /** Numbered messages, 0 to this, without it. */
  accepted: number;
  rejected: number;
  requests: number;
  /** Requests without an answer: the link was lost, or the time was over. */
  failedRequests: number;
  subscriptions: number;
  /** Messages that the slow subscriber got, and those that it was too slow for. */
  slow: number;
  slowDropped: number;
  reconnects: number;
  replayed: number;
}

/** What the subject tells. */
export type FromSubject =
  | { type: "connected" }
  /** `server` is `host:port` as it was dialled; undefined when the link is down. */
  | { type: "link"; server: string | undefined }
  | { type: "lost"; messages: { id: number; reason: string }[] }
  /** Everything published so far is confirmed or reported. */
  | { type: "rested"; reading: Reading; tally: Tally; books: string | undefined }
  | { type: "closed" };

/** A numbered message of `size` bytes, at least 4. */
export function numbered(id: number, size: number): Buffer {
  const payload = Buffer.alloc(size);
  payload.writeUInt32LE(id);
  return payload;
}

/** The number of a message, which its payload begins with. */
export const numberOf = (payload: Uint8Array): number =>
  new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(0, true);
