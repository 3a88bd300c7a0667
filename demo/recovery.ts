import type { TapSpan } from "./actors/wiretap.js";
import type { Outage } from "./evidence.js";
import type { Arrival } from "./ledger/arrivals.js";

/** Times from blow to working again, in milliseconds. */
export interface RecoveryTimes {
  /** One per outage, in order; null where nothing came any more. */
  readonly each: (number | null)[];
  /** Null when there was no outage, or when half of them never ended. */
  readonly median: number | null;
  /** Null when there was no outage, or when one of them never ended. */
  readonly worst: number | null;
}

/** The times of all these outages. */
export function recoveryTimes(
  outages: readonly Outage[],
  arrivals: readonly Arrival[],
  spans: readonly TapSpan[],
): RecoveryTimes {
  const each = outages.map((outage) => recoveryOf(outage, arrivals, spans));
  const sorted = each.map((time) => time ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return { each, median: finite(middle(sorted)), worst: finite(sorted.at(-1)) };
}

/**
 * Measured from outside and the same way for every client: from the blow to the first arrival of a message that was
 * sent after the server's death. When all nodes were killed the clock starts when the first of them accepts connections again, as
 * `spans` of the wiretaps show, for no client can be faster than its servers. Null if nothing came any more.
 */
export function recoveryOf(
  outage: Outage,
  arrivals: readonly Arrival[],
  spans: readonly TapSpan[],
): number | null {
  const arrival = arrivals.find((candidate) => candidate.outage === outage.id);
  return arrival === undefined ? null : Math.max(0, arrival.at - clockStart(outage, spans));
}

function clockStart(outage: Outage, spans: readonly TapSpan[]): number {
  if (outage.fault !== "all-down") return outage.struckAt;
  const accepted = spans.map((span) => span.connectedAt).filter((at) => at > outage.struckAt);
  return accepted.length === 0 ? outage.struckAt : Math.min(...accepted);
}

function middle(sorted: readonly number[]): number | undefined {
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function finite(time: number | undefined): number | null {
  return time !== undefined && Number.isFinite(time) ? time : null;
}
