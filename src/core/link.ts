import { CodedError } from "../errors.js";
import type { ServerInfo } from "../wire/info.js";
import { PING_LINE, PONG_LINE, pongLines } from "../wire/lines.js";
import { type MessageReceiver, Parser, type ParserSink } from "../wire/parser.js";
import { type OwnSecrets, withoutSecrets } from "./causes/own-secrets.js";
import { Fifo } from "./fifo.js";
import { plainText } from "./link-errors.js";
import { NONE } from "./none.js";
import type { PoolServer } from "./pool.js";
import { RoundTrips } from "./round-trips.js";
import { WIDE } from "./wide.js";
import type { Window } from "./window.js";

/** How far a link has come. */
export type LinkPhase =
  | "dialing"
  | "info"
  | "securing"
  | "authenticating"
  | "handshake"
  | "ready"
  | "restoring"
  /** In a move: subscribed beside the link that is in use. */
  | "joining"
  | "live"
  /** In a move: another link is in use. */
  | "leaving"
  | "dead";

/** The letter that a PING has, and a PONG has not. */
const SECOND_OF_PING = PING_LINE[1];

/** PONGs that may be owed to a server that does not read. */
const MAX_OWED_PONGS = 10_000;

/** A PING on its way, and what its PONG means. */
export interface PingInFlight {
  /** The window that the PONG confirms up to `position`; undefined for a PING that confirms nothing. */
  readonly window: Window | undefined;
  readonly position: number;
  readonly sentAt: number;
  /** Monotonic ms: what is behind its position was accepted later. 0: that is not known. */
  readonly behindSince: number;
  /** Bytes of the window that were handed to the link before it. */
  readonly handed: number;
  /** Where it ends among all bytes that were handed to the socket. */
  readonly end: number;
  readonly onPong: ((rtt: number) => void) | undefined;
  /** The link has ended before its PONG. */
  readonly onLost: (() => void) | undefined;
}

/** A send queue, as looks at it found it. */
export interface Backlog {
  /** Monotonic ms of when it was found, or had clearly moved; and bytes that had arrived at the other end by then. */
  readonly at: number;
  readonly arrived: number;
  /** What the last look found: bytes that had arrived, and bytes in the queue. */
  readonly last: number;
  readonly queued: number;
  /** Looks since then that have found it moved. */
  readonly moves: number;
  /** The last look has found it where the one before had. */
  readonly still: boolean;
}

/** A link that has not subscribed to anything gets no messages; before TLS and CONNECT they could be anyone's. */
const TOO_EARLY: MessageReceiver = {
  onMessage() {
    throw new CodedError("PROTOCOL_ERROR", "the server sent a message before the link was set up");
  },
};

/** What a link asks of the session that owns it. */
export interface LinkOwner {
  /** Takes the messages that come in, without a detour: there may be a million a second. */
  readonly messages: MessageReceiver;
  onInfo(link: Link, json: string): void;
  onPong(link: Link, ping: PingInFlight): void;
  /** A PONG has come although no PING is without an answer. */
  onSurplusPong(link: Link): void;
  onServerError(link: Link, text: string): void;
}

/**
 * One connection to one server, from the dial to its end. Everything that must not outlive it is here:
 * parser, PINGs on their way, bytes of its own. Its `epoch` names it; input for another epoch is dropped.
 */
