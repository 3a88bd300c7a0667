import { type Cluster, clusterOf, FEWEST, likelihoodOfTimes } from "../cluster.js";
import type { Pattern } from "../diagnosis.js";
import type { KeptOutage } from "../outage-history.js";
import { spanText } from "../words.js";
import { isMost, type PatternView, pattern, shareText } from "./view.js";

/** Shortest time that is taken for somebody's time-out, ms: what ends sooner is flapping. */
const SHORTEST = 5000;
/** How exactly times are known, ms: timers of both sides, and the event loop. */
const RESOLUTION = 100;
/** ms by which a link may be later given up than its PINGs would have it. */
const LATE = 1500;

/** Whether somebody else has ended the link, at a time of his choice. */
function wasEnded({ cause: { kind, code } }: KeptOutage): boolean {
  return (
    kind === "network" ||
    kind === "server-shutdown" ||
    kind === "unknown" ||
    (kind === "authentication" && code === "AUTHENTICATION_EXPIRED")
  );
}

/** Links always end so long after they began, or after the last traffic. */
export function atAnInterval(view: PatternView): Pattern | undefined {
  return afterSilence(view) ?? afterStanding(view) ?? neverAnswered(view);
}

function timesOf(view: PatternView, time: (outage: KeptOutage) => number): Cluster | undefined {
  const times = view.outages.filter(wasEnded).map(time);
  const cluster = clusterOf(times, RESOLUTION, likelihoodOfTimes);
  // Others than those have ended otherwise, and speak against it.
  const isRule = cluster !== undefined && isMost(cluster.count, view.outages.length, FEWEST);
  if (!isRule || cluster.low < SHORTEST) return undefined;
  const among = view.outages.filter(
    (outage) => wasEnded(outage) && time(outage) >= cluster.low && time(outage) <= cluster.high,
  );
  return wereStopped(among) ? undefined : cluster;
}

/**
 * Whether most of the links ended because servers stopped, as in a rolling restart. Links that end without a word say nothing of it
 * where the process that was lost takes the connection back; behind one address there may be several that take turns.
 */
function wereStopped(among: readonly KeptOutage[]): boolean {
  const shut = among.filter(({ cause }) => cause.kind === "server-shutdown");
  if (shut.length * 2 <= among.length) return false;
  const gone = shut.filter(({ sameProcess }) => sameProcess === false);
  const isOneAddress = new Set(shut.map(({ server }) => server)).size === 1;
  return isOneAddress ? gone.length === shut.length : gone.length * 2 > shut.length;
}

function afterSilence(view: PatternView): Pattern | undefined {
  const cluster = timesOf(view, ({ silence }) => silence);
  if (cluster === undefined) return undefined;
  return idle(view, cluster, "after the last byte came in");
}

function afterStanding(view: PatternView): Pattern | undefined {
  const cluster = timesOf(view, ({ stood }) => stood);
  if (cluster === undefined) return undefined;
  const among = view.outages.filter(
    ({ stood, ...outage }) => wasEnded({ stood, ...outage }) && stood >= cluster.low && stood <= cluster.high,
  );
  const expired = among.filter(({ cause }) => cause.kind === "authentication");
  if (expired.length * 2 > among.length) return expiring(cluster, view.outages.length);
  // With traffic until the end it was not for want of traffic.
  const wereIdle = among.filter(({ silence, stood }) => silence > stood / 2).length * 2 > among.length;
  return wereIdle ? idle(view, cluster, "after it began to stand") : lifetime(cluster, view.outages.length);
}

function idle(view: PatternView, cluster: Cluster, since: string): Pattern {
  const span = spanText(cluster.median);
  return pattern(
    "interval",
    `links end ${span} ${since}: something between this process and the server ends idle connections`,
    [...evidence(cluster, view.outages.length), `option "pingInterval" is ${view.pingInterval}`],
    [
      `pingInterval: ${belowHalf(cluster.median)}, below half of the ${span}, so that a link is never idle for so long`,
      `a longer idle time-out at the load balancer, proxy, NAT gateway or firewall on the way (now about ${span})`,
    ],
  );
}

function lifetime(cluster: Cluster, of: number): Pattern {
  const span = spanText(cluster.median);
  return pattern(
    "interval",
    `links end ${span} after they began to stand, also with traffic: something limits how long a connection may last`,
    evidence(cluster, of),
    [
      `look for a limit of about ${span}: the longest duration of a connection at a proxy or service mesh, a job that restarts servers, a token that expires`,
      "standby: true, so that another link is ready when it happens",
    ],
  );
}

function expiring(cluster: Cluster, of: number): Pattern {
  const span = spanText(cluster.median);
  return pattern(
    "interval",
    `credentials expire ${span} after a link began to stand, again and again`,
    evidence(cluster, of),
    [
      "authenticator: one that fetches new credentials at every attempt; the reconnect is the renewal then",
      `a longer life of the tokens or user JWTs (now about ${span})`,
    ],
  );
}

function evidence(cluster: Cluster, of: number): string[] {
  const { count, low, high } = cluster;
  return [
    `${shareText(count, of)} came after ${spanText(low)} to ${spanText(high)}`,
    `they lie within ${spanText(Math.max(RESOLUTION, high - low))} of each other`,
  ];
}

/**
 * Idle links are given up as stale because not even their first PING was answered: they were dead before it, and whoever ended them
 * has told nobody.
 */
function neverAnswered({ outages, pingInterval, maxPingOut }: PatternView): Pattern | undefined {
  if (pingInterval <= 0) return undefined;
  const budget = pingInterval * (maxPingOut + 1);
  const found = outages.filter(
    ({ cause, stood }) => cause.kind === "stale" && stood >= budget && stood <= budget + LATE,
  );
  if (!isMost(found.length, outages.length, FEWEST)) return undefined;
  return pattern(
    "interval",
    `idle links die before their first PING, ${spanText(pingInterval)} after they began to stand: something on the way forgets them`,
    [
      `${shareText(found.length, outages.length)} were noticed ${spanText(budget)} after the link began to stand: no PING was ever answered`,
      `option "pingInterval" is ${pingInterval}, "maxPingOut" ${maxPingOut}`,
    ],
    [
      `pingInterval: ${belowHalf(pingInterval)}, below half of what it is; less still if that is not enough`,
      "a longer idle time-out at the load balancer, NAT gateway or firewall on the way, or one that tells of it (a reset)",
    ],
  );
}

/** A figure that is easily remembered, ms, below half of `span`. */
function belowHalf(span: number): number {
  const half = span * 0.45;
  const unit = half >= 10_000 ? 1000 : 100;
  return Math.max(unit, Math.floor(half / unit) * unit);
}
