import type { Cause } from "../../core/cause.js";

/** Servers that are remembered; the one that was heard of longest ago goes. */
const MOST = 64;

/** Kinds of failures that are this process's own. */
const OURS: ReadonlySet<Cause["kind"]> = new Set(["client", "local-stall"]);

/** What a connection has met at one server. */
export interface ServerTally {
  /** Links that stood and have ended. */
  links: number;
  /** Those of them that were lost. */
  losses: number;
  /** ms that they stood. */
  stood: number;
  /** Attempts that failed since a link stood there last. */
  failed: number;
  /** Those of them in the last outage in which one did. */
  failedLast: number;
  /** Outages, the first connect counted as one, in which they did. */
  failedOutages: number;
  /** Attempts that failed because its name could not be resolved, since a link stood anywhere and since it was resolved. */
  unresolved: number;
  /** Outages, the first connect counted as one, in which they did, since it was resolved. */
  unresolvedOutages: number;
  /** The last of them. */
  lastUnresolved: number;
  /** Why the last attempt failed. */
  cause: Cause | undefined;
  /** The last of `failedOutages`. */
  lastOutage: number;
}

/** What a connection has met at each of its servers. */
export class ServerTallies {
  private readonly tallies = new Map<string, ServerTally>();

  get all(): ReadonlyMap<string, ServerTally> {
    return this.tallies;
  }

  /**
   * A link stands: what failed there before is forgiven. What had kept it out of that server as well, in this outage, was not the fault
   * of the others that failed alike: this host's network, or all servers of a cluster at once.
   *
   * @param outage the number of the outage that ends
   */
  stands(server: string, outage: number): void {
    const tally = this.tallies.get(server);
    const alike =
      tally !== undefined && tally.failedLast > 0 && tally.lastOutage === outage ? tally : undefined;
    for (const other of this.tallies.values()) {
      other.unresolved = 0;
      if (alike !== undefined && isAlike(other, alike)) acquit(other);
    }
    if (tally === undefined) return;
    tally.failedLast = 0;
    tally.failed = 0;
    tally.failedOutages = 0;
    tally.unresolvedOutages = 0;
  }

  /** A link has ended after `stood` ms. */
  ended(server: string, stood: number, isLost: boolean): void {
    const tally = this.of(server);
    tally.links++;
    tally.stood += stood;
    if (isLost) tally.losses++;
  }

  /** @param outage its number */
  failed(server: string, cause: Cause, outage: number, isUnresolved: boolean): void {
    // What this process does or does not do says nothing of the server.
    if (OURS.has(cause.kind) || cause.code === "AUTHENTICATOR_FAILED") return;
    const tally = this.of(server);
    tally.failed++;
    if (tally.failedOutages === 0 || tally.lastOutage !== outage) {
      tally.failedOutages++;
      tally.failedLast = 0;
    }
    tally.failedLast++;
    tally.lastOutage = outage;
    tally.cause = cause;
    if (!isUnresolved) {
      tally.unresolved = 0;
      tally.unresolvedOutages = 0;
      return;
    }
    tally.unresolved++;
    if (tally.unresolvedOutages === 0 || tally.lastUnresolved !== outage) tally.unresolvedOutages++;
    tally.lastUnresolved = outage;
  }

  private of(server: string): ServerTally {
    const { tallies } = this;
    const tally = tallies.get(server) ?? {
      links: 0,
      losses: 0,
      stood: 0,
      failed: 0,
      failedLast: 0,
      failedOutages: 0,
      unresolved: 0,
      unresolvedOutages: 0,
      lastUnresolved: -1,
      cause: undefined,
      lastOutage: -1,
    };
    // The last one in the map is the one that was heard of last.
    tallies.delete(server);
    tallies.set(server, tally);
    if (tallies.size > MOST) tallies.delete(tallies.keys().next().value!);
    return tally;
  }
}

function isAlike(one: ServerTally, other: ServerTally): boolean {
  return one.lastOutage === other.lastOutage && one.cause?.kind === other.cause?.kind;
}

/** Its failures in the last outage do not count. */
function acquit(tally: ServerTally): void {
  if (tally.failedLast === 0) return;
  tally.failed -= tally.failedLast;
  tally.failedOutages--;
  tally.failedLast = 0;
}
