import type { Payload } from "@nats-io/nats-core";

/** Who is measured. */
export const CLIENTS = ["holdfast", "holdfast-at-most-once", "natsjs", "raw"] as const;

/** Those, a Holdfast that is looked at from outside, one with an outbox on disk, and one of another revision that a branch is compared with. */
export type ClientName = (typeof CLIENTS)[number] | "holdfast-observed" | "holdfast-outbox" | "base";

/** The server, and the authority of its certificate if it speaks TLS. */
export interface Where {
  readonly url: string;
  /** PEM. */
  readonly ca?: string | undefined;
  /** Its process, for whoever wants to know its CPU time. */
  readonly pid?: number | undefined;
}

/** What is published in a measurement. */
export interface Load {
  /** In turns. */
  readonly subjects: readonly string[];
  readonly payload: Uint8Array;
  /** Each message has headers. */
  readonly headers: boolean;
}

/** Told of messages that came in, and of the bytes of their payloads. */
export type Take = (messages: number, bytes: number) => void;

/** One link of one client to a server: each does the same work in the way that is best for it. */
export interface BenchClient {
  /**
   * Publishes as fast as it can for `ms`, then waits until the server has confirmed everything; resolves with the number
   * of messages. The loop belongs to the client, so that nothing of the benchmark stands between the two.
   */
  publishFor(ms: number, load: Load): Promise<number>;
  /**
   * Publishes while there is room: `room` says how many may go now, 0 or less that it has to wait for the next turn of the event loop,
   * NaN that it is over.
   */
  publishWhile(room: () => number, subject: string, payload: Uint8Array): Promise<void>;
  /** Subscribes by callback; resolves when the server knows of it. What comes in has the size of `like.payload`. */
  subscribe(subject: string, take: Take, like: Omit<Load, "subjects">): Promise<void>;
  /** Asks for `ms` with so many requests in flight all the time; resolves with the number of answers. */
  requestFor(ms: number, subject: string, payload: Uint8Array, inFlight: number): Promise<number>;
  publish(subject: string, payload: Payload): void;
  /** Resolves when the server has taken all that was published. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A client that knows of subscriptions, reconnects and messages; a raw socket knows of none of them. */
export interface Library extends BenchClient {
  /** Subscribes and reads with `for await`. */
  iterate(subject: string, take: Take): Promise<void>;
  /** Subscribes to many subjects by callback. */
  subscribeAll(subjects: readonly string[], take: Take): Promise<void>;
  /** Publishes for `ms`, and waits for the confirmation of each message by itself; so many wait at a time. */
  confirmFor(ms: number, subject: string, payload: Uint8Array, inFlight: number): Promise<number>;
  /** Resolves when it says the next time that it has lost its link, or has one again. */
  heard(event: "disconnect" | "reconnect"): Promise<void>;
  /** Publishes so many messages as fast as it can. */
  publishMany(messages: number, subject: string, payload: Uint8Array): Promise<void>;
  /** During an outage it keeps what is published. */
  readonly keeps: boolean;
}

/** Messages between two looks at the clock. */
export const BURST = 256;

/** What every message with headers has. */
export const HEADERS = { trace: "4bf92f3577b34da6a3ce929d0e0e4736", kind: "measured" } as const;
