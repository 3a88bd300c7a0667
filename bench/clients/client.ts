import type { Tally } from "../processes/tally.js";

/** Who is measured. */
export const CLIENTS = ["holdfast", "holdfast-at-most-once", "natsjs", "raw"] as const;
export type ClientName = (typeof CLIENTS)[number];

/** One client in front of one server: each does the same work in the way that is best for it. */
export interface BenchClient {
  /**
   * Publishes as fast as it can for `ms`, then waits until the server has confirmed everything; resolves with the number
   * of messages. The loop belongs to the client, so that nothing of the benchmark stands between the two.
   */
  publishFor(ms: number, subject: string, payload: Uint8Array): Promise<number>;
  /** Subscribes by callback, and counts what comes in `tally`; resolves when the server knows of it. */
  subscribe(subject: string, tally: Tally): Promise<void>;
}

/** Messages between two looks at the clock. */
export const BURST = 256;
