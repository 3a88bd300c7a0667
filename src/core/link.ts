import type { CodedError } from "../errors.js";
import type { ServerInfo } from "../wire/info.js";
import { PING_LINE, PONG_LINE } from "../wire/lines.js";
import { Parser, type ParserSink } from "../wire/parser.js";
import type { PoolServer } from "./pool.js";
import type { Window } from "./window.js";

/** How far a link has come. */
export type LinkPhase = "dialing" | "info" | "authenticating" | "handshake" | "restoring" | "live" | "dead";

/** A PING on its way, and what its PONG means. */
export interface PingInFlight {
  /** The window that the PONG confirms up to `position`; undefined for a PING that confirms nothing. */
  readonly window: Window | undefined;
  readonly position: number;
  readonly sentAt: number;
  readonly onPong: ((rtt: number) => void) | undefined;
}

/** What a link asks of the engine that owns it. */
export interface LinkOwner {
  onInfo(link: Link, json: string): void;
  onPong(link: Link, ping: PingInFlight): void;
  onServerError(link: Link, text: string): void;
  onMessage(
    link: Link,
    buf: Buffer,
    sid: number,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void;
}

/**
 * One connection to one server, from the dial to its end. Everything that must not outlive it is here:
 * parser, PINGs on their way, bytes of its own. Its `epoch` names it; input for another epoch is dropped.
 */
export class Link implements ParserSink {
  readonly epoch: number;
  readonly server: PoolServer;
  readonly parser: Parser;
  private readonly owner: LinkOwner;
  phase: LinkPhase = "dialing";
  info: ServerInfo | undefined;
  /** The last `-ERR` that it sent: the likely reason when it closes. */
  lastError: CodedError | undefined;
  connectedAt = 0;
  /** Monotonic ms of the last byte in, and of the last progress in writing. */
  lastInbound = 0;
  lastProgress = 0;
  /** Monotonic ms since when something waits: a PING for its PONG, or bytes for the kernel. */
  waitingSince = 0;
  /** PINGs of the liveness check without an answer. */
  pingsOut = 0;
  /** Bytes handed to the socket and not yet taken by the kernel. */
  inFlight = 0;
  /** Lines of this link alone, written before anything from the window. */
  private readonly own: Uint8Array[] = [];
  private pings: PingInFlight[] = [];
  private pingHead = 0;

  constructor(epoch: number, server: PoolServer, owner: LinkOwner, now: number) {
    this.epoch = epoch;
    this.server = server;
    this.owner = owner;
    this.lastInbound = now;
    this.lastProgress = now;
    this.parser = new Parser(this);
  }

  /** Queues bytes of this link alone; they must be whole lines. */
  send(line: Uint8Array): void {
    this.own.push(line);
  }

  /** Queues a PING that confirms nothing in the window. */
  sendPing(now: number, onPong?: (rtt: number) => void): void {
    this.send(PING_LINE);
    this.track({ window: undefined, position: 0, sentAt: now, onPong });
  }

  /** Remembers a PING that goes out now: PONGs come in the order of their PINGs. */
  track(ping: PingInFlight): void {
    if (this.pingsInFlight === 0) this.waitingSince = ping.sentAt;
    this.pings.push(ping);
  }

  /** The next of the link's own lines, or undefined. */
  takeOwn(): Uint8Array | undefined {
    return this.own.shift();
  }

  get hasOwn(): boolean {
    return this.own.length > 0;
  }

  /** PINGs without an answer. */
  get pingsInFlight(): number {
    return this.pings.length - this.pingHead;
  }

  /** The link is no more: nothing that still comes from it counts. */
  kill(): void {
    this.phase = "dead";
    this.parser.halt();
    this.own.length = 0;
    this.pings = [];
    this.pingHead = 0;
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
    this.owner.onMessage(this, buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
  }

  onInfo(json: string): void {
    this.owner.onInfo(this, json);
  }

  onPing(): void {
    this.send(PONG_LINE);
  }

  onPong(): void {
    if (this.pingHead === this.pings.length) return;
    const ping = this.pings[this.pingHead++];
    if (this.pingHead === this.pings.length || this.pingHead > 512) {
      this.pings.splice(0, this.pingHead);
      this.pingHead = 0;
    }
    this.owner.onPong(this, ping);
  }

  onOk(): void {
    // `verbose: true` asks the server for these; they say nothing.
  }

  onError(text: string): void {
    this.owner.onServerError(this, text);
  }
}
