/** A server's end of a connection: whoever carries the bytes gives it to a {@link ClientConnection}. */
export interface Line {
  /** Bytes that were handed over and that the system has not taken yet. */
  readonly pending: number;
  /** Hands bytes over, behind those that were handed over before. They are not changed afterwards. */
  write(bytes: Buffer): void;
  /** Closes it in order: what was written arrives first. */
  close(): void;
  /** Ends it as the death of the server's process does: what has not arrived yet may be lost. */
  destroy(): void;
  /** Reads nothing until {@link resume}; idempotent. */
  pause(): void;
  resume(): void;
}

/** Time for a server: virtual or real. */
export interface Scheduler {
  /** Monotonic ms. */
  readonly now: number;
  /** Calls `run` in `delay` ms, unless it is cancelled before. */
  in(delay: number, run: () => void): Timer;
}

/** What a {@link Scheduler} has promised to do later. */
export interface Timer {
  cancel(): void;
}
