/** ms within which links are lost together. */
const TOGETHER = 1000;

/** Servers that are told apart in one burst. */
const MOST_SERVERS = 32;

/** Links of this process that were lost within a second. */
export interface Burst {
  /** ms since the epoch of the first. */
  readonly at: number;
  /** Connections that lost one. */
  connections: number;
  /** Connections of the process that had one until then. */
  of: number;
  /** Connections that lost one, and have one again. */
  back: number;
  /** How many of them by server. */
  readonly servers: Map<string, number>;
}

/**
 * What the connections of a process lose, to see what they lose together. It holds one burst; the older ones are kept by the outages
 * that were part of them.
 */
export class RecentEnds {
  private last: Burst | undefined;
  /** Connections whose link stands. */
  private standing = 0;

  /**
   * A connection has a link.
   *
   * @param before the burst in which it lost its last one
   */
  stands(before: Burst | undefined): void {
    this.standing++;
    if (before !== undefined) before.back++;
  }

  /** It has none any more, and has lost none. */
  left(): void {
    this.standing--;
  }

  /**
   * A connection has lost its link.
   *
   * @param at ms since the epoch
   * @param before the burst in which the same connection lost one before: it counts once
   */
  lost(server: string, at: number, before: Burst | undefined): Burst {
    const burst = this.burstAt(at);
    if (burst === before) burst.back--;
    else burst.of = Math.max(burst.of, this.standing + burst.connections - burst.back);
    this.standing--;
    if (burst === before) return burst;
    burst.connections++;
    const { servers } = burst;
    if (servers.has(server) || servers.size < MOST_SERVERS)
      servers.set(server, (servers.get(server) ?? 0) + 1);
    return burst;
  }

  private burstAt(at: number): Burst {
    const { last } = this;
    if (last !== undefined && at >= last.at && at - last.at <= TOGETHER) return last;
    this.last = { at, connections: 0, of: 0, back: 0, servers: new Map() };
    return this.last;
  }
}

/** Of the connections of this process. */
export const recentEnds = new RecentEnds();
