import type { CodedError } from "../errors.js";
import type { MessageReceiver } from "../wire/parser.js";
import type { Announcements } from "./announcements.js";
import type { EngineEvent } from "./events.js";
import type { Handshake } from "./handshake.js";
import type { Link, LinkOwner, PingInFlight } from "./link.js";
import { explained, surplusPong } from "./link-errors.js";
import type { Liveness } from "./liveness.js";
import type { LocalStalls } from "./outage.js";
import { findServerError, serverError } from "./server-errors.js";
import type { SessionOwner } from "./session-owner.js";

/** Whom it concerns what a server says. */
export interface ServerTalkParts {
  /** What goes on from one link to the next, and takes the messages. */
  readonly owner: SessionOwner;
  readonly handshake: Handshake;
  readonly announcements: Announcements;
  readonly liveness: Liveness;
  /** Planned moves, if there were any. */
  readonly movesIfAny: { takesError(link: Link, error: CodedError): boolean } | undefined;
  readonly spares: { review(now: number): void };
}

/** What it asks of the session. */
export interface ServerTalkHost {
  /** The link that carries the window. */
  readonly active: Link | undefined;
  /** When this process did not run. */
  readonly stalls: LocalStalls;
  /** Monotonic ms of the input that is being handled. */
  readonly now: number;
  emit(event: EngineEvent): void;
  /** Ends a link, or an attempt. */
  lose(link: Link, error: Error, unclean: boolean, now: number): void;
}

/** What servers say on their links beside messages, and whom it concerns: INFO, PONG, -ERR. */
export class ServerTalk implements LinkOwner {
  readonly messages: MessageReceiver;
  /** The last round trip of a PING that had nothing to confirm, ms. */
  rtt: number | undefined;
  private readonly parts: ServerTalkParts;
  private readonly host: ServerTalkHost;

  constructor(parts: ServerTalkParts, host: ServerTalkHost) {
    this.parts = parts;
    this.host = host;
    this.messages = parts.owner;
  }

  onInfo(link: Link, json: string): void {
    const { handshake, announcements, spares } = this.parts;
    if (link.phase === "info") return handshake.greeted(link, json);
    announcements.changed(link, json, link === this.host.active);
    spares.review(this.host.now);
  }

  onPong(link: Link, ping: PingInFlight): void {
    const { active, stalls, now } = this.host;
    const { liveness, owner } = this.parts;
    // What the server has complained of, it has survived: it is not why the link ends later.
    link.lastError = undefined;
    const rtt = now - ping.sentAt;
    // An answer that has waited for this process says nothing of the way.
    const counts = stalls.before(now, ping.sentAt) === 0;
    if (counts) link.roundTrips.add(rtt);
    // Of another link that says nothing.
    if (active === undefined || active === link) stalls.outlived(ping.sentAt);
    if (ping.window !== undefined) {
      liveness.confirmed();
      const bytes = ping.handed - link.acked;
      link.acked = ping.handed;
      const delay = link.roundTrips.delay(rtt);
      owner.onConfirmed(ping.window, ping.position, ping.behindSince, now, bytes, delay);
    } else if (counts && (active === undefined || active === link)) this.rtt = rtt;
    ping.onPong?.(rtt);
  }

  /**
   * PONGs carry no name: one too many has confirmed what the server had not taken, at the latest now, when no PING waits.
   * No server does that; something between us and it may.
   */
  onSurplusPong(link: Link): void {
    if (link !== this.host.active || link.surplusTold) return;
    link.surplusTold = true;
    this.host.emit({ type: "error", error: surplusPong(link) });
  }

  onServerError(link: Link, text: string): void {
    const { movesIfAny, owner } = this.parts;
    const { host } = this;
    const error = serverError(text);
    const harmless = findServerError(text)?.action === "ignore";
    if (movesIfAny?.takesError(link, error) === true) return;
    // During the handshake every other error is final for the attempt, whether the server closes or not.
    if (link.phase !== "live" && !harmless) return host.lose(link, explained(link, error), true, host.now);
    // First told, then attributed: whoever it concerns may close the connection.
    host.emit({ type: "error", error });
    if (error.code === "PERMISSIONS_VIOLATION") owner.onPermissionViolation(error);
    else if (!harmless) link.lastError = error;
  }
}
