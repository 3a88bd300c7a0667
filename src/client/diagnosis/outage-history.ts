import type { Cause } from "../../core/cause.js";
import type { Engine } from "../../core/engine.js";
import type { EngineEvent } from "../../core/events.js";
import type { Link } from "../../core/link.js";
import { NONE } from "../../core/none.js";
import { CodedError } from "../../errors.js";
import type { Clock } from "../../io/clock.js";
import { completed, type Sequel } from "./aftermath.js";
import type { FailedAttempt, OutageRecord } from "./diagnosis.js";
import { type Burst, type RecentEnds, recentEnds } from "./recent-ends.js";
import { ServerTallies } from "./server-tallies.js";

/** Outages that a connection keeps. */
export const MOST_OUTAGES = 100;
/** Failed attempts of an outage that are kept from its beginning, and as many from its end. */
const FIRST_ATTEMPTS = 4;
const LAST_ATTEMPTS = 4;

/** What the system says when a name cannot be resolved. */
const UNRESOLVED = new Set(["ENOTFOUND", "EAI_AGAIN"]);

/** An outage with what patterns are found by. */
export interface KeptOutage extends Omit<OutageRecord, "together"> {
  /** As the event had it, until what follows tells more of it. */
  cause: Cause;
  /** ms since the last byte came in when the link was lost. */
  readonly silence: number;
  /** Bytes of headers and payload that a message of this connection had on average until then; 0: there was none. */
  readonly usual: number;
  /** Bytes per second that this connection published on average until then. */
  readonly rate: number;
  /** The server's `max_payload`; 0: not known. */
  readonly maxPayload: number;
  /** The very process that was lost took the connection back; undefined as long as nobody has. */
  sameProcess: boolean | undefined;
  /** The links that were lost with this one. */
  readonly burst: Burst;
  /** The cause is completed with what the next dial of the address has shown. */
  isCompleted: boolean;
}

/** What is heard of by the whole of it. */
export interface Past {
  /** Oldest first. */
  readonly outages: readonly KeptOutage[];
  readonly servers: ServerTallies;
  /** Attempts and links that ended by credentials that were refused, since a link stood last. */
  readonly refusals: number;
  /** Outages so far, those that are not kept any more among them. */
  readonly count: number;
}

/**
 * What `nc.diagnose()` goes by: the last outages of a connection, told by its events. Nothing is kept per message, and nothing but a
 * reference to the link while all is well.
 */
export class OutageHistory implements Past {
  outages: readonly KeptOutage[] = NONE;
  refusals = 0;
  private readonly engine: Engine;
  private readonly clock: Clock;
  private readonly ends: RecentEnds;
  private serversIfAny: ServerTallies | undefined;
  /** The link that carries the connection: it tells how long it stood and was silent when it has ended. */
  private link: Link | undefined;
  private standing = false;
  /** The outage that is under way. */
  private current: KeptOutage | undefined;
  count = 0;
  private readonly since: number;

  constructor(engine: Engine, clock: Clock, ends: RecentEnds = recentEnds) {
    this.engine = engine;
    this.clock = clock;
    this.ends = ends;
    this.since = clock.now();
  }

  get servers(): ServerTallies {
    this.serversIfAny ??= new ServerTallies();
    return this.serversIfAny;
  }

  /** ms for which the link has stood that carries the connection now, and its server. */
  get now(): { server: string; stood: number } | undefined {
    const { link } = this;
    if (link === undefined) return undefined;
    return { server: link.server.address.listen, stood: this.clock.now() - link.connectedAt };
  }

  hear(event: EngineEvent): void {
    switch (event.type) {
      case "connect":
        return this.stands(event.server);
      case "reconnect":
        this.over(event);
        return this.stands(event.server);
      case "move":
        this.servers.ended(event.from, this.now?.stood ?? 0, false);
        return this.stands(event.to);
      case "disconnect":
        return this.lost(event);
      case "attemptFailed":
        return this.failed(event);
      case "close":
        if (this.standing) this.ends.left();
        this.standing = false;
        this.link = undefined;
        this.current = undefined;
        return;
    }
  }

