import { CodedError } from "../errors.js";
import type { ServerInfo } from "../wire/info.js";
import { isNoResponders } from "../wire/status.js";
import type { OnTheWay } from "./causes/facts.js";
import type { Fences } from "./fences.js";
import type { Intake } from "./intake.js";
import type { Outbound } from "./outbound.js";
import type { Publisher } from "./publisher.js";
import type { RequestSender } from "./request-sender.js";
import { blameOf } from "./server-errors.js";
import type { SessionOwner } from "./session-owner.js";
import type { Subscriber } from "./subscriber.js";
import type { Subscriptions } from "./subscriptions.js";
import type { Timers } from "./timers.js";
import { WIDE } from "./wide.js";
import type { Rewind, Window } from "./window.js";

/** What goes on from one link to the next, and what it is done with. */
export interface ContinuityParts {
  readonly outbound: Outbound;
  readonly subscriptions: Subscriptions;
  readonly subscriber: Subscriber;
  /** Sends requests, if there were any. */
  readonly senderIfAny: RequestSender | undefined;
  readonly fences: Fences;
  readonly intake: Intake;
  readonly publisher: Publisher;
  readonly timers: Timers;
}

/** What it asks of the engine around it. */
export interface ContinuityHost {
  /** A link takes what is appended. */
  readonly stands: boolean;
  /** None will any more. */
  readonly closed: boolean;
  readonly session: {
    readonly connected: boolean;
    /** Planned moves to another server, if there were any. */
    readonly movesIfAny: { readonly isLeaving: boolean; confirmed(): void } | undefined;
  };
  /** Monotonic ms of the input that is being handled. */
  readonly now: number;
  /** There is something to write. */
  wakeUp(): void;
  /** There is room, and someone waits for it. */
  onWritable(): void;
  /** No link will follow. */
  close(error: Error, now: number): void;
}

/**
 * Hears from the session of the lives of its links, and brings publish window, subscriptions and requests from one link to the
 * next: what a PONG confirms, what a fresh link is told, and what becomes of what a dead one carried.
 */
export class Continuity implements SessionOwner {
  /** Messages and bytes (headers and payload) that came in. */
  inMsgs = 0;
  inBytes = WIDE;
  /** Someone waits for room to publish. */
  writableWanted = false;
  private readonly parts: ContinuityParts;
  private readonly highWater: number;
  private readonly host: ContinuityHost;
  private readonly outbound: Outbound;
  private readonly subscriptions: Subscriptions;

  /** @param highWater unconfirmed encoded bytes above which `publish()` returns false */
  constructor(parts: ContinuityParts, highWater: number, host: ContinuityHost) {
    this.inBytes = 0;
    this.parts = parts;
    this.highWater = highWater;
    this.host = host;
    this.outbound = parts.outbound;
    this.subscriptions = parts.subscriptions;
  }

  onMessage(
    buf: Buffer,
    sid: number,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void {
    this.inMsgs++;
    this.inBytes += end - start;
    const entry = this.subscriptions.get(sid);
    if (entry === undefined) return;
    entry.received++;
    entry.sink.onMessage(buf, subject, subjectEnd, reply, replyEnd, start, body, end);
    // Also without a `max`: one may be set later.
    if (body === end && isNoResponders(buf, start, body, end)) entry.owesUnsub = true;
    if (entry.max !== undefined) this.parts.subscriber.delivered(entry);
  }

  onConfirmed(
    window: Window,
    position: number,
    behindSince: number,
    now: number,
    bytes: number,
    delay: number,
  ): void {
    const { outbound, parts, host } = this;
    window.confirm(position, now, behindSince);
    outbound.forgetDone();
    // A drain ends behind what the link that is being left still brings.
    const { movesIfAny: moves } = host.session;
    if (moves?.isLeaving !== true) parts.subscriber.confirmed(window);
    if (window === outbound.window) {
      outbound.confirmed(position, bytes, delay);
      parts.fences.reached(window.confirmed);
      moves?.confirmed();
    }
  }

  /** Whether what is published is accepted, with no more than `mark` bytes before it, or taken by the overflow. */
  hasRoom(mark = this.highWater): boolean {
    const { intake, outbound } = this.parts;
    return intake.isDiverted || (outbound.window.bytes <= mark && intake.hasRoom);
  }

  /** To be called at the end of every burst and input: whatever has made room, those who wait for it hear of it. */
  settle(): void {
    this.parts.intake.settle(this.outbound.window.bytes);
    if (!this.writableWanted) return;
    // A link gets the window down to half of the mark and further. Without one, only what is given up makes room.
    if (!this.hasRoom(this.host.session.connected ? this.highWater / 2 : this.highWater)) return;
    this.writableWanted = false;
    this.host.onWritable();
  }

  /** A reload may have changed what the server takes: what is not written yet is judged by the new limits. */
  onServerInfo(info: ServerInfo): void {
    this.parts.intake.serverInfo(info);
    if (this.host.stands) this.recheck();
  }

  private recheck(): void {
    const { maxPayload, headers } = this.parts.intake.limits;
    this.outbound.recheck(maxPayload, headers);
  }

  onPermissionViolation(error: CodedError): void {
    const { operation, subject, reply, queue } = error.detail;
    if (operation === "publish") this.outbound.refuse(subject, reply);
    else if (subject !== undefined) this.parts.subscriber.refused(subject, queue, error);
  }

  get onTrial(): boolean {
    return this.outbound.poison.advanced;
  }

  onRestore(hold: boolean): { lines: Uint8Array[]; replay: number } {
    const { outbound, parts } = this;
    parts.publisher.expiry.expire(this.host.now);
    this.recheck();
    const replay = outbound.window.countReplay();
    outbound.begin();
    if (hold) outbound.hold();
    return { lines: this.subscriptions.restorePlan(), replay };
  }

  onFollow(): void {
    this.outbound.follow();
    this.host.wakeUp();
  }

  onReplayReleased(): void {
    this.outbound.release(this.host.now);
    this.host.wakeUp();
  }

  onTheWay(): OnTheWay {
    return this.outbound.window.onTheWay();
  }

  onLinkLost(cause: Error | undefined, unclean: boolean, now: number): Rewind {
    const { outbound, parts } = this;
    const { senderIfAny: sender } = parts;
    const again = sender?.requests.linkLost(cause, outbound.window);
    parts.subscriber.linkLost();
    // What they told may have closed the connection.
    if (this.host.closed) return { replay: 0, unconfirmed: 0 };
    this.blame(cause);
    const { unconfirmed } = outbound.linkLost(now, unclean);
    parts.publisher.expiry.linkLost(now);
    outbound.poison.linkLost();
    parts.timers.clear("fence");
    if (again !== undefined) sender?.sendAgain(again, now);
    return { replay: outbound.window.countReplay(), unconfirmed };
  }

  private blame(cause: Error | undefined): void {
    const { poison } = this.outbound;
    const blame = blameOf(cause);
    poison.advanced = false;
    if (blame !== undefined) poison.blame(blame === "certain");
    else if (cause instanceof CodedError && cause.code === "CONNECTION_LOST") poison.hint();
  }

  onConnected(): void {
    this.parts.intake.outage.end();
  }

  /** What is accepted from now on is counted against the limit. */
  onOutage(): void {
    this.parts.intake.outage.begin();
  }

  onGaveUp(error: Error, now: number): void {
    this.host.close(error, now);
  }
}
