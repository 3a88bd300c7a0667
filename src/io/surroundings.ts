import type { Socket } from "node:net";
import { ChunkPool } from "../wire/chunk.js";
import { type Clock, systemClock } from "./clock.js";
import { type Dialer, dial } from "./dial.js";
import { type SendQueue, sendQueue } from "./send-queue.js";

/** All that a connection needs of the world outside of it: the system's, or a simulated one. */
export interface Surroundings {
  readonly clock: Clock;
  /** What was published lies here until it is confirmed; connections may share it. */
  readonly chunks: ChunkPool;
  readonly dial: Dialer;
  /** What has become of the bytes that were written to a socket; undefined where the system does not tell. */
  readonly look: (socket: Socket) => SendQueue | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What a connection lives in as a rule. All connections of a process share their chunks. */
export const SYSTEM: Surroundings = {
  clock: systemClock,
  chunks: new ChunkPool(),
  dial,
  look: sendQueue,
  random: Math.random,
};
