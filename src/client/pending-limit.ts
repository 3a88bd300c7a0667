/** What goes when more waits than may. */
export type PendingPolicy = "drop-newest" | "drop-oldest";

/** How much may wait in a subscription whose consumer is slower than what comes in. */
export interface PendingLimit {
  /** Messages that may wait; -1 or Infinity: any number. Default 500,000, as in nats.go. */
  messages?: number;
  /** Bytes of headers and payloads that may wait; -1 or Infinity: any number. Default 64 MiB, as in nats.go. */
  bytes?: number;
  /**
   * `"drop-newest"` (default): what comes in while the limit is reached is not delivered. `"drop-oldest"`: it
   * takes the place of what has waited longest. Messages that a callback is at work on cannot be taken away
   * from it: with a callback the newest is dropped in either case.
   */
  policy?: PendingPolicy;
}

/** A limit, completed. */
export interface Limit {
  /** Infinity: any number. */
  readonly messages: number;
  /** Infinity: any number. */
  readonly bytes: number;
  readonly dropOldest: boolean;
}

/** nats.go's `DefaultSubPendingMsgsLimit` and `DefaultSubPendingBytesLimit`. */
export const DEFAULT_LIMIT: Limit = { messages: 500_000, bytes: 64 * 1024 * 1024, dropOldest: false };

/** For what is bounded otherwise. */
export const UNLIMITED: PendingLimit = { messages: -1, bytes: -1 };

/** Completes a limit that has been checked with what holds otherwise. */
export function toLimit(given: PendingLimit | undefined, base: Limit): Limit {
  if (given === undefined) return base;
  return {
    messages: toNumber(given.messages, base.messages),
    bytes: toNumber(given.bytes, base.bytes),
    dropOldest: given.policy === undefined ? base.dropOldest : given.policy === "drop-oldest",
  };
}

function toNumber(given: number | undefined, base: number): number {
  if (given === undefined) return base;
  return given === -1 ? Number.POSITIVE_INFINITY : given;
}