  private stands(server: string): void {
    // It may have been lost in the same turn.
    this.link = this.engine.session.active;
    this.serversIfAny?.stands(server, this.count);
    this.refusals = 0;
    if (!this.standing) this.ends.stands(this.outages.at(-1)?.burst);
    this.standing = true;
  }

  private lost(event: EngineEvent & { type: "disconnect" }): void {
    const { server, cause, unconfirmed, abandoned, largest } = event;
    const { clock, engine, link } = this;
    const now = clock.now();
    const stood = link === undefined ? 0 : Math.max(0, now - link.connectedAt);
    const { accepted, acceptedBytes } = engine.books;
    const at = Math.round(clock.origin + now);
    this.link = undefined;
    this.count++;
    this.current = {
      server,
      at,
      stood: Math.round(stood),
      cause,
      attempts: [],
      failed: 0,
      downtime: undefined,
      to: undefined,
      sameProcess: undefined,
      unconfirmed,
      abandoned,
      replayed: 0,
      largest,
      silence: link === undefined ? 0 : Math.max(0, now - link.lastInbound),
      usual: accepted === 0 ? 0 : acceptedBytes / accepted,
      rate: acceptedBytes / Math.max(1, (now - this.since) / 1000),
      maxPayload: engine.info?.max_payload ?? 0,
      burst: this.ends.lost(server, at, this.outages.at(-1)?.burst),
      isCompleted: false,
    };
    this.standing = false;
    this.outages = this.outages.slice(1 - MOST_OUTAGES).concat(this.current);
    this.servers.ended(server, stood, cause.kind !== "client");
    // What has expired is not refused as long as it can be renewed.
    if (cause.kind === "authentication" && cause.code !== "AUTHENTICATION_EXPIRED") this.refusals++;
  }

  private failed({ server, cause, error }: EngineEvent & { type: "attemptFailed" }): void {
    const isUnresolved = UNRESOLVED.has(systemCodeOf(error));
    this.servers.failed(server, cause, this.count, isUnresolved);
    if (cause.kind === "authentication") this.refusals++;
    const { current } = this;
    if (current === undefined) return;
    current.failed++;
    if (cause.kind === "refused") complete(current, server, "refused");
    keep(current.attempts, { server, at: Math.round(this.clock.origin + this.clock.now()), cause });
  }

  private over({ server, downtime, replayed, serverChanged }: EngineEvent & { type: "reconnect" }): void {
    const { current } = this;
    this.current = undefined;
    if (current === undefined) return;
    current.to = server;
    current.sameProcess = !serverChanged;
    // Of a cluster, several may be behind one address.
    const isOneOfMany = this.engine.info?.cluster !== undefined;
    complete(current, server, !serverChanged ? "same" : isOneOfMany ? "another" : "restarted");
    current.downtime = Math.round(downtime);
    current.replayed = replayed;
  }
}

/**
 * The address of the server that was lost was dialled; the first time tells most. Of a link that was reset, it is that another process
 * has come, also where nobody listened before.
 */
function complete(outage: KeptOutage, dialled: string, sequel: Sequel): void {
  if (dialled !== outage.server) return;
  if (outage.isCompleted && (sequel !== "restarted" || outage.cause.kind !== "network")) return;
  outage.isCompleted = true;
  outage.cause = completed(outage.cause, sequel, dialled);
}

/** Those in the middle go. */
function keep(attempts: FailedAttempt[], attempt: FailedAttempt): void {
  if (attempts.length === FIRST_ATTEMPTS + LAST_ATTEMPTS) attempts.splice(FIRST_ATTEMPTS, 1);
  attempts.push(attempt);
}

function systemCodeOf(error: Error): string {
  const cause = error instanceof CodedError ? error.detail.cause : undefined;
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : "";
}
