import { CodedError } from "../errors.js";
import type { ServerInfo } from "../wire/info.js";
import type { MessageReceiver } from "../wire/parser.js";
import { Announcements } from "./announcements.js";
import type { Attempts } from "./attempts.js";
import { type Cause, causeOf, factsOf, ownCause } from "./cause.js";
import { Dialling, type DiallingHost } from "./dialling.js";
import type { Effect, EngineEvent } from "./events.js";
import { Handshake, type HandshakeHost } from "./handshake.js";
import { Lifecycle } from "./lifecycle.js";
import { Link, type LinkOwner, type PingInFlight } from "./link.js";
import { closedByServer, explained, holdExpired, surplusPong } from "./link-errors.js";
import { Liveness } from "./liveness.js";
import type { EngineOptions } from "./options.js";
import { LocalStalls, type Outage } from "./outage.js";
import type { PoolServer, ServerPool } from "./pool.js";
import { findServerError, serverError } from "./server-errors.js";
import type { Credentials, SessionOwner } from "./session-owner.js";
import type { Timers } from "./timers.js";
import type { Rewind } from "./window.js";

/**
 * Keeps a link up: dials, shakes hands, restores, watches, and begins again. Links are named by their
 * epoch; there can be more than one at a time, of which one is *active* and carries the window.
 */
export class Session implements LinkOwner, DiallingHost, HandshakeHost {
  readonly lifecycle: Lifecycle;
  readonly pool: ServerPool;
  private readonly dialling: Dialling;
  private readonly options: EngineOptions;
  private readonly owner: SessionOwner;
  readonly messages: MessageReceiver;
  private readonly timers: Timers;
  private readonly links = new Map<number, Link>();
  private epoch = 0;
  /** The link that carries the window. Invariant: its phase is `restoring` or `live`. */
  active: Link | undefined;
  /** The links that are being made. Invariant: `active`, while it is `restoring`, is one of them and the only one. */
  private readonly attempts: Attempts;
  private outage: Outage | undefined;
  private readonly liveness: Liveness;
  /** When this process did not run. */
  readonly stalls = new LocalStalls();
  /** Why the last link, or the last attempt, has ended. */
  lastCause: Cause = ownCause("CLOSE");
  private readonly announcements: Announcements;
  private readonly handshake: Handshake;
  reconnects = 0;
  /** The last round trip of a PING that had nothing to confirm, ms. */
  rtt: number | undefined;
  private effects: Effect[] = [];
  private events: EngineEvent[] = [];
  private now = 0;

  constructor(options: EngineOptions, pool: ServerPool, owner: SessionOwner, timers: Timers) {
    this.options = options;
    this.pool = pool;
    this.owner = owner;
    this.messages = owner;
    this.timers = timers;
    this.dialling = new Dialling(options, pool, timers, this);
    this.attempts = this.dialling.attempts;
    this.liveness = new Liveness(options.liveness, timers, ({ epoch }) =>
      this.effects.push({ type: "look", epoch }),
    );
    this.announcements = new Announcements(options, pool, {
      emit: (event) => this.emit(event),
      onServerInfo: (info) => owner.onServerInfo(info),
      serversChanged: () => this.serversChanged(this.now),
    });
    this.handshake = new Handshake(options, this.announcements, this);
    this.lifecycle = new Lifecycle((transition) => this.emit({ type: "state", transition }));
  }

  get connected(): boolean {
    return this.lifecycle.state === "connected";
  }

  /** A link takes what is appended to the window. */
  get stands(): boolean {
    return this.active !== undefined;
  }

  get closed(): boolean {
    return this.lifecycle.state === "closed";
  }

  /** INFO of the server that we are, or were last, connected to. */
  get info(): ServerInfo | undefined {
    return this.announcements.info;
  }

  /** Attempts since the outage, or the first connect, began. */
  get attemptCount(): number {
    return this.dialling.connector.attempts;
  }

  link(epoch: number): Link | undefined {
    return this.links.get(epoch);
  }

  emit(event: EngineEvent): void {
    this.events.push(event);
  }

  effect(effect: Effect): void {
    this.effects.push(effect);
  }

  pollEffect(): Effect | undefined {
    return this.effects.shift();
  }

  pollEvent(): EngineEvent | undefined {
    return this.events.shift();
  }

  /** Begins the first connect. */
  start(now: number): void {
    this.now = now;
    this.lifecycle.transition({ state: "connecting", since: now }, now, "connect");
    this.dialling.proceed(now);
  }

  /** Leaves the server and connects anew, at once (`nc.reconnect()`). */
  reconnect(now: number): void {
    this.now = now;
    if (this.active?.phase === "live") return this.lose(this.active, undefined, false, now);
    this.dialling.anew(now);
  }

  /** Finds the credentials asked for by the `authenticate` effect; an error ends the attempt. */
  authenticate(epoch: number, result: Credentials | Error, now: number): void {
    this.now = now;
    const link = this.links.get(epoch);
    if (link !== undefined) this.handshake.authenticated(link, result, now);
  }

