import { Attempts, STAGGER } from "./attempts.js";
import { Connector } from "./connector.js";
import type { EngineEvent } from "./events.js";
import type { Link } from "./link.js";
import { attemptTimeout } from "./link-errors.js";
import type { EngineOptions } from "./options.js";
import type { PoolServer, ServerPool } from "./pool.js";
import { isFatal } from "./server-errors.js";
import type { Timers } from "./timers.js";

/** ms that a restore may take while another link is ready to be restored instead. */
const YIELD = 1500;

/** ms that a restore may take; one on a link that stood ready for long, and may be dead since, is no more than a dial. */
function patience({ lastInbound, restoredAt }: Link): number {
  return lastInbound < restoredAt ? STAGGER : YIELD;
}

/** What dialling asks of the session. */
export interface DiallingHost {
  /** The link that carries the window. */
  readonly active: Link | undefined;
  readonly closed: boolean;
  /** Makes a link to `server`, and dials. */
  makeLink(server: PoolServer, now: number): Link;
  emit(event: EngineEvent): void;
  /** Begins to restore a link that was ready, and had to wait. */
  restore(link: Link): void;
  /** An attempt has failed. */
  lose(link: Link, error: Error, unclean: boolean, now: number): void;
  /** Every server was tried once, and there is a wait before the next pass. Returns whether to go on. */
  passEnded(now: number): boolean;
  /** Nothing more is tried. */
  gaveUp(error: Error, now: number): void;
}

/** Brings about the next link: one attempt after the other, others beside one that hangs, waits between passes. */
export class Dialling {
  readonly attempts: Attempts;
  readonly connector: Connector;
  private readonly options: EngineOptions;
  private readonly pool: ServerPool;
  private readonly timers: Timers;
  private readonly host: DiallingHost;
  /** In this outage a restore that took long has already given way to another link. */
  private yielded = false;

  constructor(options: EngineOptions, pool: ServerPool, timers: Timers, host: DiallingHost) {
    this.options = options;
    this.pool = pool;
    this.timers = timers;
    this.host = host;
    this.connector = new Connector(pool, options.connector);
    this.attempts = new Attempts(timers, options.timeout);
  }

  /** Dials the next server, waits for the next pass, or gives up. */
  proceed(now: number): void {
    const { connector, host } = this;
    const decision = connector.next(now, this.attempts.size > 0);
    // The application is asked by this for a wait or a server, and may close meanwhile.
    if (host.closed || decision.type === "none") return;
    if (decision.type === "give-up") return host.gaveUp(decision.error, now);
    if (decision.type === "dial") return this.dial(decision.server, now);
    if (decision.passEnded && !host.passEnded(now)) return host.gaveUp(connector.error!, now);
    this.timers.set("dial", now + decision.delay);
    const attempt = connector.attempts + 1;
    // A move that waits for what the application has chosen is no outage.
    if (host.active === undefined)
      host.emit({ type: "reconnecting", attempt, server: "", delay: decision.delay });
  }

  private dial(server: PoolServer, now: number): void {
    const { attempts, host } = this;
    attempts.add(host.makeLink(server, now), now);
  }

  /**
   * Another server is looked for although the link stands.
   *
   * @param mayReturn also the one that it leads to, as the last resort
   */
  depart(link: Link, mayReturn: boolean, now: number): void {
    this.connector.begin(link.server, now - link.connectedAt, undefined, false, now);
    if (!mayReturn) this.pool.markTried(link.server);
  }

  /** The link is lost: dials, beside what is under way. */
  outage(now: number): void {
    if (this.attempts.size === 0 || this.hasAnother) this.proceed(now);
  }

  /** The link is lost, and one that stands already is to take over: that is its server's turn. */
  inherit(heir: Link, now: number): void {
    this.pool.markTried(heir.server);
    this.attempts.add(heir, now);
  }

  /** Dials nobody any more; returns the attempts that were under way. */
  stop(): Link[] {
    const links = [...this.attempts.all];
    this.attempts.clear();
    this.timers.clear("dial");
    return links;
  }

