import { CodedError } from "../../errors.js";
import type { ProbePeer } from "./peer.js";
import type { ProbeRtt } from "./report.js";
import { late, type ProbeTime } from "./time.js";

/** ms after which the next PING goes out although the one before has no answer yet: over long ways they go in a row. */
const SPACING = 50;

/**
 * Measures round trips. The next PING goes out when the last is answered, or a little later; all of them within the first half of
 * the time, so that each has the other half at least.
 *
 * @returns what was measured, and why not more
 */
export async function measure(
  peer: ProbePeer,
  wanted: number,
  time: ProbeTime,
  since: number,
): Promise<{ rtt: ProbeRtt; error: CodedError | undefined }> {
  const spacing = Math.min(SPACING, time.left(since) / 2 / wanted);
  const trips: number[] = [];
  let sent = 0;
  let timer: object | undefined;
  let over = false;
  const next = () => {
    time.clock.clearTimeout(timer);
    if (over || sent === wanted) return;
    sent++;
    if (sent < wanted) timer = time.clock.setTimeout(next, spacing);
    peer.ping((rtt) => {
      trips.push(rtt);
      // Not in the call that reads the answers: its time would be part of the next trip.
      if (trips.length === sent) time.clock.setImmediate(next);
    });
  };
  let error: CodedError | undefined;
  try {
    next();
    await peer.until(() => trips.length === wanted || undefined, late("some PINGs were not answered"), since);
  } catch (thrown) {
    error = thrown as CodedError;
  }
  over = true;
  time.clock.clearTimeout(timer);
  return { rtt: summary(trips, sent), error: error === undefined ? undefined : named(error, trips, sent) };
}

function named(error: CodedError, trips: readonly number[], sent: number): CodedError {
  if (error.code !== "TIMEOUT") return error;
  const within = error.message.replace(/^.* within/, "within");
  return new CodedError("TIMEOUT", `${sent - trips.length} of ${sent} PINGs were not answered ${within}`);
}

/** What round trips, ms in their order, say of a way. */
export function summary(trips: readonly number[], sent: number): ProbeRtt {
  const counts = { sent, received: trips.length, lost: sent - trips.length };
  if (trips.length === 0) return counts;
  const sorted = [...trips].sort((a, b) => a - b);
  const steps = trips.slice(1).map((trip, index) => Math.abs(trip - trips[index]));
  const half = sorted.length / 2;
  return {
    ...counts,
    best: sorted[0],
    median: sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2,
    p99: sorted[Math.ceil(sorted.length * 0.99) - 1],
    worst: sorted[sorted.length - 1],
    jitter: steps.length === 0 ? 0 : steps.reduce((sum, step) => sum + step, 0) / steps.length,
  };
}