export class Link implements ParserSink {
  readonly epoch: number;
  readonly server: PoolServer;
  private parser: Parser;
  private readonly owner: LinkOwner;
  private messages: MessageReceiver = TOO_EARLY;
  /** CONNECT has named nobody. */
  anonymous = false;
  /** What CONNECT has said to prove who we are: it is taken out of what the server says. */
  secrets: OwnSecrets | undefined;
  /** What is sent and read is encrypted. */
  secure = false;
  phase: LinkPhase = "dialing";
  info: ServerInfo | undefined;
  /** The last `-ERR` that it sent: the likely reason when it closes. */
  lastError: CodedError | undefined;
  /** The connection stands, and waits for the TLS that comes first. */
  tlsBegun = false;
  /** What it seems to be that has answered, when it is no NATS server. */
  stranger: string | undefined;
  connectedAt = 0;
  /** Monotonic ms of the dial. */
  readonly dialledAt: number;
  /** Monotonic ms of when its subscriptions began to be restored. */
  restoredAt = 0;
  /** The server has said that it will shut down. */
  lameDuck = false;
  /** The application has heard of that. */
  lameDuckTold = false;
  /** It has heard of a PONG too many. */
  surplusTold = false;
  /** Monotonic ms of the last sign of life, see {@link heard}, and of the last progress in writing. */
  lastInbound = 0;
  lastProgress = 0;
  /** Monotonic ms since when something waits: a PING for its PONG, or bytes for the kernel. */
  waitingSince = 0;
  /** PINGs of the liveness check without an answer. */
  pingsOut = 0;
  /** Bytes handed to the socket since the last byte came in. */
  sinceInbound = 0;
  /** Bytes handed to the socket and not yet taken by the kernel. */
  inFlight = 0;
  /** Bytes of the window handed to the link, and the part of them that it has confirmed. */
  handed = WIDE;
  acked = WIDE;
  /** All bytes handed to the socket. */
  sent = WIDE;
  /** Monotonic ms of when the kernel took some last, or began to have some to take. */
  lastTaken = 0;
  /** Monotonic ms of the last look at the send queue. */
  lookedAt = 0;
  /** There is a send queue, see {@link Backlog}. */
  backlog: Backlog | undefined;
  /** What its round trips take. */
  readonly roundTrips = new RoundTrips();
  /** Bytes per ms that got through while there was a send queue; undefined when there never was one. */
  rate: number | undefined;
  /** Where the last PING that was answered ends among the bytes that were handed over. */
  private answered = WIDE;
  /** Monotonic ms of the last look that showed that bytes get through, although no answer can be there yet. */
  lastDelivery = Number.NEGATIVE_INFINITY;
  /** Lines of this link alone, written before anything from the window. */
  private own: Uint8Array[] = NONE;
  /** PONGs that the server has asked for. */
  private owedPongs = 0;
  private readonly pings = new Fifo<PingInFlight>();

  constructor(epoch: number, server: PoolServer, owner: LinkOwner, now: number) {
    this.epoch = epoch;
    this.handed = 0;
    this.acked = 0;
    this.sent = 0;
    this.answered = 0;
    this.server = server;
    this.owner = owner;
    this.dialledAt = now;
    this.lastInbound = now;
    this.lastProgress = now;
    this.parser = new Parser(this);
  }

  /**
   * Takes one read.
   *
   * @throws CodedError `PROTOCOL_ERROR`
   */
  read(buf: Buffer): void {
    const taken = this.parser.parse(buf);
    // What came in plain text behind the demand for TLS could have been put there by anyone.
    if (this.phase === "securing" && taken < buf.length) throw plainText(buf.subarray(taken));
  }

  /**
   * What comes in is a sign of life, unless it is a PING alone: that needs nothing of what we have written, and comes also where
   * that gets lost on the way.
   */
  heard(buf: Buffer, now: number): void {
    if (buf.length === PING_LINE.length && buf[1] === SECOND_OF_PING) return;
    this.lastInbound = now;
    this.sinceInbound = 0;
    this.pingsOut = 0;
  }

  /** Bytes that are held for a frame that is not complete. */
  get held(): number {
    return this.parser.held;
  }

  /** INFO has come, and TLS is set up before anything else is read. */
  beginSecuring(): void {
    this.phase = "securing";
    this.parser.halt();
  }

  /** TLS stands. */
  secured(): void {
    this.secure = true;
    this.parser = new Parser(this);
  }

  /** Its subscriptions are on their way: from now on there are messages. */
  beginRestoring(now: number): void {
    // What has joined beside a link that was lost then has a receiver of its own for a while.
    if (this.phase !== "joining") this.messages = this.owner.messages;
    this.phase = "restoring";
    this.restoredAt = now;
  }

  /** Subscriptions are on their way beside those of the link that is in use. */
  beginJoining(messages: MessageReceiver): void {
    this.phase = "joining";
    this.messages = messages;
  }

  /** From now on, messages that come in go to `messages`. */
  deliverTo(messages: MessageReceiver): void {
    this.messages = messages;
  }

