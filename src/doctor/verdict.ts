import type { DoctorFinding, DoctorReport, DoctorServer, DoctorVerdict } from "./report.js";
import { count, harmless, inMs } from "./words.js";

/** Characters of a name or version that a server has told. */
const OF_NAME = 64;
const LEVELS = ["error", "warning", "hint"] as const;

/**
 * Which finding is told first, of the same level: what stands higher explains what stands lower. What is not here comes behind, in the order
 * in which it was found.
 */
const ORDER = [
  "runs-and-refuses",
  "lame-duck",
  "server-full",
  "credentials-expired",
  "credentials-missing",
  "credentials-refused",
  "credentials-unreadable",
  "certificate-expired",
  "certificate-not-yet-valid",
  "certificate-name",
  "certificate-authority",
  "certificate-revoked",
  "client-certificate",
  "no-tls",
  "tls-required",
  "tls-failed",
  "not-nats",
  "name-not-found",
  "nobody-listens",
  "not-reached",
  "no-info",
  "server-failed",
  "no-pong",
  "missing-route",
  "no-meta-leader",
  "clock-skew",
  "connections-full",
  "payload-too-large",
  "no-jetstream",
  "jetstream-silent",
  "jetstream-full",
  "ended-early",
  "invalid-option",
  "different-clusters",
  "gossip-unreachable",
  "mixed-versions",
  "recent-restart",
  "monitor-strange",
  "slow-consumers",
  "own-connections-ended",
  "server-busy",
  "pending-bytes",
  "slow-link",
  "uneven-link",
] as const;

/** What a clock that is wrong looks like. */
const BY_CLOCK: ReadonlySet<string> = new Set([
  "credentials-expired",
  "certificate-expired",
  "certificate-not-yet-valid",
]);

const RANKS = new Map<string, number>(ORDER.map((rule, index) => [rule, index]));
const rank = ({ rule }: DoctorFinding) => RANKS.get(rule) ?? ORDER.length;

/** The worst first. */
export function ranked(all: readonly DoctorFinding[]): DoctorFinding[] {
  // A clock that is wrong explains what has expired by it, and nothing else.
  const clocks = all.some(({ rule }) => BY_CLOCK.has(rule))
    ? all.filter(({ rule }) => rule === "clock-skew")
    : [];
  const first = clocks.filter(({ level }) => level === "error");
  return [...first, ...byRank(all.filter((one) => !first.includes(one)))];
}

function byRank(findings: readonly DoctorFinding[]): DoctorFinding[] {
  return findings.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || rank(a) - rank(b));
}

/** @param findings as {@link ranked} gives them */
export function verdictOf(findings: readonly DoctorFinding[]): DoctorVerdict {
  const worst = findings[0]?.level;
  return worst === "error" ? "broken" : worst === "warning" ? "warnings" : "healthy";
}

/** The one sentence. */
export function summaryOf(
  verdict: DoctorVerdict,
  findings: readonly DoctorFinding[],
  servers: readonly DoctorServer[],
): string {
  if (verdict === "healthy") return `healthy: ${healthOf(servers)}`;
  const more = findings.filter(({ level }) => level !== "hint").length - 1;
  return `${verdict}: ${findings[0].message}${more > 0 ? ` (and ${more} more)` : ""}`;
}

function healthOf(servers: readonly DoctorServer[]): string {
  // One may be known under several addresses.
  const ids = new Set<string>();
  const usable = servers.filter(
    ({ ok, id, server }) => ok && !ids.has(id ?? server) && ids.add(id ?? server),
  );
  const clusters = new Set(usable.map(({ cluster }) => cluster ?? ""));
  const versions = new Set(usable.map(({ version }) => harmless(version ?? "?", OF_NAME)));
  const [cluster] = clusters;
  const where = clusters.size === 1 && cluster !== "" ? ` of cluster ${harmless(cluster, OF_NAME)}` : "";
  const worst = Math.max(0, ...usable.map(({ probe }) => probe.rtt?.median ?? 0));
  const trip = worst === 0 ? "" : `, round trip ${inMs(worst)}`;
  return `${count(usable.length, "server")}${where}, nats-server ${[...versions].join(" and ")}${trip}`;
}

/** What is known of a run that was ended: not more than it has seen. */
export function endedEarly(report: DoctorReport): DoctorReport {
  return {
    ...report,
    summary: `${report.summary} (ended early: not everything was looked at)`,
    aborted: true,
  };
}