  /** The application lets the replay go on. */
  releaseReplay(epoch: number, now: number): void {
    this.now = now;
    if (this.active?.epoch !== epoch || !this.timers.isSet("hold")) return;
    this.timers.clear("hold");
    this.owner.onReplayReleased();
  }

  close(error: Error | undefined, now: number): void {
    this.now = now;
    const reset = this.active === undefined || error !== undefined;
    for (const link of this.links.values()) this.drop(link, reset);
    this.active = undefined;
    this.attempts.clear();
    if (error !== undefined && this.lifecycle.state === "reconnecting") {
      this.lifecycle.transition({ state: "disconnected" }, now, "gave up");
    }
    this.lifecycle.transition({ state: "closed", error }, now, error === undefined ? "close" : error.message);
  }

  handleOpen(epoch: number, now: number): void {
    this.now = now;
    const link = this.links.get(epoch);
    if (link !== undefined) this.handshake.opened(link, now);
  }

  /** TLS stands on the link (effect `secure`). */
  handleSecure(epoch: number, now: number): void {
    this.now = now;
    const link = this.links.get(epoch);
    if (link !== undefined) this.handshake.secured(link);
  }

  handleData(epoch: number, buf: Buffer, now: number): void {
    this.now = now;
    const link = this.links.get(epoch);
    if (link === undefined) return;
    link.lastInbound = now;
    link.sinceInbound = 0;
    link.pingsOut = 0;
    try {
      link.read(buf);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.lose(link, error, true, now);
    }
  }

  handleWritten(epoch: number, bytes: number, now: number, blocked: boolean): void {
    this.now = now;
    const link = this.links.get(epoch);
    link?.written(bytes, blocked, now);
  }

  handleLook(epoch: number, arrived: number, queued: number, now: number): void {
    this.now = now;
    const link = this.links.get(epoch);
    if (link !== undefined) this.liveness.seen(link, arrived, queued, now);
  }

  /** The link is closed: by the server, by an error, or it never opened. */
  handleClosed(epoch: number, error: Error | undefined, now: number): void {
    this.now = now;
    const link = this.links.get(epoch);
    if (link === undefined) return;
    this.lose(link, link.lastError ?? error ?? closedByServer(link), true, now);
  }

  handleTimeout(now: number): void {
    this.now = now;
    if (this.timers.take("hold", now)) {
      this.emit({ type: "error", error: holdExpired(this.options.holdTimeout) });
      this.owner.onReplayReleased();
    }
    this.dialling.handleTimeout(now);
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
    const link = new Link(++this.epoch, server, this, now);
    server.lastConnect = now;
    this.links.set(link.epoch, link);
    this.handshake.begin(link);
    if (this.lifecycle.state === "reconnecting") {
      const { listen } = server.address;
      this.emit({ type: "reconnecting", attempt: this.attemptCount, server: listen, delay: 0 });
    }
    return link;
  }

  passEnded(now: number): boolean {
    if (this.lifecycle.state !== "connecting") return true;
    if (!this.options.retryFirst) return false;
    const phase = { state: "reconnecting", since: now, server: "" } as const;
    this.lifecycle.transition(phase, now, "no server could be reached");
    this.outage = { since: now, server: "", cause: undefined, replay: 0 };
    return true;
  }

  gaveUp(error: Error, now: number): void {
    this.owner.onGaveUp(error, now);
  }

  /** The list of servers has changed (`setServers()`). */
  serversChanged(now: number): void {
    this.dialling.serversChanged(now);
  }

  onInfo(link: Link, json: string): void {
    if (link.phase === "info") this.handshake.greeted(link, json);
    else this.announcements.changed(link, json, link === this.active);
  }

  /** The server has taken our CONNECT: bring the link to where the last one was, and give it the window. */
  restore(link: Link): void {
    if (this.active !== undefined) return this.dialling.wait(link, this.active);
    this.announcements.adopt(link);
    const hold = this.options.holdTimeout > 0 && this.outage !== undefined && this.reconnectsAfterwards;
    // Planned before the link carries anything: whoever hears of a dropped frame may subscribe, publish or close.
    const { lines, replay } = this.owner.onRestore(hold);
    if (this.links.get(link.epoch) !== link) return;
    this.attempts.restores(link, this.now);
    link.beginRestoring(this.now);
    this.active = link;
    if (this.outage !== undefined) this.outage.replay = replay;
    for (const line of lines) link.send(line);
    link.sendPing(this.now, () => this.live(link, hold));
  }

  /** Not the first connect: there was a link before. */
  private get reconnectsAfterwards(): boolean {
    return this.outage !== undefined && this.outage.server !== "";
  }

