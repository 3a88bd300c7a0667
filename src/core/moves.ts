import { CodedError } from "../errors.js";
import type { Dialling } from "./dialling.js";
import type { EngineEvent, MoveReason } from "./events.js";
import { Handover } from "./handover.js";
import type { HandoverHost, HandoverParts } from "./handover-host.js";
import type { Failure } from "./handover-stages.js";
import type { Link } from "./link.js";
import type { EngineOptions } from "./options.js";
import type { PoolServer } from "./pool.js";
import { Stragglers } from "./stragglers.js";
import type { SecondLink } from "./subscriber.js";
import type { Timers } from "./timers.js";

/** ms until another try to get away from a server that shuts down. */
const AGAIN = 1000;

/** Which of two reasons counts: it decides what is done when it cannot be done without a gap. */
const STRENGTH: Record<MoveReason, number> = { failback: 0, "lame-duck": 1, servers: 2, reconnect: 3 };

function stronger(one: MoveReason | undefined, other: MoveReason): MoveReason {
  return one !== undefined && STRENGTH[one] >= STRENGTH[other] ? one : other;
}

/** What moves ask of the session. */
export interface MovesHost {
  /** The link that carries the window. */
  readonly active: Link | undefined;
  readonly closed: boolean;
  /** Monotonic ms of the input that is being handled. */
  readonly now: number;
  /** The last round trip, ms. */
  readonly rtt: number | undefined;
  readonly dialling: Dialling;
  emit(event: EngineEvent): void;
  /** Whether a server is in the pool. */
  isKnown(server: PoolServer): boolean;
  /** The window is carried by `to` from now on; `refusals`: what its server has refused of the subscriptions. */
  follow(to: Link, refusals: readonly CodedError[], now: number): void;
  /** Leaves the server and connects anew: what is not possible without a gap. */
  leave(now: number): void;
  /** A link to another server that stands already, for its next use. */
  takeSpare(now: number): Link | undefined;
  /** An attempt has failed. */
  lose(link: Link, error: Error, unclean: boolean, now: number): void;
  /** Ends a link. */
  drop(link: Link, reset: boolean): void;
}

/**
 * Planned moves: away from a server that shuts down, or when the application wants another one. The new link stands before the
 * old one is left (promises.md §5). Where that cannot be had, because a second link is refused or none can be made in time, the
 * server is left first, as far as it has to be left at all.
 */
export class Moves implements HandoverHost {
  readonly timers: Timers;
  readonly stragglers: Stragglers;
  private readonly options: EngineOptions;
  private readonly host: MovesHost;
  private readonly parts: HandoverParts;
  /** Why another server is being dialled, or taken over to. */
  private reason: MoveReason | undefined;
  private handover: Handover | undefined;
  /** What is wanted as soon as the move is done that is under way. */
  private wish: MoveReason | undefined;
  /** The connection is being shut down: it stays where it is. */
  private isStaying = false;

  constructor(options: EngineOptions, timers: Timers, parts: HandoverParts, host: MovesHost) {
    this.options = options;
    this.timers = timers;
    this.parts = parts;
    this.host = host;
    this.stragglers = new Stragglers(() => host.now);
  }

  /** Another server is being dialled, or taken over to. */
  get isUnderWay(): boolean {
    return this.reason !== undefined;
  }

  /** Another server is being dialled, although the link stands. */
  get isDialling(): boolean {
    return this.reason !== undefined && this.handover === undefined;
  }

  /** The new link is in use, and the old one not left yet: what ends with a PONG waits for what the old one still brings. */
  get isLeaving(): boolean {
    return this.handover?.isLeaving === true;
  }

  /** In a handover: the link beside the one that takes what is appended. */
  get second(): SecondLink | undefined {
    return this.handover?.second;
  }

  /**
   * Moves as soon as another server has taken us. Returns false when a move is not possible now.
   *
   * @param ready a link whose server has
   */
  begin(reason: MoveReason, now: number, ready?: Link): boolean {
    const { host } = this;
    const { active, dialling } = host;
    if (active?.phase !== "live" || !this.isPossible) return false;
    this.handover?.stopComparing();
    if (this.reason !== undefined) {
      if (ready !== undefined) return false;
      // What is under way leads away from this server, unless it has led to it: then another one follows.
      if (this.handover?.hasFollowed === true) this.wish = stronger(this.wish, reason);
      else this.reason = stronger(this.reason, reason);
      if (this.isDialling) dialling.hurry(now);
      return true;
    }
    this.reason = reason;
    // Who asks for a new connection may have new credentials.
    const next = ready ?? (reason === "lame-duck" ? host.takeSpare(now) : undefined);
    dialling.depart(active, reason === "reconnect", now);
    if (next === undefined) dialling.proceed(now);
    else this.joins(next);
    return true;
  }

  /** No other server is gone to while this link stands: the connection may not reconnect, or is shut down. */
  get isBound(): boolean {
    return !this.options.reconnect || this.isStaying;
  }

  /** Nobody moves in the middle of a replay that is held back, or of a search for what servers do not take. */
  private get isPossible(): boolean {
    const { outbound } = this.parts;
    return !this.isBound && !outbound.held && !outbound.poison.active;
  }

  /** The server in use has said that it will shut down: we go soon, and not all at once. */
  lameDuck(now: number): void {
    this.timers.set("departure", now + this.options.move.lameDuckDelay());
  }

