import { CodedError } from "../errors.js";
import type { PoolServer, ServerPool } from "./pool.js";
import { NOT_PREFERRED, type Preference } from "./preference.js";
import { isAuthError, isFatal, isFull } from "./server-errors.js";
import { Place } from "./standing.js";

/** How attempts are made and when they end. */
export interface ConnectorOptions {
  /** Failed attempts in a row after which a server leaves the pool; -1: never. */
  maxReconnectAttempts: number;
  /** Passes through the whole list in one outage; Infinity: no limit. */
  maxPasses: number;
  /** Wait in ms after pass number `pass` (from 1), `elapsed` ms after the outage began; `full`: a server had no room for us. */
  delay: (pass: number, elapsed?: number, full?: boolean) => number;
  /** Go on although a server refuses the same credentials again. */
  ignoreAuthErrorAbort: boolean;
  /** ms that a link must have stood for the waits to begin anew. */
  stableAfter: number;
  /** Which servers are tried first. Default: all are alike. */
  preference?: Preference;
  /**
   * Asked before every attempt: which server of `pool` is dialled, of which the first would be dialled otherwise; undefined: that
   * one.
   */
  choose?: (pool: readonly PoolServer[]) => ServerChoice | undefined;
}

/** The server that the application wants to be dialled next. */
export interface ServerChoice {
  readonly server: PoolServer;
  /** ms until then, instead of the wait between passes; 0: no wish. */
  readonly delay: number;
}

/** A server, and what decides about its turn: first the place, then the rank; less comes first. */
interface Rated {
  readonly server: PoolServer;
  readonly place: Place;
  readonly rank: number;
}

function isBefore(a: Rated, b: Rated): boolean {
  return a.place === b.place ? a.rank < b.rank : a.place < b.place;
}

/** What to do next. */
export type Decision =
  | { readonly type: "dial"; readonly server: PoolServer }
  | {
      readonly type: "wait";
      readonly delay: number;
      /** Every server has been tried, or the one that is wanted again. */
      readonly passEnded: boolean;
    }
  /** Nothing beside the attempts that are under way. */
  | { readonly type: "none" }
  | { readonly type: "give-up"; readonly error: Error };

/**
 * Decides which server is tried next and when: the whole pool without a pause, then a wait, then the pool
 * again. Waits grow from pass to pass and begin anew only after a link that stood for a while.
 *
 * Within a pass come first those against which nothing speaks, then those that failed lately, are full or shut down, then those
 * whose links do not last, and at the end the one that was just lost; among each of them the preferred ones, and then as the pool has them.
 */
export class Connector {
  private readonly pool: ServerPool;
  private readonly options: ConnectorOptions;
  /** Attempts and completed passes since the outage began. */
  attempts = 0;
  passes = 0;
  private lastError: Error | undefined;
  private fatal: Error | undefined;
  /** Nothing was connected yet, and no server was tried twice: why the last attempt has failed is all there is to say. */
  private isFirstPass = true;
  /** Links in a row that did not stand. */
  private flaps = 0;
  /** Monotonic ms of the first attempt in this outage. */
  private begunAt = 0;
  /** The server that was lost, or left; until every other one has been tried. */
  private lost: PoolServer | undefined;
  /** In this pass a server had no room for us. */
  private full = false;
  /** What the application has answered; kept until it is dialled, so that there is one question per attempt. */
  private chosen: ServerChoice | undefined;
  /** The wait before it is over. */
  private waited = false;

  constructor(pool: ServerPool, options: ConnectorOptions) {
    this.pool = pool;
    this.options = options;
  }

  /** Why the last attempt failed. */
  get error(): Error | undefined {
    return this.lastError;
  }

  /**
   * An outage begins. After a link that stood, and after the first that did not, the whole pool is tried
   * at once; a server that keeps accepting and dropping us is not dialled in a tight loop.
   *
   * @param stood ms that the lost link stood
   * @param error why it was lost; undefined when we have left it
   * @param ours it was for what we wrote, and something is done about it: no reason to wait
   */
  begin(left: PoolServer, stood: number, error: Error | undefined, ours: boolean, now: number): void {
    const lost = this.pool.known(left);
    const stable = stood >= this.options.stableAfter;
    this.attempts = 0;
    this.chosen = undefined;
    this.lastError = error;
    this.fatal = undefined;
    this.lost = lost;
    this.full = isFull(error);
    this.options.preference?.outage();
    this.pool.toTail(lost);
    if (stable) {
      this.flaps = 0;
      this.passes = 0;
      lost.standing.stood();
    }
    if (error === undefined || ours) return this.pool.newPass();
    lost.standing.failed(now);
    if (!stable) {
      this.flaps++;
      lost.standing.flapped(now);
    }
    if (this.flaps <= 1) this.pool.newPass();
    else this.pool.markTried(lost);
  }

  /** Begins a pass now, without a wait (`nc.reconnect()`, `setServers()`). */
  anew(): void {
    this.pool.newPass();
  }

  /** Whether another server may be dialled at once, beside those that are. */
  get hasNext(): boolean {
    return this.fatal === undefined && this.pool.untried !== undefined;
  }

  /** @param beside other attempts are under way */
  next(now: number, beside = false): Decision {
    if (this.attempts === 0) this.begunAt = now;
    if (this.fatal !== undefined) return { type: "give-up", error: this.fatal };
    const chosen =
      this.options.choose === undefined ? undefined : (this.choice ?? this.ask(this.options.choose, now));
    if (chosen !== undefined) return this.asChosen(chosen, now, beside);
    const standard = this.standard(now);
    return standard === undefined ? this.endPass(now) : this.dial(standard);
  }