  /** Queues bytes of this link alone; they must be whole lines. */
  send(line: Uint8Array): void {
    if (this.own === NONE) this.own = [line];
    else this.own.push(line);
  }

  /** Queues a PING that confirms nothing in the window. */
  sendPing(now: number, onPong?: (rtt: number) => void, onLost?: () => void): void {
    this.send(PING_LINE);
    const { handed, sent: end } = this;
    this.track({ window: undefined, position: 0, sentAt: now, behindSince: 0, handed, end, onPong, onLost });
  }

  /** Queues a PING that confirms what is before `position` of `window`, all of which has been handed over. */
  sendProbe(window: Window, position: number, now: number): void {
    this.send(PING_LINE);
    const { handed, sent: end } = this;
    const behindSince = position === window.position ? now : 0;
    this.track({
      window,
      position,
      sentAt: now,
      behindSince,
      handed,
      end,
      onPong: undefined,
      onLost: undefined,
    });
  }

  /** Remembers a PING that goes out now: PONGs come in the order of their PINGs. */
  track(ping: PingInFlight): void {
    if (this.pingsInFlight === 0 && this.inFlight === 0) this.waitingSince = ping.sentAt;
    this.pings.push(ping);
  }

  /** The next of the link's own lines, or undefined. */
  takeOwn(): Uint8Array | undefined {
    if (this.own !== NONE) {
      const line = this.own.shift();
      if (this.own.length === 0) this.own = NONE;
      return line;
    }
    if (this.owedPongs === 0) return undefined;
    const count = this.owedPongs;
    this.owedPongs = 0;
    return count === 1 ? PONG_LINE : pongLines(count);
  }

  get hasOwn(): boolean {
    return this.own !== NONE || this.owedPongs > 0;
  }

  /** The part of all bytes handed to the socket that the kernel has taken. */
  get taken(): number {
    return this.sent - this.inFlight;
  }

  /** Bytes handed over that no PONG has answered. */
  get unanswered(): number {
    return this.sent - this.answered;
  }

  /** `bytes` are handed to the socket. */
  handOver(bytes: number, now: number): void {
    if (this.inFlight === 0) this.lastTaken = now;
    this.sent += bytes;
    this.inFlight += bytes;
    this.sinceInbound += bytes;
  }

  /** The kernel has taken `bytes`; `blocked`: it had no room for them at first. */
  written(bytes: number, blocked: boolean, now: number): void {
    this.inFlight -= bytes;
    this.lastTaken = now;
    // What fits the kernel's buffer is taken at once, whether anyone reads at the other end or not.
    if (blocked) this.lastProgress = now;
  }

  /** PINGs without an answer. */
  get pingsInFlight(): number {
    return this.pings.size;
  }

  /** Monotonic ms of the oldest PING without an answer; undefined when there is none. */
  get pingedAt(): number | undefined {
    return this.pings.first?.sentAt;
  }

  /** The link is no more: nothing that still comes from it counts. */
  kill(): void {
    this.phase = "dead";
    this.parser.halt();
    this.own = NONE;
    this.owedPongs = 0;
    for (let ping = this.pings.shift(); ping !== undefined; ping = this.pings.shift()) ping.onLost?.();
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
    this.messages.onMessage(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
  }

  onInfo(json: string): void {
    this.owner.onInfo(this, json);
  }

  /** @throws CodedError `PROTOCOL_ERROR` when the server asks and asks, and does not take the answers */
  onPing(): void {
    if (++this.owedPongs > MAX_OWED_PONGS) {
      throw new CodedError("PROTOCOL_ERROR", "the server floods us with PINGs and does not read the answers");
    }
  }

  onPong(): void {
    const ping = this.pings.shift();
    if (ping === undefined) return this.owner.onSurplusPong(this);
    this.answered = ping.end;
    this.owner.onPong(this, ping);
  }

  onOk(): void {
    // `verbose: true` asks the server for these; they say nothing.
  }

  onError(text: string): void {
    this.owner.onServerError(this, withoutSecrets(text, this.secrets));
  }

  /** What of a line that is no NATS may be quoted in an error. */
  quotable(line: string): string {
    return withoutSecrets(line, this.secrets);
  }
}
