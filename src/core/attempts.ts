import { LazyMap } from "./lazy-map.js";
import type { Link } from "./link.js";
import type { PoolServer } from "./pool.js";
import { LATE, type Timers } from "./timers.js";

/** ms that an attempt is ahead of the next one, which is dialled beside it if it has not led to a link by then. */
export const STAGGER = 300;
/**
 * ms that a server may take for TLS before another one is dialled beside it. Where everybody comes back at once, TLS is what servers
 * are slow with (docs/storms.md): one that has sent its INFO is busy rather than frozen, and more dials would keep all of them busy.
 */
const TLS_PATIENCE = 2000;
/** Attempts at the same time, at most: a cluster that is slow because everybody comes back must not get many more. */
const MAX_ATTEMPTS = 4;

/** The attempts at one server that are under way together. */
interface Siblings {
  /** Addresses of its name that may still be dialled beside them; undefined: not known yet. */
  further: number | undefined;
}

/** One attempt. */
interface Attempt {
  readonly siblings: Siblings;
  /** Monotonic ms at which it fails, if its link does not stand by then. */
  deadline: number;
  /** It has not reached an address: it tries the next one by itself. */
  isOnItsWay: boolean;
}

/**
 * The links that are being made. Usually there is one; a server that hangs does not hold up the next (promises.md §4):
 * it is dialled beside it after a while, and the first whose server takes our CONNECT is kept.
 */
export class Attempts {
  private readonly links = new LazyMap<Link, Attempt>();
  private readonly timers: Timers;
  private readonly timeout: number;

  /** @param timeout ms that one attempt may take, from the dial to the PONG behind the subscriptions */
  constructor(timers: Timers, timeout: number) {
    this.timers = timers;
    this.timeout = timeout;
  }

  get size(): number {
    return this.links.size;
  }

  get all(): Iterable<Link> {
    return this.links.keys();
  }

  add(link: Link, now: number): void {
    const siblings = this.at(link.server) ?? { further: undefined };
    this.links.set(link, { siblings, deadline: now + this.timeout, isOnItsWay: true });
    this.timers.set("attempt", this.nextDeadline);
    this.timers.set("stagger", now + STAGGER);
  }

  /** The attempts at a server, if there are any. */
  private at(server: PoolServer): Siblings | undefined {
    for (const [link, { siblings }] of this.links) if (link.server === server) return siblings;
    return undefined;
  }

  /** Whether an attempt at this server is under way. */
  has(server: PoolServer): boolean {
    return this.at(server) !== undefined;
  }

  /** The attempt has reached one of the `addresses` that its server's name has; returns whether it was one. */
  reached(link: Link, addresses: number): boolean {
    const attempt = this.links.get(link);
    if (attempt === undefined) return false;
    attempt.isOnItsWay = false;
    attempt.siblings.further ??= addresses - 1;
    return true;
  }

  /**
   * A server that was reached, and whose name has an address that was not dialled yet; it counts as dialled now. Each address
   * has one turn as long as an attempt at the server is under way.
   */
  takeElsewhere(): PoolServer | undefined {
    for (const [{ server }, { siblings }] of this.links) {
      if (!siblings.further || this.isOnTheWay(server)) continue;
      siblings.further--;
      return server;
    }
    return undefined;
  }

  private isOnTheWay(server: PoolServer): boolean {
    for (const [link, { isOnItsWay }] of this.links) if (isOnItsWay && link.server === server) return true;
    return false;
  }

  /** The attempt has ended, one way or the other; returns whether it was one. */
  remove(link: Link): boolean {
    if (!this.links.delete(link)) return false;
    this.timers.set("attempt", this.nextDeadline);
    if (this.links.size === 0) this.clear();
    return true;
  }

  /** All attempts but this one, which has won. */
  others(winner: Link): Link[] {
    return [...this.all].filter((link) => link !== winner);
  }

  /** The server has taken our CONNECT while another link is being restored: it waits for how that ends. */
  ready(link: Link): void {
    link.phase = "ready";
    this.setDeadline(link, Number.POSITIVE_INFINITY);
  }

  /** An attempt that waits for its turn. */
  get waiting(): Link | undefined {
    for (const link of this.all) if (link.phase === "ready") return link;
    return undefined;
  }

  /** The attempt has its turn: its time begins anew if it had to wait. */
  restores(link: Link, now: number): void {
    if (link.phase === "ready") this.setDeadline(link, now + this.timeout);
  }

  private setDeadline(link: Link, at: number): void {
    const attempt = this.links.get(link);
    if (attempt !== undefined) attempt.deadline = at;
    this.timers.set("attempt", this.nextDeadline);
  }

  /** An attempt whose time is up. */
  overdue(now: number): Link | undefined {
    for (const [link, { deadline }] of this.links) {
      if (deadline > now) continue;
      if (now - deadline <= LATE) return link;
      // This process did not run: what the server has answered is being read only now.
      this.setDeadline(link, now + this.timeout);
    }
    return undefined;
  }

  /**
   * Whether it is time for another one beside them: not while the application is asked for its credentials, and not while a
   * server may be busy with TLS.
   */
  mayAddAnother(now: number): boolean {
    if (this.links.size >= MAX_ATTEMPTS) return false;
    for (const { phase, dialledAt } of this.all) {
      const again =
        phase === "authenticating" ? now + STAGGER : phase === "securing" ? dialledAt + TLS_PATIENCE : now;
      if (again <= now) continue;
      this.timers.set("stagger", again);
      return false;
    }
    return true;
  }

  clear(): void {
    this.links.clear();
    this.timers.clear("attempt");
    this.timers.clear("stagger");
  }

  private get nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const [, { deadline }] of this.links) next = Math.min(next, deadline);
    return next;
  }
}
