import type { Link } from "./link.js";
import type { Timers } from "./timers.js";

/** ms after which another server is dialled beside one that has not answered yet; doubled for each further one. */
export const STAGGER = 300;
/** A deadline that is noticed so many ms too late was not the server's fault. */
const LATE = 200;
/** Attempts at the same time, at most: a cluster that is slow because everybody comes back must not get many more. */
const MAX_ATTEMPTS = 4;

/**
 * The links that are being made. Usually there is one; a server that hangs does not hold up the next (promises.md §4):
 * it is dialled beside it after a while, and the first whose server takes our CONNECT is kept.
 */
export class Attempts {
  private readonly links = new Set<Link>();
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
    return this.links;
  }

  add(link: Link, now: number): void {
    link.deadline = now + this.timeout;
    this.links.add(link);
    this.timers.set("attempt", this.nextDeadline);
    this.timers.set("stagger", now + STAGGER * 2 ** (this.links.size - 1));
  }

  /** The attempt has ended, one way or the other; returns whether it was one. */
  remove(link: Link): boolean {
    if (!this.links.delete(link)) return false;
    this.timers.set("attempt", this.nextDeadline);
    if (this.links.size === 0) this.timers.clear("stagger");
    return true;
  }

  /** All attempts but this one, which has won. */
  others(winner: Link): Link[] {
    return [...this.links].filter((link) => link !== winner);
  }

  /** The server has taken our CONNECT while another link is being restored: it waits for how that ends. */
  ready(link: Link): void {
    link.phase = "ready";
    this.setDeadline(link, Number.POSITIVE_INFINITY);
  }

  /** An attempt that waits for its turn. */
  get waiting(): Link | undefined {
    for (const link of this.links) if (link.phase === "ready") return link;
    return undefined;
  }

  /** The attempt has its turn: its time begins anew if it had to wait. */
  restores(link: Link, now: number): void {
    if (link.phase === "ready") this.setDeadline(link, now + this.timeout);
  }

  private setDeadline(link: Link, at: number): void {
    link.deadline = at;
    this.timers.set("attempt", this.nextDeadline);
  }

  /** An attempt whose time is up. */
  overdue(now: number): Link | undefined {
    for (const link of this.links) {
      if (link.deadline > now) continue;
      if (now - link.deadline <= LATE) return link;
      // This process did not run: what the server has answered is being read only now.
      this.setDeadline(link, now + this.timeout);
    }
    return undefined;
  }

  /** Whether it is time for another one beside them: not while the application is asked for its credentials. */
  mayAddAnother(now: number): boolean {
    if (this.links.size >= MAX_ATTEMPTS) return false;
    for (const { phase } of this.links) {
      if (phase === "authenticating") {
        this.timers.set("stagger", now + STAGGER);
        return false;
      }
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
    for (const { deadline } of this.links) next = Math.min(next, deadline);
    return next;
  }
}