  private live(link: Link, hold: boolean): void {
    const { now } = this;
    const { listen } = link.server.address;
    link.phase = "live";
    link.connectedAt = now;
    const attempts = this.attemptCount;
    for (const other of this.dialling.succeeded(link)) this.drop(other, true);
    this.owner.onConnected();
    this.liveness.begin(now);
    const { outage } = this;
    this.outage = undefined;
    const phase = { state: "connected", since: now, epoch: link.epoch, server: listen } as const;
    if (outage === undefined || outage.server === "") {
      this.lifecycle.transition(phase, now, "connected");
      this.emit({ type: "connect", server: listen });
      return;
    }
    this.reconnects++;
    this.lifecycle.transition(phase, now, "reconnected");
    const downtime = now - outage.since;
    this.emit({
      type: "reconnect",
      server: listen,
      previous: outage.server,
      downtime,
      attempts,
      replayed: outage.replay,
    });
    if (!hold) return;
    this.timers.set("hold", now + this.options.holdTimeout);
    this.effect({ type: "hold", epoch: link.epoch });
  }

  onPong(link: Link, ping: PingInFlight): void {
    // What the server has complained of, it has survived: it is not why the link ends later.
    link.lastError = undefined;
    if (ping.window !== undefined) {
      this.liveness.confirmed();
      const bytes = ping.handed - link.acked;
      link.acked = ping.handed;
      this.owner.onConfirmed(ping.window, ping.position, this.now, bytes);
    } else this.rtt = this.now - ping.sentAt;
    ping.onPong?.(this.now - ping.sentAt);
  }

  /**
   * PONGs carry no name: one too many has confirmed what the server had not taken, at the latest now, when no PING waits.
   * No server does that; something between us and it may.
   */
  onSurplusPong(link: Link): void {
    if (link !== this.active || link.surplusTold) return;
    link.surplusTold = true;
    this.emit({ type: "error", error: surplusPong(link) });
  }

  onServerError(link: Link, text: string): void {
    const error = serverError(text);
    const harmless = findServerError(text)?.action === "ignore";
    // During the handshake every other error is final for the attempt, whether the server closes or not.
    if (link.phase !== "live" && !harmless) return this.lose(link, explained(link, error), true, this.now);
    // First told, then attributed: whoever it concerns may close the connection.
    this.emit({ type: "error", error });
    if (error.code === "PERMISSIONS_VIOLATION") this.owner.onPermissionViolation(error);
    else if (!harmless) link.lastError = error;
  }

  /**
   * A link has ended, or is ended now.
   *
   * @param unclean the server is gone or not to be trusted, rather than left by us
   */
  lose(link: Link, error: Error | undefined, unclean: boolean, now: number): void {
    if (this.links.get(link.epoch) !== link) return;
    const wasLive = link.phase === "live";
    this.lastCause =
      error === undefined
        ? ownCause("RECONNECT")
        : causeOf(error, factsOf(link, now, this.stalls.before(now, link.dialledAt)));
    this.drop(link, true);
    this.attempts.remove(link);
    const rewind = this.active === link ? this.deactivate(error, unclean, now) : undefined;
    if (this.closed) return;
    if (wasLive) this.outageBegins(link, error, rewind!, now);
    else this.attemptFailed(link, error!, rewind, now);
  }

  private deactivate(error: Error | undefined, unclean: boolean, now: number): Rewind {
    this.active = undefined;
    this.liveness.end();
    this.timers.clear("hold");
    return this.owner.onLinkLost(error, unclean, now);
  }

  private outageBegins(link: Link, error: Error | undefined, rewind: Rewind, now: number): void {
    const server = link.server.address.listen;
    const { lastCause: cause } = this;
    this.outage = { since: now, server, cause, replay: rewind.replay };
    const phase = { state: "reconnecting", since: now, server } as const;
    const { replay, unconfirmed } = rewind;
    this.owner.onOutage();
    if (this.options.reconnect) {
      this.lifecycle.transition(phase, now, error === undefined ? "reconnect()" : error.message);
      this.dialling.connector.begin(link.server, now - link.connectedAt, error, this.owner.onTrial);
    }
    this.emit({ type: "disconnect", server, error, cause, unconfirmed: replay, abandoned: unconfirmed });
    if (this.options.reconnect) this.dialling.proceed(now);
    else this.owner.onGaveUp(error ?? closedByServer(link), now);
  }

  private attemptFailed(link: Link, error: Error, rewind: Rewind | undefined, now: number): void {
    const abandoned = rewind?.unconfirmed ?? 0;
    const { lastCause: cause } = this;
    const { listen: server } = link.server.address;
    const event = {
      type: "attemptFailed",
      server,
      attempt: this.attemptCount,
      error,
      cause,
      abandoned,
    } as const;
    this.dialling.failed(link, error, event, now);
  }

  private drop(link: Link, reset: boolean): void {
    link.kill();
    this.links.delete(link.epoch);
    this.effect({ type: "close", epoch: link.epoch, reset });
  }
}