  /** Dials a server that keeps us waiting once more, at another address of its name. Returns whether there is one. */
  private dialElsewhere(now: number): boolean {
    const server = this.attempts.takeElsewhere();
    if (server === undefined) return false;
    this.connector.attempts++;
    this.dial(server, now);
    return true;
  }

  /** The attempt has reached one of several `addresses` of its server's name: if nothing follows, the others get their turn. */
  reached(link: Link, addresses: number, now: number): void {
    const { attempts, timers } = this;
    if (!attempts.reached(link, addresses) || timers.isSet("stagger")) return;
    timers.set("stagger", now + STAGGER);
  }

  /** Begins a new pass at once; a wait ends. */
  anew(now: number): void {
    this.connector.anew();
    if (this.attempts.size > 0) this.stagger(now);
    else this.hurry(now);
  }

  /** A wait ends. */
  hurry(now: number): void {
    if (!this.timers.isSet("dial")) return;
    this.timers.clear("dial");
    this.proceed(now);
  }

  /** The list of servers has changed: one that hangs is not waited for. */
  serversChanged(now: number): void {
    if (this.attempts.size > 0 && !this.timers.isSet("stagger")) this.timers.set("stagger", now + STAGGER);
  }

  handleTimeout(now: number): void {
    const { attempts, timers } = this;
    if (timers.take("dial", now)) this.proceed(now);
    for (let late = attempts.overdue(now); late !== undefined; late = attempts.overdue(now)) {
      this.host.lose(late, attemptTimeout(late, this.options.timeout), true, now);
    }
    if (timers.take("stagger", now)) this.stagger(now);
  }

  /** Something has taken long: another server gets its turn, or another address of one. */
  private stagger(now: number): void {
    const { attempts, host } = this;
    const { active } = host;
    if (attempts.waiting === undefined || active === undefined) {
      if (!attempts.mayAddAnother(now)) return;
      if (this.hasAnother) this.proceed(now);
      else this.dialElsewhere(now);
      return;
    }
    // Only once: where a restore takes long by its nature, taking turns would never end.
    if (this.yielded) return;
    const due = active.restoredAt + patience(active);
    if (now < due) return this.timers.set("stagger", due);
    this.yielded = true;
    host.lose(active, attemptTimeout(active, patience(active)), true, now);
  }

  /** Whether there is a server to be dialled beside those that are. */
  private get hasAnother(): boolean {
    for (const { server } of this.attempts.all) this.pool.markTried(server);
    return this.connector.hasNext;
  }

  /** The server has taken our CONNECT while another link is being restored: this one waits for its turn. */
  wait(link: Link, active: Link): void {
    this.attempts.ready(link);
    this.timers.advance("stagger", active.restoredAt + patience(active));
  }

  /** An attempt has failed, which `event` tells: the next one, or one that was waiting, has its turn. */
  failed(link: Link, error: Error, event: EngineEvent, now: number): void {
    const { host, attempts } = this;
    // It has failed when it has at none of the addresses that are being tried, unless it has refused who we are.
    if (!attempts.has(link.server) || isFatal(error)) {
      this.connector.failed(link.server, error, now, host.active?.phase === "live");
    }
    host.emit(event);
    if (attempts.waiting !== undefined && host.active === undefined) host.restore(attempts.waiting);
    else if (attempts.size === 0 || this.hasAnother) this.proceed(now);
    else this.dialElsewhere(now);
  }

  /** A link stands; returns the attempts that are not needed any more. */
  succeeded(link: Link): Link[] {
    this.connector.connected(link.server);
    return this.settled(link);
  }

  /** An attempt has led to a link that will be used; returns those that are not needed any more. */
  settled(link: Link): Link[] {
    this.yielded = false;
    this.timers.clear("dial");
    const others = this.attempts.others(link);
    for (const attempt of [link, ...others]) this.attempts.remove(attempt);
    // Should the link die young, they come first: nobody knows that they cannot be reached.
    for (const { server } of others) if (server !== link.server) this.pool.markUntried(server);
    return others;
  }
}
