import type { Cause } from "./cause.js";
import type { Connector } from "./connector.js";
import type { EngineEvent, SparePurpose } from "./events.js";
import type { Link } from "./link.js";
import type { EngineOptions } from "./options.js";
import type { PoolServer } from "./pool.js";
import { Spare, type SpareHost } from "./spare.js";
import type { Timers } from "./timers.js";

/** ms between PINGs on a link that nobody uses, where none are sent on the one in use. */
const PING_INTERVAL = 20_000;

/** What spare links ask of the session. */
export interface SparesHost {
  readonly active: Link | undefined;
  /** Planned moves, if there were any. */
  readonly movesIfAny: { readonly isUnderWay: boolean } | undefined;
  readonly reasons: { of(link: Link, error: Error, now: number): Cause };
  /** Whether a server is in the pool. */
  isKnown(server: PoolServer): boolean;
  makeLink(server: PoolServer, now: number): Link;
  drop(link: Link, reset: boolean): void;
  emit(event: EngineEvent): void;
  /** Moves to a preferred server, by a link that stands already. */
  failBack(link: Link, now: number): void;
}

/** The links beside the one in use: one for its end (option `standby`), one to a preferred server (`failback`). */
export class Spares implements SpareHost {
  readonly timers: Timers;
  private readonly connector: Connector;
  private readonly host: SparesHost;
  private readonly standby: Spare | undefined;
  private readonly failback: Spare | undefined;

  constructor(options: EngineOptions, connector: Connector, timers: Timers, host: SparesHost) {
    this.timers = timers;
    this.connector = connector;
    this.host = host;
    const { timeout, standby, failback, liveness, reconnect } = options;
    if (!reconnect) return;
    const interval = liveness.pingInterval > 0 ? liveness.pingInterval : PING_INTERVAL;
    if (standby !== undefined) {
      this.standby = new Spare({ purpose: "standby", delay: standby.delay, interval, timeout }, this);
    }
    if (failback !== undefined) {
      const { delay, stable } = failback;
      this.failback = new Spare({ purpose: "failback", delay, interval: stable, timeout }, this);
    }
  }

  get active(): Link | undefined {
    return this.host.active;
  }

  get isMoving(): boolean {
    return this.host.movesIfAny?.isUnderWay === true;
  }

  /** A link is in use. */
  begin(now: number): void {
    this.standby?.begin(now);
    this.failback?.begin(now);
  }

  /** A server has said something of itself. */
  review(now: number): void {
    this.standby?.review(now);
    this.failback?.review(now);
  }

  /** There are other servers than before. */
  serversChanged(now: number): void {
    const isKnown = (server: PoolServer) => this.host.isKnown(server);
    this.standby?.serversChanged(isKnown, now);
    this.failback?.serversChanged(isKnown, now);
  }

  /** The link in use is lost, or is to be left: a link that can take its place at once, if there is one. */
  heir(now: number): Link | undefined {
    const [standby, failback] = [this.standby?.take(now), this.failback?.take(now)];
    if (failback !== undefined && standby !== undefined) this.drop(standby, false);
    return failback ?? standby;
  }

  /** The server has taken our CONNECT; returns whether the link is one of these. */
  ready(link: Link, now: number): boolean {
    const spare = this.find(link);
    if (spare === undefined) return false;
    spare.ready(link, now);
    // It may have turned out to be where the standby is, by another address.
    if (spare === this.failback) this.standby?.review(now);
    return true;
  }

  /** A link is gone; returns whether it was one of these. */
  lost(link: Link, error: Error, cause: Cause, now: number): boolean {
    const spare = this.find(link);
    spare?.lost(link, error, cause, now);
    return spare !== undefined;
  }

  handleTimeout(now: number): void {
    this.standby?.handleTimeout(now);
    this.failback?.handleTimeout(now);
  }

  /** No spare link is wanted any more. */
  stop(): void {
    this.standby?.stop();
    this.failback?.stop();
  }

  choose(purpose: SparePurpose, now: number): PoolServer | undefined {
    const { active, connector } = this;
    if (active === undefined) return undefined;
    return connector.candidate(now, (server) => {
      if (!this.isFree(purpose, server)) return false;
      return purpose === "standby" || connector.mayPrefer(server, active.server);
    });
  }

  suits(purpose: SparePurpose, server: PoolServer): boolean {
    const { active, connector } = this;
    if (active === undefined) return true;
    if (!this.host.isKnown(server) || !this.isFree(purpose, server)) return false;
    return purpose === "standby" || connector.prefers(server, active.server);
  }

  /** Whether neither the link in use leads to the server nor, for a standby, the one that will be used before it. */
  private isFree(purpose: SparePurpose, server: PoolServer): boolean {
    const others = [this.active, purpose === "standby" ? this.failback?.link : undefined];
    return others.every((link) => link === undefined || !leadsTo(link, server));
  }

  obtain(purpose: SparePurpose, server: PoolServer, now: number): Link {
    const ready = purpose === "failback" ? this.standby?.pass(server, now) : undefined;
    return ready ?? this.host.makeLink(server, now);
  }

  why(link: Link, error: Error, now: number): Cause {
    return this.host.reasons.of(link, error, now);
  }

  drop(link: Link, reset: boolean): void {
    this.host.drop(link, reset);
  }

  takeOver(link: Link, now: number): void {
    this.host.failBack(link, now);
  }

  emit(event: EngineEvent): void {
    this.host.emit(event);
  }

  private find(link: Link): Spare | undefined {
    return [this.standby, this.failback].find((spare) => spare?.owns(link));
  }
}

/** A server may be known by several addresses: what it says of itself tells. */
function leadsTo(link: Link, { address, info }: PoolServer): boolean {
  if (address.listen === link.server.address.listen) return true;
  return info !== undefined && info.server_id === link.info?.server_id;
}
