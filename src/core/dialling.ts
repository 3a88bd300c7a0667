import { Attempts, STAGGER } from "./attempts.js";
import { Connector } from "./connector.js";
import type { EngineEvent } from "./events.js";
import type { Link } from "./link.js";
import { attemptTimeout } from "./link-errors.js";
import type { EngineOptions } from "./options.js";
import type { PoolServer, ServerPool } from "./pool.js";
import type { Timers } from "./timers.js";

/** ms that a restore may take while another link is ready to be restored instead. */
const YIELD = 1500;

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
  /** Monotonic ms of the first attempt in this outage. */
  private begunAt = 0;
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
    if (connector.attempts === 0) this.begunAt = now;
    const decision = connector.next(now - this.begunAt, this.attempts.size > 0);
    // The application is asked by this for a wait or a server, and may close meanwhile.
    if (host.closed || decision.type === "none") return;
    if (decision.type === "give-up") return host.gaveUp(decision.error, now);
    if (decision.type === "dial") return this.attempts.add(host.makeLink(decision.server, now), now);
    if (decision.passEnded && !host.passEnded(now)) return host.gaveUp(connector.error!, now);
    this.timers.set("dial", now + decision.delay);
    const attempt = connector.attempts + 1;
    host.emit({ type: "reconnecting", attempt, server: "", delay: decision.delay });
  }

  /** Begins a new pass at once; a wait ends. */
  anew(now: number): void {
    this.connector.anew();
    if (this.attempts.size > 0) return this.stagger(now);
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

  /** Something has taken long: another server gets its turn. */
  private stagger(now: number): void {
    const { attempts, host } = this;
    const { active } = host;
    if (attempts.waiting === undefined || active === undefined) {
      if (this.hasAnother && attempts.mayAddAnother(now)) this.proceed(now);
      return;
    }
    // Only once: where a restore takes long by its nature, taking turns would never end.
    if (this.yielded) return;
    const due = active.restoredAt + YIELD;
    if (now < due) return this.timers.set("stagger", due);
    this.yielded = true;
    host.lose(active, attemptTimeout(active, YIELD), true, now);
  }

  /** Whether there is a server to be dialled beside those that are. */
  private get hasAnother(): boolean {
    for (const { server } of this.attempts.all) this.pool.markTried(server);
    return this.connector.hasNext;
  }

  /** The server has taken our CONNECT while another link is being restored: this one waits for its turn. */
  wait(link: Link, active: Link): void {
    this.attempts.ready(link);
    this.timers.advance("stagger", active.restoredAt + YIELD);
  }

  /** An attempt has failed, which `event` tells: the next one, or one that was waiting, has its turn. */
  failed(link: Link, error: Error, event: EngineEvent, now: number): void {
    const { host, attempts } = this;
    this.connector.failed(link.server, error);
    host.emit(event);
    if (attempts.waiting !== undefined && host.active === undefined) host.restore(attempts.waiting);
    else if (attempts.size === 0 || this.hasAnother) this.proceed(now);
  }

  /** A link stands; returns the attempts that are not needed any more. */
  succeeded(link: Link): Link[] {
    this.yielded = false;
    const others = this.attempts.others(link);
    for (const attempt of [link, ...others]) this.attempts.remove(attempt);
    this.connector.connected(link.server);
    return others;
  }
}
