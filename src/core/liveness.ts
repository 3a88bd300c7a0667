import type { CodedError } from "../errors.js";
import type { Effect } from "./events.js";
import type { Link } from "./link.js";
import { stale } from "./link-errors.js";
import type { Timers } from "./timers.js";

/** When a silent link is given up (promises.md §4). */
export interface LivenessOptions {
  /** ms between liveness PINGs; 0 switches them off. */
  pingInterval: number;
  /** Liveness PINGs without any sign of life that are borne; the link is stale at the next. */
  maxPingOut: number;
  /** ms of silence that are borne while bytes wait for a confirmation, more where round trips take long; 0: no check. */
  stallTimeout: number;
  /** ms that bytes may wait for the kernel while it takes none, whatever comes in; 0 switches the check off. */
  flusherTimeout: number;
}

/**
 * A timer that fires this much too late, in ms, means that this process was stalled: what the server sent
 * meanwhile has not been read yet, so its silence proves nothing.
 */
export const LOCAL_STALL = 1000;

/**
 * Part of `stallTimeout` that is borne on top of what a round trip may take. By default 4.5 s: a link that is left by then is left
 * within 5 s of the publish, and two spikes of 2 s, one each way, are no reason.
 */
const SPIKES = 0.9;
/** Round trips that are borne where that is more than `stallTimeout`. */
const ROUND_TRIPS = 2;

/** Bytes that may be on their way without a sign of life from the other end before the link counts as slow. */
const SLOW_LINK = 256 * 1024;
/** Longest patience, ms. */
const MAX_PATIENCE = 60_000;
/** Looks at the kernel's send queue within one `stallTimeout` of silence. */
const LOOKS = 5;

/** Bytes by which a queue must have moved to count: the last few that fit a full buffer say nothing. */
const MOVED = 48 * 1024;
/** Times that a queue has moved, if only a little: more than once is a very slow way, and not the last few bytes that fit. */
const STEADY = 2;

/** What it asks of the session. */
export interface LivenessHost {
  /** Takes the effect `look`, which asks how much of what the kernel has taken is still on its way; {@link Liveness.seen} tells. */
  effect(effect: Effect): void;
}

/** Watches one link at a time for signs of life: any byte that comes in, any write that makes progress. */
export class Liveness {
  private readonly options: LivenessOptions;
  private readonly timers: Timers;
  private readonly host: LivenessHost;
  /** ms of silence that are borne: more with each slow link that was given up, until something is confirmed. */
  private patience: number;
  private pingDue = 0;
  private stallDue = 0;
  /** Monotonic ms of the last look at the send queue. */
  private lookedAt = 0;

  constructor(options: LivenessOptions, timers: Timers, host: LivenessHost) {
    this.options = options;
    this.timers = timers;
    this.host = host;
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
    const at = Math.min(this.nextLook(link), this.writeDeadline(link), this.stallDeadline(link));
    if (at !== Number.POSITIVE_INFINITY) this.stallAt(Math.max(at, now));
  }

  /**
   * `arrived` of all bytes handed to the link have reached the other end's kernel, and ours still holds `queued`. While
   * there is such a queue and it moves, someone reads at the other end: the link is slow and not dead. A server that
   * is frozen lets its kernel take what fits, and then nothing.
   */
  seen(link: Link, arrived: number, queued: number, now: number): void {
    const { backlog } = link;
    const inTime = now - link.lookedAt <= (2 * this.options.stallTimeout) / LOOKS + LOCAL_STALL;
    link.lookedAt = now;
    if (backlog === undefined || !inTime) {
      link.backlog = { at: now, arrived, last: arrived, queued, moves: 0, still: false };
    } else {
      const gone = arrived - backlog.last;
      // Of what was queued at the last look some is left, and some has gone: else the queue is only what is on its way. Or it had
      // stood still before: a kernel takes what fits at once, and what fits only later fits because someone has read.
      const isSlow = gone > 0 && (gone < backlog.queued || backlog.still);
      const moves = isSlow ? backlog.moves + 1 : backlog.moves;
      link.backlog = { ...backlog, last: arrived, queued, moves, still: gone === 0 };
      if (isSlow && (arrived - backlog.arrived >= MOVED || moves >= STEADY)) this.moved(link, arrived, now);
    }
    if (queued === 0) link.backlog = undefined;
  }