  /** The server whose turn it is; undefined when each had its turn in this pass. */
  private standard(now: number): PoolServer | undefined {
    const { pool } = this;
    const server = this.candidate(now, (one) => !pool.wasTried(one));
    if (server === undefined) return undefined;
    // A function of the application may have replaced the pool from within, or had that server dialled.
    return pool.has(server) && !pool.wasTried(server) ? server : pool.untried;
  }

  /** The server that comes first among those that will do, whether it had its turn or not; undefined when there is none. */
  candidate(now: number, willDo: (server: PoolServer) => boolean): PoolServer | undefined {
    let best: Rated | undefined;
    for (const candidate of this.pool.all.filter(willDo)) {
      const rated = this.rated(candidate, now);
      if (best === undefined || isBefore(rated, best)) best = rated;
    }
    return best?.server;
  }

  /** Whether the application would rather have the first than the second. */
  prefers(server: PoolServer, other: PoolServer): boolean {
    const { preference } = this.options;
    return preference !== undefined && preference.rank(server) < preference.rank(other);
  }

  /** Whether the application might rather have the first than the second, once the first was reached and has told of itself. */
  mayPrefer(server: PoolServer, other: PoolServer): boolean {
    const { preference } = this.options;
    if (preference === undefined) return false;
    const rank = preference.rank(other);
    if (rank === 0) return false;
    return (server.info === undefined && preference.needsInfo) || preference.rank(server) < rank;
  }

  private rated(server: PoolServer, now: number): Rated {
    const { preference } = this.options;
    return {
      server,
      place: server === this.lost ? Place.lost : server.standing.place(now),
      rank: preference === undefined ? NOT_PREFERRED : preference.rank(server),
    };
  }

  private dial(server: PoolServer): Decision {
    this.attempts++;
    this.chosen = undefined;
    this.pool.markTried(server);
    return { type: "dial", server };
  }

  /** @param wanted ms that the application wants to wait instead; 0: none */
  private endPass(now: number, wanted = 0): Decision {
    if (this.pool.all.length === 0) return this.exhausted();
    this.passes++;
    if (this.passes >= this.options.maxPasses) return this.exhausted();
    this.isFirstPass = false;
    this.lost = undefined;
    this.pool.newPass();
    const { full } = this;
    this.full = false;
    const delay = wanted || this.options.delay(this.passes, now - this.begunAt, full);
    return { type: "wait", delay, passEnded: true };
  }

  /** What was chosen, unless that server has left the pool. */
  private get choice(): ServerChoice | undefined {
    return this.chosen !== undefined && this.pool.has(this.chosen.server) ? this.chosen : undefined;
  }

  /** Not asked when every server was tried: then there is a wait first. */
  private ask(choose: NonNullable<ConnectorOptions["choose"]>, now: number): ServerChoice | undefined {
    const standard = this.standard(now);
    if (standard === undefined) return undefined;
    const pool = [standard, ...this.pool.all.filter((server) => server !== standard)];
    this.chosen = choose(pool) ?? { server: standard, delay: 0 };
    this.waited = false;
    // The application may have replaced the pool from within.
    return this.choice;
  }

  /** A server that is wanted again in the same pass, without a wait of its own, has to wait as the whole pool would. */
  private asChosen(chosen: ServerChoice, now: number, beside: boolean): Decision {
    const { server, delay } = chosen;
    const again = this.pool.wasTried(server);
    if (this.waited || (!again && delay === 0)) return this.dial(server);
    if (beside) return { type: "none" };
    this.waited = true;
    return again ? this.endPass(now, delay) : { type: "wait", delay, passEnded: false };
  }

  /**
   * The attempt failed: the server goes to the tail, or out of the pool when it has had its attempts.
   *
   * @param planned a link stands, and needs no other: that costs no server its place
   */
  failed(dialled: PoolServer, error: Error, now: number, planned = false): void {
    const server = this.pool.known(dialled);
    this.lastError = error;
    this.full ||= isFull(error);
    server.standing.failed(now);
    if (planned) return this.pool.toTail(server);
    server.reconnects++;
    server.refusals = isFatal(error) ? server.refusals + 1 : 0;
    const refused = server.refusals >= 2 && !this.options.ignoreAuthErrorAbort;
    if (refused && isAuthError(error)) this.fatal = error;
    const { maxReconnectAttempts } = this.options;
    const spent = maxReconnectAttempts >= 0 && server.reconnects >= Math.max(1, maxReconnectAttempts);
    if (spent || (refused && this.fatal === undefined)) {
      this.pool.remove(server);
    } else {
      this.pool.toTail(server);
    }
  }

  connected(dialled: PoolServer): void {
    const server = this.pool.known(dialled);
    server.reconnects = 0;
    server.refusals = 0;
    server.didConnect = true;
    server.standing.reached();
    this.lost = undefined;
    this.options.preference?.reached(this.pool.all);
    this.isFirstPass = false;
    this.chosen = undefined;
    this.lastError = undefined;
    this.fatal = undefined;
  }

  private exhausted(): Decision {
    const cause = this.lastError;
    if (cause !== undefined && (isAuthError(cause) || this.isFirstPass))
      return { type: "give-up", error: cause };
    const last = cause === undefined ? "" : `; the last error was: ${cause.message}`;
    const error = new CodedError(
      "MAX_RECONNECT_ATTEMPTS",
      `gave up connecting after ${this.attempts} attempts${last}`,
      {
        cause,
      },
    );
    return { type: "give-up", error };
  }
}
