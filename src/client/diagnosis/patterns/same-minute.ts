import { type Cluster, clusterOf } from "../cluster.js";
import type { Pattern } from "../diagnosis.js";
import type { KeptOutage } from "../outage-history.js";
import { type PatternView, pattern } from "./view.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** ms around a minute of the hour: jobs start at a second, but take a while to do harm. */
const JOB = 10_000;
/** ms that a job is spread over at most. */
const WIDEST = 2 * 60_000;

/** Always at the same minute of the hour, or at the same time of the day or week. */
export function atTheSameMinute({ outages }: PatternView): Pattern | undefined {
  // Several in one hour are one occurrence: an outage that comes in pieces is no rule.
  const byHour = new Map<number, KeptOutage>();
  for (const outage of outages) {
    const hour = Math.floor(outage.at / HOUR);
    if (!byHour.has(hour)) byHour.set(hour, outage);
  }
  const firsts = [...byHour.values()];
  const hourly = within(firsts, HOUR);
  if (hourly === undefined) return undefined;
  // What comes at the same time of the day comes at the same minute of the hour as well, and is no more often for it.
  const rarer = (period: number) => {
    const cluster = within(firsts, period);
    return cluster !== undefined && cluster.count >= hourly.count ? cluster : undefined;
  };
  const weekly = rarer(WEEK);
  const daily = weekly === undefined ? rarer(DAY) : undefined;
  const cluster = weekly ?? daily ?? hourly;
  const when = weekly !== undefined ? weekTime : daily !== undefined ? dayTime : hourTime;
  const { count, of, low, high } = cluster;
  return pattern(
    "same-minute",
    `links are lost at ${when(cluster.median)}: look for what is done then`,
    [`in ${count} of ${of} hours with an outage it came between ${when(low)} and ${when(high)}`],
    [
      "look for what runs then: cron jobs, backups, log rotation, a deployment or maintenance of the servers, the renewal of certificates or tokens, at the server's host and at this one",
    ],
  );
}

function within(outages: readonly KeptOutage[], period: number): Cluster | undefined {
  const times = outages.map(({ at }) => at % period);
  const cluster = clusterOf(times, JOB, (width) => width / period, period);
  return cluster === undefined || cluster.high - cluster.low > WIDEST ? undefined : cluster;
}

function hourTime(time: number): string {
  return `${clock(time % HOUR, 60_000, 1000)} past the hour`;
}

function dayTime(time: number): string {
  return `${clock(time % DAY, HOUR, 60_000)} UTC of the day`;
}

/** The epoch began on a Thursday. */
const DAYS = ["Thursdays", "Fridays", "Saturdays", "Sundays", "Mondays", "Tuesdays", "Wednesdays"];

function weekTime(time: number): string {
  return `${clock(time % DAY, HOUR, 60_000)} UTC on ${DAYS[Math.floor((time % WEEK) / DAY)]}`;
}

/** `15:04`: how many of the greater unit, and of the lesser beyond that. */
function clock(time: number, greater: number, lesser: number): string {
  const rest = Math.floor((time % greater) / lesser);
  return `${Math.floor(time / greater)}:${String(rest).padStart(2, "0")}`;
}