  /** A server has taken our CONNECT while another link is in use. */
  joins(to: Link): void {
    const { host, options } = this;
    if (!host.isKnown(to.server)) return host.lose(to, notWanted(to), true, host.now);
    for (const other of host.dialling.settled(to)) host.drop(other, true);
    const { settle } = options.move;
    const { timeout, secret, connect } = options;
    const how = { settle, timeout, secret: secret(), echo: connect.echo };
    this.handover = new Handover(host.active!, to, this.parts, how, this);
    this.handover.begin();
  }

  get closed(): boolean {
    return this.host.closed;
  }

  get now(): number {
    return this.host.now;
  }

  get rtt(): number | undefined {
    return this.host.rtt;
  }

  follow(to: Link, refusals: readonly CodedError[], now: number): void {
    this.host.follow(to, refusals, now);
  }

  left(from: Link, reset: boolean): void {
    this.host.drop(from, reset);
  }

  done(from: Link, to: Link, overlap: number, twins: number): void {
    const reason = this.reason!;
    this.stragglers.forget();
    const { wish } = this;
    this.reason = undefined;
    this.handover = undefined;
    this.wish = undefined;
    const [old, listen] = [from, to].map(({ server }) => server.address.listen);
    this.host.emit({ type: "move", from: old, to: listen, reason, overlap, twins });
    if (wish !== undefined) this.begin(wish, this.now);
  }

  ended(): void {
    this.handover = undefined;
  }

  /** A PONG has confirmed something of the window. */
  confirmed(): void {
    this.handover?.confirmed();
  }

  /** Whether an error of a server is about the handover itself. */
  takesError(link: Link, error: CodedError): boolean {
    return this.handover?.takesError(link, error) === true;
  }

  handleTimeout(now: number): void {
    if (this.timers.take("handover", now)) this.handover?.handleTimeout(now);
    if (!this.timers.take("departure", now) || this.host.active?.lameDuck !== true) return;
    if (!this.begin("lame-duck", now)) this.again(now);
  }

  private again(now: number): void {
    if (!this.isStaying) this.timers.set("departure", now + AGAIN + this.options.move.lameDuckDelay() / 2);
  }

  failed(to: Link, why: Failure, error: CodedError, now: number): void {
    const { reason, host } = this;
    if (why === "server" || reason === undefined) return host.lose(to, error, true, now);
    // The new server is well: the old one is left first, and the new link takes over where it ended.
    if (why === "unproven" || reason === "reconnect" || reason === "servers") return host.leave(now);
    this.handover?.abort();
    this.handover = undefined;
    this.reason = undefined;
    host.lose(to, error, true, now);
    if (reason === "lame-duck") this.again(now);
  }

  /** The list of servers was replaced: nobody moves to one that is not in it. */
  serversReplaced(now: number): void {
    const { handover, host } = this;
    if (handover === undefined || handover.hasFollowed || host.isKnown(handover.to.server)) return;
    host.lose(handover.to, notWanted(handover.to), true, now);
  }

  /** No server takes us while we are where we are. */
  gaveUp(error: Error | undefined, now: number): void {
    const { reason } = this;
    this.reason = undefined;
    this.host.dialling.connector.passes = 0;
    if (reason === "lame-duck" && !isRefusal(error)) return this.again(now);
    this.host.leave(now);
  }

  /**
   * A link of the handover is gone. Returns the one that is to be restored in its place, if the one in use was lost before the
   * other could follow.
   */
  lost(link: Link): Link | undefined {
    const { handover, host } = this;
    const isActive = link === host.active;
    if (isActive) this.stragglers.forget();
    if (handover === undefined) {
      if (isActive) this.reason = undefined;
      return undefined;
    }
    if (handover.hasFollowed) {
      if (isActive) handover.newLost();
      else handover.oldLost();
      return undefined;
    }
    if (!isActive) {
      this.handover = undefined;
      handover.abort();
      if (this.reason === "failback") this.reason = undefined;
      return undefined;
    }
    this.reason = undefined;
    handover.promote();
    return handover.to;
  }

  /** The connection is shut down: what has not followed stays where it is, and nothing moves any more. */
  stay(): void {
    if (this.isStaying) return;
    this.isStaying = true;
    const { handover, host } = this;
    if (handover?.hasFollowed === true || this.reason === undefined) return;
    this.reason = undefined;
    this.handover = undefined;
    handover?.abort();
    if (handover !== undefined) host.drop(handover.to, true);
    for (const link of host.dialling.stop()) host.drop(link, true);
  }

  /** The connection is closed. */
  close(): void {
    this.isStaying = true;
    this.reason = undefined;
    this.handover = undefined;
  }
}

/** The list of servers was replaced in the middle of a move. */
function notWanted({ server }: Link): CodedError {
  const text = `${server.address.listen} is not in the list of servers any more`;
  return new CodedError("CONNECTION_LOST", text, { byApplication: true });
}

/** A server does not want a second link of ours beside the first. */
function isRefusal(error: Error | undefined): boolean {
  if (!(error instanceof CodedError) || error.detail.serverText === undefined) return false;
  return error.code === "AUTHORIZATION_VIOLATION" || /account/i.test(error.detail.serverText);
}
