import type { Step } from "../schedule.js";
import type { Outcome, Results } from "./summary.js";

/** The end of the demo for programs: one object. */
export function jsonReport(
  { options, versions, date, outcomes }: Results,
  schedule: readonly Step[],
): object {
  const { rate, seconds, seed, size, replayMargin } = options;
  return {
    ...Object.fromEntries([...outcomes].map(([client, outcome]) => [client, figures(outcome)])),
    meta: { date: date.toISOString(), versions, seed, rate, seconds, size, replayMargin, schedule },
  };
}

function figures(outcome: Outcome): object {
  if ("crash" in outcome) return { ok: false, broken: [outcome.crash] };
  const { client: _client, recovery, subscriberRecovery, ...counts } = outcome.account;
  return {
    ok: outcome.broken.length === 0,
    ...counts,
    recoveryMs: rounded(recovery),
    subscriberRecoveryMs: rounded(subscriberRecovery),
    broken: outcome.broken,
    remarks: outcome.remarks,
  };
}

/** Microseconds are enough. */
function rounded(times: { median: number | null; worst: number | null; each: (number | null)[] }): object {
  const round = (ms: number | null) => (ms === null ? null : Math.round(ms * 1000) / 1000);
  return { median: round(times.median), worst: round(times.worst), each: times.each.map(round) };
}
