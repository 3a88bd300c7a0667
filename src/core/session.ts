import { CodedError } from "../errors.js";
import type { ServerInfo } from "../wire/info.js";
import { Announcements, type AnnouncementsHost } from "./announcements.js";
import { ofEpoch, withoutEpoch } from "./by-epoch.js";
import { type Cause, NOTHING_ENDED, ownCause } from "./cause.js";
import { Reasons } from "./causes/reasons.js";
import { strangerOf } from "./causes/stranger.js";
import { WebSocketClosed } from "./causes/websocket-close.js";
import { Dialling, type DiallingHost } from "./dialling.js";
import type { HandoverParts } from "./handover-host.js";
import { Handshake, type HandshakeHost } from "./handshake.js";
import type { Lifecycle } from "./lifecycle.js";
import { Link } from "./link.js";
import { closedByServer } from "./link-errors.js";
import { Liveness } from "./liveness.js";
import { Moves, type MovesHost } from "./moves.js";
import { NONE } from "./none.js";
import type { EngineOptions } from "./options.js";
import { LocalStalls } from "./outage.js";
import { Outbox } from "./outbox.js";
import type { PoolServer, ServerPool } from "./pool.js";
import { Recovery, type RecoveryHost } from "./recovery.js";
import { ServerTalk } from "./server-talk.js";
import type { Credentials, SessionOwner } from "./session-owner.js";
import { Spares, type SparesHost } from "./spares.js";
import type { Timers } from "./timers.js";
import type { Rewind } from "./window.js";

/**
 * Keeps a link up: dials, shakes hands, restores, watches, and begins again. Links are named by their
 * epoch; there can be more than one at a time, of which one is *active* and carries the window.
 */