  private moved(link: Link, arrived: number, now: number): void {
    const { at, arrived: before } = link.backlog!;
    link.lastProgress = now;
    link.lastDelivery = now;
    link.rate = (arrived - before) / (now - at);
    link.backlog = { ...link.backlog!, at: now, arrived, moves: 0 };
  }

  private checkPing(link: Link, now: number): CodedError | undefined {
    const { pingInterval, maxPingOut } = this.options;
    const moves = now - link.lastDelivery < pingInterval;
    const early = now - Math.max(link.lastInbound, link.waitingSince) < farthest(link);
    if (link.pingsOut >= maxPingOut && !moves && !early && now - this.pingDue <= LOCAL_STALL) {
      return stale(`no sign of life from the server for ${pingInterval * (maxPingOut + 1)} ms`);
    }
    link.pingsOut++;
    link.sendPing(now);
    this.pingAt(now + pingInterval);
    return undefined;
  }

  private checkStall(link: Link, now: number): CodedError | undefined {
    if (now - this.stallDue > LOCAL_STALL) {
      link.lastInbound = now;
      link.lastTaken = now;
    }
    if (this.writeDeadline(link) <= now) {
      return stale(
        `the system has taken nothing of what we write for ${this.options.flusherTimeout} ms (option "flusherTimeout")`,
      );
    }
    if (this.stallDeadline(link) <= now) {
      const { patience } = this;
      const waited = Math.round(this.bearable(link));
      // Much on its way over a slow link looks like this too: it must get through in the end.
      if (link.sinceInbound > SLOW_LINK)
        this.patience = Math.max(patience, Math.min(patience * 2, MAX_PATIENCE));
      return stale(`bytes wait for a confirmation, and nothing moved for ${waited} ms`);
    }
    if (this.nextLook(link) <= now) {
      this.lookedAt = now;
      this.host.effect({ type: "look", epoch: link.epoch });
    }
    this.settle(link, now);
    return undefined;
  }

  /**
   * When the link counts as stalled unless something moves: bytes wait for a confirmation, and neither a
   * byte came in nor a write made progress. Infinity when nothing waits.
   */
  private stallDeadline(link: Link): number {
    if (this.options.stallTimeout <= 0 || !isWaiting(link)) return Number.POSITIVE_INFINITY;
    // Behind a slow way, all that has left our kernel may lie in the buffers of a proxy for a while.
    const hasLeft = link.rate !== undefined && link.backlog === undefined;
    const onItsWay = hasLeft ? link.unanswered / link.rate! : 0;
    const patience = this.bearable(link) + Math.min(onItsWay, MAX_PATIENCE);
    return Math.max(link.lastInbound, link.lastProgress, link.waitingSince) + patience;
  }

  /** ms of silence that the link is borne, by what its round trips have taken so far. */
  private bearable(link: Link): number {
    const { patience } = this;
    const { longest } = link.roundTrips;
    if (longest === undefined) return patience;
    return Math.max(Math.min(patience, patience * SPIKES + longest), farthest(link));
  }

  private nextLook(link: Link): number {
    const { stallTimeout } = this.options;
    if (stallTimeout <= 0 || !isWaiting(link)) return Number.POSITIVE_INFINITY;
    return Math.max(link.lastInbound, link.waitingSince, this.lookedAt) + stallTimeout / LOOKS;
  }

  /** When the link counts as dead because its writes do not go on, also if bytes still come in. */
  private writeDeadline(link: Link): number {
    const { flusherTimeout } = this.options;
    if (flusherTimeout <= 0 || link.inFlight === 0) return Number.POSITIVE_INFINITY;
    return Math.max(link.lastTaken, link.lastProgress) + flusherTimeout;
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

/** ms of silence that are no sign of anything where round trips take as long as they have. */
function farthest({ roundTrips }: Link): number {
  return Math.min((roundTrips.longest ?? 0) * ROUND_TRIPS, MAX_PATIENCE);
}

function isWaiting(link: Link): boolean {
  return link.pingsInFlight > 0 || link.inFlight > 0;
}
