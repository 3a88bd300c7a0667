import type { CodedError } from "../errors.js";
import type { Link } from "./link.js";
import { stale } from "./link-errors.js";
import type { Timers } from "./timers.js";

/** When a silent link is given up (promises.md §4). */
export interface LivenessOptions {
  /** ms between liveness PINGs; 0 switches them off. */
  pingInterval: number;
  /** Liveness PINGs without any sign of life that are borne; the link is stale at the next. */
  maxPingOut: number;
  /** ms of silence that are borne while bytes wait for a confirmation; 0 switches the check off. */
  stallTimeout: number;
}

/**
 * A timer that fires this much too late, in ms, means that this process was stalled: what the server sent
 * meanwhile has not been read yet, so its silence proves nothing.
 */
export const LOCAL_STALL = 1000;

/** Bytes that may be on their way without a sign of life from the other end before the link counts as slow. */
const SLOW_LINK = 256 * 1024;
/** Longest patience, ms. */
const MAX_PATIENCE = 60_000;

/** Watches one link at a time for signs of life: any byte that comes in, any write that makes progress. */
export class Liveness {
  private readonly options: LivenessOptions;
  private readonly timers: Timers;
  /** ms of silence that are borne: more with each slow link that was given up, until something is confirmed. */
  private patience: number;
  private pingDue = 0;
  private stallDue = 0;

  constructor(options: LivenessOptions, timers: Timers) {
    this.options = options;
    this.timers = timers;
    this.patience = options.stallTimeout;
  }

  /** The server has confirmed something. */
  confirmed(): void {
    if (this.patience === this.options.stallTimeout) return;
    this.patience = this.options.stallTimeout;
    this.timers.clear("stall");
  }

  /** A link stands. */
  begin(now: number): void {
    if (this.options.pingInterval > 0) this.pingAt(now + this.options.pingInterval);
  }

  end(): void {
    this.timers.clear("ping");
    this.timers.clear("stall");
  }

  /** Looks at the timers that have fired; returns why the link is dead, if it is. */
  check(link: Link, now: number): CodedError | undefined {
    const stalled = this.timers.take("stall", now) ? this.checkStall(link, now) : undefined;
    if (stalled !== undefined) return stalled;
    return this.timers.take("ping", now) ? this.checkPing(link, now) : undefined;
  }

  /** Sets the stall deadline when bytes have begun to wait. */
  settle(link: Link, now: number): void {
    if (this.timers.isSet("stall")) return;
    const at = this.stallDeadline(link);
    if (at !== Number.POSITIVE_INFINITY) this.stallAt(Math.max(at, now));
  }

  private checkPing(link: Link, now: number): CodedError | undefined {
    const { pingInterval, maxPingOut } = this.options;
    if (link.pingsOut >= maxPingOut && now - this.pingDue <= LOCAL_STALL) {
      return stale(`no sign of life from the server for ${pingInterval * (maxPingOut + 1)} ms`);
    }
    link.pingsOut++;
    link.sendPing(now);
    this.pingAt(now + pingInterval);
    return undefined;
  }

  private checkStall(link: Link, now: number): CodedError | undefined {
    if (now - this.stallDue > LOCAL_STALL) link.lastInbound = now;
    const at = this.stallDeadline(link);
    if (at <= now) {
      const waited = this.patience;
      // Much on its way over a slow link looks like this too: it must get through in the end.
      if (link.sinceInbound > SLOW_LINK) this.patience = Math.max(waited, Math.min(waited * 2, MAX_PATIENCE));
      return stale(`bytes wait for a confirmation, and nothing moved for ${waited} ms`);
    }
    if (at !== Number.POSITIVE_INFINITY) this.stallAt(at);
    return undefined;
  }

  /**
   * When the link counts as stalled unless something moves: bytes wait for a confirmation, and neither a
   * byte came in nor a write made progress. Infinity when nothing waits.
   */
  private stallDeadline(link: Link): number {
    if (this.options.stallTimeout <= 0) return Number.POSITIVE_INFINITY;
    if (link.pingsInFlight === 0 && link.inFlight === 0) return Number.POSITIVE_INFINITY;
    return Math.max(link.lastInbound, link.lastProgress, link.waitingSince) + this.patience;
  }

  private pingAt(at: number): void {
    this.pingDue = at;
    this.timers.set("ping", at);
  }

  private stallAt(at: number): void {
    this.stallDue = at;
    this.timers.set("stall", at);
  }
}
