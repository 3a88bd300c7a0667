import type { CodedError } from "../errors.js";
import type { Cause } from "./cause.js";
import type { EngineEvent, SparePurpose } from "./events.js";
import type { Link } from "./link.js";
import { attemptTimeout, shuttingDown, stale } from "./link-errors.js";
import type { PoolServer } from "./pool.js";
import type { Timers } from "./timers.js";

/** How a spare link is kept. */
export interface SpareOptions {
  readonly purpose: SparePurpose;
  /** ms until the next attempt, after so many failures in a row. */
  readonly delay: (failures: number) => number;
  /** ms after which a link that stands is looked at: whether it is alive, or, for a failback, has stood long enough. */
  readonly interval: number;
  /** ms that an attempt may take, and an answer. */
  readonly timeout: number;
}

/** What a spare link asks of those around it. */
export interface SpareHost {
  readonly timers: Timers;
  /** The link in use. */
  readonly active: Link | undefined;
  /** It is about to be another one. */
  readonly isMoving: boolean;
  /** The server that a spare link should lead to; undefined: none. */
  choose(purpose: SparePurpose, now: number): PoolServer | undefined;
  /** Whether a server that was reached is what is looked for. */
  suits(purpose: SparePurpose, server: PoolServer): boolean;
  /** A new link, or one that the other spare has there already. */
  obtain(purpose: SparePurpose, server: PoolServer, now: number): Link;
  /** Why a link ends now. */
  why(link: Link, error: Error, now: number): Cause;
  drop(link: Link, reset: boolean): void;
  /** A link that has stood long enough takes over. */
  takeOver(link: Link, now: number): void;
  emit(event: EngineEvent): void;
}

/**
 * A second link, authenticated and without subscriptions: to be there at once when the one in use dies (`standby`), or because
 * its server is a better one, once it has proved to last (`failback`). It is made beside a link that stands, and kept alive.
 */
export class Spare {
  private readonly options: SpareOptions;
  private readonly host: SpareHost;
  /** The link, or the attempt. */
  link: Link | undefined;
  private failures = 0;
  /** What was told last: a link that stands, or that none can be had. */
  private told: "ready" | "lost" | undefined;
  private isWaiting = false;
  private isStopped = false;

  constructor(options: SpareOptions, host: SpareHost) {
    this.options = options;
    this.host = host;
  }

  owns(link: Link): boolean {
    return this.link === link;
  }

  /** A link is in use: one beside it is wanted. */
  begin(now: number): void {
    if (this.link === undefined) this.schedule(now);
    else this.review(now);
  }

  /** The server has said something, or another link is in use: a link that is of no use any more ends. */
  review(now: number): void {
    const { link } = this;
    if (link?.phase === "ready") this.isOfUse(link, now);
  }

  /** Ends the link if it is of no use. */
  private isOfUse(link: Link, now: number): boolean {
    const suits = this.host.suits(this.options.purpose, link.server);
    // The application is asked by this, and may have shut the connection down, or replaced the servers.
    if (this.link !== link) return false;
    if (link.lameDuck) this.fail(link, shuttingDown(link), now);
    else if (!suits) this.seekAnother(now);
    return suits && !link.lameDuck;
  }

  /** There are other servers than before: a link to none of them ends. */
  serversChanged(isKnown: (server: PoolServer) => boolean, now: number): void {
    const { link } = this;
    if (link !== undefined && !isKnown(link.server)) this.seekAnother(now);
  }

  /** Hands the link out if it stands; another one is looked for when its time has come. */
  take(now: number): Link | undefined {
    const { link } = this;
    if (link?.phase === "ready") return this.give(link, now);
    this.seekAnother(now);
    return undefined;
  }

  /** Hands the link out, or the attempt, if it leads to this address. */
  pass(server: PoolServer, now: number): Link | undefined {
    const { link } = this;
    if (link?.server.address.listen !== server.address.listen) return undefined;
    return this.give(link, now);
  }

  private give(link: Link, now: number): Link {
    this.forget();
    this.schedule(now);
    return link;
  }

  /** No link is wanted any more. */
  stop(): void {
    this.isStopped = true;
    this.release();
  }

  /** The server has taken our CONNECT. */
  ready(link: Link, now: number): void {
    const { purpose, interval } = this.options;
    if (!this.isOfUse(link, now)) return;
    link.phase = "ready";
    this.tell("ready", link);
    this.host.timers.set(purpose, now + interval);
  }

  /** The link is gone. */
  lost(link: Link, error: Error, cause: Cause, now: number): void {
    this.forget();
    this.failures++;
    link.server.standing.failed(now);
    this.tell("lost", link, error, cause);
    this.schedule(now);
  }

  handleTimeout(now: number): void {
    const { host, options, link } = this;
    if (!host.timers.take(options.purpose, now)) return;
    if (link === undefined) return this.dial(now);
    if (link.phase !== "ready") return this.fail(link, attemptTimeout(link, options.timeout), now);
    if (this.isWaiting) return this.fail(link, stale("a spare link has not answered in time"), now);
    this.isWaiting = true;
    host.timers.set(options.purpose, now + options.timeout);
    link.sendPing(now, () => this.answered(link));
  }

  private answered(link: Link): void {
    if (this.link !== link) return;
    const { host, options } = this;
    this.isWaiting = false;
    this.failures = 0;
    const now = link.lastInbound;
    host.timers.set(options.purpose, now + options.interval);
    if (options.purpose === "standby") return;
    if (!this.isOfUse(link, now)) return;
    host.takeOver(this.give(link, now), now);
  }

  private dial(now: number): void {
    const { host, options } = this;
    const server = host.isMoving ? undefined : host.choose(options.purpose, now);
    // The application is asked by this, and may have closed the connection.
    if (this.isStopped || host.active?.phase !== "live") return;
    if (server === undefined) return this.schedule(now);
    const link = host.obtain(options.purpose, server, now);
    this.link = link;
    host.timers.set(options.purpose, now + options.timeout);
    if (link.phase === "ready") this.ready(link, now);
  }

  private fail(link: Link, error: CodedError, now: number): void {
    const cause = this.host.why(link, error, now);
    this.host.drop(link, true);
    this.lost(link, error, cause, now);
  }

  private seekAnother(now: number): void {
    const { link } = this;
    if (link?.phase === "ready") this.tell("lost", link);
    this.release();
    this.schedule(now);
  }

  private schedule(now: number): void {
    if (this.isStopped) return;
    const { purpose, delay } = this.options;
    this.host.timers.set(purpose, now + delay(this.failures));
  }

  private release(): void {
    const { link } = this;
    this.forget();
    if (link !== undefined) this.host.drop(link, false);
  }

  private forget(): void {
    this.link = undefined;
    this.isWaiting = false;
    this.host.timers.clear(this.options.purpose);
  }

  /** Once per change: that none can be had is no news every time. */
  private tell(state: "ready" | "lost", { server }: Link, error?: Error, cause?: Cause): void {
    if (state === "lost" && this.told === "lost") return;
    this.told = state;
    const { purpose } = this.options;
    this.host.emit({
      type: "spare",
      purpose,
      server: server.address.listen,
      ready: state === "ready",
      error,
      cause,
    });
  }
}
