import type { Link } from "./link.js";

/** When a silent link is given up (promises.md §4). */
export interface LivenessOptions {
  /** ms between liveness PINGs; 0 switches them off. */
  pingInterval: number;
  /** Liveness PINGs without any sign of life that are borne; the link is stale at the next. */
  maxPingOut: number;
  /** ms of silence that are borne while bytes wait for a confirmation; 0 switches the check off. */
  stallTimeout: number;
}

/**
 * A timer that fires this much too late, in ms, means that this process was stalled: what the server sent
 * meanwhile has not been read yet, so its silence proves nothing.
 */
export const LOCAL_STALL = 1000;

/** Whether this process, and not the server, was away. */
export function wasStalled(dueAt: number, now: number): boolean {
  return now - dueAt > LOCAL_STALL;
}

/** What to do about an idle link when the ping timer fires: ask again, or give it up. */
export function pingVerdict(link: Link, options: LivenessOptions): "ping" | "stale" {
  return link.pingsOut > options.maxPingOut - 1 ? "stale" : "ping";
}

/**
 * Monotonic ms at which the link is stalled unless something moves: bytes wait for a confirmation, and
 * neither a byte came in nor a write made progress. Infinity when nothing waits.
 */
export function stallDeadline(link: Link, options: LivenessOptions): number {
  if (options.stallTimeout <= 0) return Number.POSITIVE_INFINITY;
  if (link.pingsInFlight === 0 && link.inFlight === 0) return Number.POSITIVE_INFINITY;
  return Math.max(link.lastInbound, link.lastProgress, link.waitingSince) + options.stallTimeout;
}