export class Session
  extends Outbox
  implements AnnouncementsHost, DiallingHost, HandshakeHost, MovesHost, SparesHost, RecoveryHost
{
  readonly lifecycle: Lifecycle;
  readonly pool: ServerPool;
  readonly dialling: Dialling;
  /** Planned moves to another server, if there were any. */
  movesIfAny: Moves | undefined;
  readonly spares: Spares;
  private readonly options: EngineOptions;
  readonly owner: SessionOwner;
  private readonly parts: HandoverParts;
  private readonly timers: Timers;
  private links: readonly Link[] = NONE;
  private epoch = 0;
  /** The link that carries the window. Invariant: its phase is `restoring` or `live`. */
  active: Link | undefined;
  private readonly recovery: Recovery;
  readonly liveness: Liveness;
  /** When this process did not run. */
  readonly stalls = new LocalStalls();
  readonly reasons: Reasons;
  /** Why the last link, or the last attempt, has ended. */
  lastCause: Cause = NOTHING_ENDED;
  readonly announcements: Announcements;
  readonly talk: ServerTalk;
  /** Monotonic ms of the input that is being handled. */
  now = 0;

  /** @param parts what a planned move brings along */
  constructor(
    options: EngineOptions,
    pool: ServerPool,
    lifecycle: Lifecycle,
    timers: Timers,
    owner: SessionOwner,
    parts: HandoverParts,
  ) {
    super();
    this.options = options;
    this.pool = pool;
    this.lifecycle = lifecycle;
    this.owner = owner;
    this.parts = parts;
    this.timers = timers;
    this.reasons = new Reasons(this, options.tls.wish === "required");
    this.dialling = new Dialling(options, pool, timers, this);
    this.recovery = new Recovery(options, owner, timers, this);
    this.spares = new Spares(options, this.dialling.connector, timers, this);
    this.liveness = new Liveness(options.liveness, timers, this);
    this.announcements = new Announcements(options, pool, this);
    this.talk = new ServerTalk(this, this);
  }

  /** Planned moves to another server. Few connections ever make one. */
  get moves(): Moves {
    this.movesIfAny ??= new Moves(this.options, this.timers, this.parts, this);
    return this.movesIfAny;
  }

  /** Begins links, and keeps nothing between two of them. */
  get handshake(): Handshake {
    return new Handshake(this.options, this.announcements, this);
  }

  get connected(): boolean {
    return this.lifecycle.connected;
  }

  /** A link takes what is appended to the window. */
  get stands(): boolean {
    return this.active !== undefined;
  }

  get closed(): boolean {
    return this.lifecycle.closed;
  }

  /** The last round trip of a PING that had nothing to confirm, ms. */
  get rtt(): number | undefined {
    return this.talk.rtt;
  }

  /** INFO of the server that we are, or were last, connected to. */
  get info(): ServerInfo | undefined {
    return this.announcements.info;
  }

  /** Outages that are over. */
  get reconnects(): number {
    return this.recovery.count;
  }

  /** Attempts since the outage, or the first connect, began. */
  get attemptCount(): number {
    return this.dialling.connector.attempts;
  }

  link(epoch: number): Link | undefined {
    return ofEpoch(this.links, epoch);
  }

  /** Begins the first connect. */
  start(now: number): void {
    this.now = now;
    this.lifecycle.transition({ state: "connecting", since: now }, now, "connect");
    this.dialling.proceed(now);
  }

  /** Moves to another server, or to the same one if there is no other; in an outage, dials at once (`nc.reconnect()`). */
  reconnect(now: number): void {
    this.now = now;
    if (this.active?.phase !== "live") return this.dialling.anew(now);
    if (!this.moves.begin("reconnect", now)) this.leave(now);
  }

  /** The list of servers was replaced (`nc.setServers()`). */
  serversReplaced(now: number): void {
    this.now = now;
    this.serversChanged(now);
    this.movesIfAny?.serversReplaced(now);
    const { active } = this;
    if (active?.phase !== "live" || this.isKnown(active.server) || this.moves.isBound) return;
    if (!this.moves.begin("servers", now)) this.leave(now);
  }

  isKnown(server: PoolServer): boolean {
    return this.pool.has(this.pool.known(server));
  }

  /** Nothing is moved any more: the connection is shut down. */
  stay(now: number): void {
    this.now = now;
    this.moves.stay();
    this.spares.stop();
  }

  takeSpare(now: number): Link | undefined {
    return this.spares.heir(now);
  }

  failBack(link: Link, now: number): void {
    if (!this.moves.begin("failback", now, link)) this.drop(link, false);
  }

  leave(now: number): void {
    if (this.active?.phase === "live") this.lose(this.active, undefined, false, now);
  }

  /** Finds the credentials asked for by the `authenticate` effect; an error ends the attempt. */
  authenticate(epoch: number, result: Credentials | Error, now: number): void {
    this.now = now;
    const link = this.link(epoch);
    if (link !== undefined) this.handshake.authenticated(link, result, now);
  }

  /** The application lets the replay go on. */
  releaseReplay(epoch: number, now: number): void {
    this.now = now;
    if (this.active?.epoch === epoch) this.recovery.release();
  }

  close(error: Error | undefined, now: number): void {
    this.now = now;
    const reset = this.active === undefined || error !== undefined;
    for (const link of this.links) this.drop(link, reset);
    this.active = undefined;
    this.movesIfAny?.close();
    this.spares.stop();
    this.dialling.attempts.clear();
    if (error !== undefined && this.lifecycle.state === "reconnecting") {
      this.lifecycle.transition({ state: "disconnected" }, now, "gave up");
    }
    this.lifecycle.transition({ state: "closed", error }, now, error === undefined ? "close" : error.message);
  }

  /** The TCP connection stands, at one of several addresses of its server's name. */
  handleReached(epoch: number, addresses: number, now: number): void {
    this.now = now;
    const link = this.link(epoch);
    if (link !== undefined) this.dialling.reached(link, addresses, now);
  }

  /** The TCP connection stands, and TLS begins upon it before anything else; {@link handleOpen} tells when that stands. */
  handleTlsBegun(epoch: number, now: number): void {
    this.now = now;
    const link = this.link(epoch);
    if (link !== undefined) link.tlsBegun = true;
  }

  handleOpen(epoch: number, now: number): void {
    this.now = now;
    const link = this.link(epoch);
    if (link !== undefined) this.handshake.opened(link, now);
  }

  /** TLS stands on the link (effect `secure`). */
  handleSecure(epoch: number, now: number): void {
    this.now = now;
    const link = this.link(epoch);
    if (link !== undefined) this.handshake.secured(link);
  }

  handleData(epoch: number, buf: Buffer, now: number): void {
    this.now = now;
    const link = this.link(epoch);
    if (link === undefined) return;
    link.heard(buf, now);
    if (link.phase === "info" && link.held === 0) link.stranger ??= strangerOf(buf);
    try {
      link.read(buf);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.lose(link, error, true, now);
    }
  }

  handleWritten(epoch: number, bytes: number, now: number, blocked: boolean): void {
    this.now = now;
    this.link(epoch)?.written(bytes, blocked, now);
  }

  handleLook(epoch: number, arrived: number, queued: number, now: number): void {
    this.now = now;
    const link = this.link(epoch);
    if (link !== undefined) this.liveness.seen(link, arrived, queued, now);
  }

  /** The link is closed: by the server, by an error, or it never opened. */
  handleClosed(epoch: number, error: Error | undefined, now: number): void {
    this.now = now;
    const link = this.link(epoch);
    if (link === undefined) return;
    const seen =
      error === undefined || error instanceof WebSocketClosed ? closedByServer(link, error) : error;
    this.lose(link, link.lastError ?? seen, true, now);
  }

  handleTimeout(now: number): void {
    this.now = now;
    this.recovery.handleTimeout(now);
    this.dialling.handleTimeout(now);
    this.movesIfAny?.handleTimeout(now);
    this.spares.handleTimeout(now);
    const link = this.active;
    if (link === undefined || link.phase !== "live") return;
    const { pingsOut } = link;
    const dead = this.liveness.check(link, now);
    if (link.pingsOut !== pingsOut) this.emit({ type: "ping", pendingPings: link.pingsOut });
    if (dead === undefined) return;
    this.emit({ type: "stale", server: link.server.address.listen });
    this.lose(link, dead, true, now);
  }

  /** Sets the deadlines of the active link; called at the end of every burst. */
  settle(now: number): void {
    const link = this.active;
    if (link === undefined || link.phase !== "live") return;
    this.liveness.settle(link, now);
  }

  makeLink(server: PoolServer, now: number): Link {
    const link = new Link(++this.epoch, server, this.talk, now);
    server.lastConnect = now;
    this.links = this.links.concat(link);
    this.handshake.begin(link);
    if (this.lifecycle.state === "reconnecting") {
      const { listen } = server.address;
      this.emit({ type: "reconnecting", attempt: this.attemptCount, server: listen, delay: 0 });
    }
    return link;
  }

  passEnded(now: number): boolean {
    if (this.movesIfAny?.isDialling) return false;
    if (this.lifecycle.state !== "connecting") return true;
    if (!this.options.retryFirst) return false;
    this.recovery.beginFirst(now);
    return true;
  }

  gaveUp(error: Error, now: number): void {
    if (this.movesIfAny?.isDialling) return this.movesIfAny.gaveUp(error, now);
    this.owner.onGaveUp(error, now);
  }

  /** There are other servers than before: by gossip, or `setServers()`. */
  serversChanged(now = this.now): void {
    this.dialling.serversChanged(now);
    this.spares.serversChanged(now);
  }

  onServerInfo(info: ServerInfo): void {
    this.owner.onServerInfo(info);
  }

  lameDuck(): void {
    this.moves.lameDuck(this.now);
  }

  /** The server has taken our CONNECT. */
  restore(link: Link): void {
    if (this.spares.ready(link, this.now)) return;
    if (this.movesIfAny?.isDialling) return this.movesIfAny.joins(link);
    if (this.active !== undefined) return this.dialling.wait(link, this.active);
    this.recovery.restore(link);
  }

  follow(to: Link, refusals: readonly CodedError[], now: number): void {
    to.phase = "live";
    to.connectedAt = now;
    this.active = to;
    this.lifecycle.follow(to.epoch, to.server.address.listen);
    this.dialling.connector.connected(to.server);
    this.owner.onFollow();
    this.announcements.adopt(to);
    this.liveness.end();
    this.linkStands(to, now);
    for (const error of refusals) this.emit({ type: "error", error });
  }

  linkStands(link: Link, now: number): void {
    this.liveness.begin(now);
    this.spares.begin(now);
    if (link.lameDuck) this.announcements.tellLameDuck(link);
  }

  /**
   * A link has ended, or is ended now.
   *
   * @param unclean the server is gone or not to be trusted, rather than left by us
   */
  lose(link: Link, error: Error | undefined, unclean: boolean, now: number): void {
    if (this.link(link.epoch) !== link) return;
    const wasLive = link.phase === "live";
    // Asked once: it goes through all that is without a confirmation.
    const onTheWay = wasLive ? this.owner.onTheWay() : undefined;
    const cause = error === undefined ? ownCause("RECONNECT") : this.reasons.of(link, error, now, onTheWay);
    const wasLeaving = link.phase === "leaving";
    this.drop(link, true);
    this.dialling.attempts.remove(link);
    if (error !== undefined && this.spares.lost(link, error, cause, now)) return;
    if (wasLeaving) return void this.moves.lost(link);
    this.lastCause = cause;
    // Who leaves a server may want to be somebody else.
    const heir =
      this.movesIfAny?.lost(link) ?? (wasLive && error !== undefined ? this.spares.heir(now) : undefined);
    if (this.closed) return;
    const rewind = this.active === link ? this.deactivate(error, unclean, now) : undefined;
    if (this.closed) return;
    if (wasLive) this.recovery.begin(link, error, rewind!, onTheWay!.largest, heir, now);
    else this.attemptFailed(link, error!, rewind, now);
  }

  private deactivate(error: Error | undefined, unclean: boolean, now: number): Rewind {
    this.active = undefined;
    this.liveness.end();
    this.timers.clear("hold");
    return this.owner.onLinkLost(error, unclean, now);
  }

  private attemptFailed(link: Link, error: Error, rewind: Rewind | undefined, now: number): void {
    const abandoned = rewind?.unconfirmed ?? 0;
    const { lastCause: cause, attemptCount: attempt } = this;
    const { listen: server } = link.server.address;
    const event = { type: "attemptFailed", server, attempt, error, cause, abandoned } as const;
    // What was to follow a link that stands was not looked for by dialling.
    if (this.active?.phase === "live" && this.movesIfAny?.isDialling !== true) this.emit(event);
    else this.dialling.failed(link, error, event, now);
  }

  drop(link: Link, reset: boolean): void {
    if (!this.links.includes(link)) return;
    this.links = withoutEpoch(this.links, link.epoch);
    link.kill();
    this.effect({ type: "close", epoch: link.epoch, reset });
  }
}
