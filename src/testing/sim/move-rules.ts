import type { EngineEvent, MoveReason } from "../../core/events.js";
import type { Client } from "./client.js";
import type { Peer } from "./peer.js";
import { inside } from "./spoil.js";
import { demand } from "./violation.js";

/** Shortest time in ms for which both links have the subscriptions; longest, and round trips, unless the options say otherwise. */
const MIN_SETTLE = 50;
const MAX_SETTLE = 500;
const SETTLE_ROUND_TRIPS = 4;
/** Times the settling that a move takes, see docs/adr/0014. */
const MOST_SETTLES = 14;
/** Longest time of a move besides, in `timeout`s: until the new link is in use, while it settles, and until the old one is left. */
const MOST_TIMEOUTS = 7;
/**
 * Bytes without an answer on the old link behind which a probe or a PING has to wait, the times that this is waited for, and how
 * many ms each time at most.
 */
const MUCH = 64 * 1024;
const MOST_WAITS = 10;
const LONGEST_WAIT = 2000;

/** Checks planned moves: each for a reason, told once, in time, and with nothing left behind (promises.md §5). */
export class MoveRules {
  private readonly client: Client;
  /** What the application has asked for, and when. */
  private readonly wanted = new Map<MoveReason, number>();
  /** Times that a link has taken over from another that stood, and those that were told. */
  private follows = 0;
  private told = 0;
  /** The link that takes over, or has just done so. */
  private joining: number | undefined;
  /** The same, also when it has come to nothing since. */
  private latest: number | undefined;
  private begunAt = 0;
  /** How long it settles, at most. */
  private settle = MIN_SETTLE;
  /** The link that is left, or is to be, has had much on its way meanwhile. */
  private wasFull = false;
  /** The link on which a probe has come in last. */
  private proven = 0;
  /** The link from which it has taken over. */
  private left = 0;
  /** The server that the client is said to be connected to. */
  private server: string | undefined;

  constructor(client: Client) {
    this.client = client;
  }

  /** A second link is being subscribed, or the one that was left is not forgotten yet. */
  get underWay(): boolean {
    return inside(this.client.engine.session.moves, "handover") !== undefined;
  }

  /** A second link is being subscribed, or has just failed. */
  get isJoining(): boolean {
    return this.joining !== undefined;
  }

  /** The application wants another server. */
  want(reason: MoveReason): void {
    this.wanted.set(reason, this.client.now);
  }

  /** A second link is being subscribed. */
  begin(epoch: number): void {
    this.joining = epoch;
    this.latest = epoch;
    this.begunAt = this.client.now;
    this.wasFull = false;
    const { engine, profile } = this.client;
    const roundTrips = SETTLE_ROUND_TRIPS * (engine.session.rtt ?? 0);
    const settle = profile.options.move.settle ?? Math.min(MAX_SETTLE, roundTrips);
    this.settle = Math.max(MIN_SETTLE, settle);
  }

  /** A probe has come in on a link. */
  probeArrived(epoch: number): void {
    this.proven = epoch;
  }

  /** It is the one in use. */
  followed(epoch: number, left: number): void {
    this.left = left;
    this.follows++;
    demand(this.joining === epoch, "move", () => `link ${epoch} takes over without having joined`);
    demand(
      this.proven === epoch,
      "unproven",
      () => `link ${epoch} takes over, and no probe has come in on it`,
    );
  }

  /** A server takes a probe. */
  probed(peer: Peer, subject: string): void {
    const { client } = this;
    client.coverage.count("probe", subject.includes(".anew.") ? "anew" : "first");
    const fits = this.latest !== undefined && client.turns.of(peer.epoch) < client.turns.of(this.latest);
    demand(fits, "probe", () => `a probe on link ${peer.epoch}, link ${this.latest} is joining`);
  }

  /** The engine tells of what has happened. */
  emitted(event: EngineEvent): void {
    switch (event.type) {
      case "connect":
      case "reconnect":
        this.server = event.server;
        this.wanted.clear();
        break;
      case "disconnect":
        this.server = undefined;
        break;
      case "move":
        this.judge(event);
        this.server = event.to;
        // What was asked for while the old link was being left is for another move.
        for (const [reason, at] of this.wanted) if (at < this.begunAt) this.wanted.delete(reason);
        break;
      default:
    }
  }

  private judge({ from, to, reason, overlap, twins }: EngineEvent & { type: "move" }): void {
    const { client, wanted } = this;
    const { engine, profile, now } = client;
    this.told++;
    client.coverage.count("move", reason);
    const what = () => `from ${from} to ${to} because of ${reason}, ${overlap} ms, ${twins} twins`;
    demand(
      engine.state === "connected" && from === this.server,
      "move",
      () => `${what()}: at ${this.server}`,
    );
    const active = engine.session.active?.server.address.listen;
    demand(active === to, "move", () => `${what()}: in use is ${active}`);
    demand(this.told === this.follows, "move", () => `${what()}: ${this.told} told of ${this.follows}`);
    const { settle = MIN_SETTLE } = profile.options.move;
    const took = now - this.begunAt;
    demand(overlap >= settle && overlap <= took, "move-overlap", () => `${what()}, begun ${took} ms ago`);
    demand(Number.isInteger(twins) && twins >= 0, "move-twins", what);
    const isLame = client.peers.get(this.left)?.wasLame === true;
    const goesBack = reason === "failback" && client.spares.isFailback(this.latest);
    const known = goesBack || (reason === "lame-duck" ? isLame : wanted.has(reason));
    demand(known, "move-reason", () => `${what()}: wanted was ${[...wanted.keys()]}`);
  }

  /**
   * The client may leave a server before it has another one: it has been asked to, or the server shuts down, or a preferred one is
   * none of the same cluster.
   */
  mayLeave(epoch: number): boolean {
    const { spares, peers } = this.client;
    return this.wanted.size > 0 || spares.goesBack || peers.get(epoch)?.wasLame === true;
  }

  /** A move does not take for ever. */
  private judgeTime(): void {
    const { engine, profile, now, slack, world } = this.client;
    const { timeout } = profile.options;
    this.wasFull ||= (engine.session.active?.unanswered ?? 0) > MUCH;
    const waits = this.wasFull ? MOST_WAITS * Math.min(LONGEST_WAIT, timeout) : 0;
    // While this process stands still nothing is done, and what servers answer is read later.
    const since = Math.max(this.begunAt, world.thawedAt);
    const limit = since + MOST_TIMEOUTS * timeout + MOST_SETTLES * this.settle + waits + slack;
    demand(now <= limit, "move-stuck", () => `begun at ${this.begunAt}`);
  }

  /** What holds behind every step. */
  endOfStep(): void {
    const { client, follows, told } = this;
    const { engine, driver } = client;
    if (client.closed) return;
    if (this.underWay) return this.judgeTime();
    const { window, poison } = engine.outbound;
    const isOpen = window.limit === Number.POSITIVE_INFINITY || poison.active;
    demand(isOpen, "still-held", () => `nothing is written behind frame ${window.limit}`);
    demand(follows === told, "move", () => `${follows} were made, ${told} told`);
    const { active } = engine.session;
    if (this.joining === undefined || active === undefined) return;
    this.joining = undefined;
    for (const epoch of driver.sockets.keys()) {
      const link = engine.session.link(epoch);
      demand(
        link !== undefined && link.phase !== "leaving",
        "left-link",
        () => `link ${epoch} is still there`,
      );
    }
  }
}
