import type { FaultLine } from "../fault-lines.js";
import type { Step } from "../schedule.js";
import type { Outcome, Results } from "./summary.js";

/** The end of the demo for programs: one object. */
export function jsonReport({ options, versions, date, schedule, outcomes }: Results): object {
  const { rate, seconds, seed, size, replayMargin, testServers } = options;
  return {
    ...Object.fromEntries([...outcomes].map(([client, outcome]) => [client, figures(outcome, schedule)])),
    meta: {
      date: date.toISOString(),
      versions,
      seed,
      rate,
      seconds,
      size,
      replayMargin,
      testServers,
      schedule,
    },
  };
}

function figures(outcome: Outcome, schedule: readonly Step[]): object {
  if ("crash" in outcome) return { ok: false, broken: [outcome.crash] };
  const {
    client: _client,
    recovery,
    freezeRecovery,
    subscriberRecovery,
    faults,
    ...counts
  } = outcome.account;
  return {
    ok: outcome.broken.length === 0,
    ...counts,
    recoveryMs: rounded(recovery),
    freezeRecoveryMs: rounded(freezeRecovery),
    subscriberRecoveryMs: rounded(subscriberRecovery),
    faults: faults.map((line) => faultFigures(line, schedule[line.step])),
    broken: outcome.broken,
    remarks: outcome.remarks,
  };
}

/** `recoveryMs` is left out where nobody was hit, and null where nothing came any more. */
function faultFigures({ at, recoveryMs, events, causes }: FaultLine, step: Step): object {
  const { fault, target, young, down } = step;
  return {
    fault,
    target,
    young,
    at: Math.round(at),
    down,
    recoveryMs: recoveryMs === undefined ? undefined : round(recoveryMs),
    events,
    causes,
  };
}

/** Microseconds are enough. */
function round(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}

function rounded(times: { median: number | null; worst: number | null; each: (number | null)[] }): object {
  return { median: round(times.median), worst: round(times.worst), each: times.each.map(round) };
}
