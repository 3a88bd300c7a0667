import type { Evidence } from "./evidence.js";
import { type Causes, countEventsOf, type EventCounts, type LinkEvidence } from "./link-events.js";
import { recoveryOf } from "./recovery.js";

/** What the lines are made from. */
export interface FaultEvidence extends LinkEvidence {
  readonly startedAt: number;
  readonly witness: Pick<Evidence["witness"], "arrivals" | "spans">;
  readonly subscriber: Pick<Evidence["subscriber"], "arrivals">;
}

/** What one fault did to a client. */
export interface FaultLine {
  /** Index of the step in the schedule. */
  readonly step: number;
  /** Milliseconds after publishing began. */
  readonly at: number;
  /**
   * Milliseconds until the publisher was working again, or the subscriber if that alone was hit; of two blows the worse one.
   * Null: never. Undefined: nobody was hit.
   */
  readonly recoveryMs: number | null | undefined;
  readonly events: EventCounts;
  readonly causes: Causes;
}

/** One line for each fault that was carried out. */
export function faultLines(evidence: FaultEvidence): FaultLine[] {
  return evidence.faults.map(({ step, at }) => {
    const { causes, ...events } = countEventsOf(evidence, step);
    return { step, at: at - evidence.startedAt, recoveryMs: recoveryAfter(evidence, step), events, causes };
  });
}

function recoveryAfter(
  { outages, witness, subscriber }: FaultEvidence,
  step: number,
): number | null | undefined {
  const ours = outages.filter((outage) => outage.step === step);
  const publishers = ours.filter(({ hitPublisher }) => hitPublisher);
  const times =
    publishers.length > 0
      ? publishers.map((outage) => recoveryOf(outage, witness.arrivals, witness.spans))
      : ours
          .filter(({ hitSubscriber }) => hitSubscriber)
          .map((outage) => recoveryOf(outage, subscriber.arrivals, []));
  if (times.length === 0) return undefined;
  return times.includes(null) ? null : Math.max(...times.map(Number));
}
