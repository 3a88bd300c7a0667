import { connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { isWebSocket } from "../../core/address.js";
import { Announcements, type AnnouncementsHost } from "../../core/announcements.js";
import { factsOf, type LinkFacts } from "../../core/cause.js";
import type { Effect } from "../../core/events.js";
import { Handshake, type HandshakeHost } from "../../core/handshake.js";
import { Link, type LinkOwner, type PingInFlight } from "../../core/link.js";
import { closedByServer, explained } from "../../core/link-errors.js";
import { ServerPool } from "../../core/pool.js";
import { findServerError, serverError } from "../../core/server-errors.js";
import type { Credentials } from "../../core/session-owner.js";
import { tlsComesFirst } from "../../core/tls-policy.js";
import { CodedError, describeCause } from "../../errors.js";
import { publicError } from "../../interop/errors.js";
import { LinkSocket, type SocketListener, socketError } from "../../io/socket.js";
import { SYSTEM } from "../../io/surroundings.js";
import { secure } from "../../io/tls.js";
import { TlsSessions } from "../../io/tls-sessions.js";
import { upgrade } from "../../io/websocket-upgrade.js";
import type { MessageReceiver } from "../../wire/parser.js";
import { type ShownTls, shownTls } from "./certificates.js";
import type { ProbeSettings } from "./settings.js";
import type { Late, ProbeTime } from "./time.js";

/** Most bytes that are read of a server, besides the message that was asked back: a probe asks for little. */
const MAX_RECEIVED = 8 * 1024 * 1024;

/** First bytes of a server that are remembered. */
const REMEMBERED = 64;

/** A message that has come in. */
export interface Received {
  readonly headers: Buffer;
  readonly payload: Buffer;
}

/**
 * The one link of a probe. It is made of the parts that a connection's links are made of (socket, parser, handshake, rules of TLS),
 * so that it meets what a connection meets and says it in the same words. What it does without is the engine around them: that
 * dials again, takes another server and keeps what is published, and tells of an attempt only when it is over, where a probe
 * wants to stop at each step and look.
 */
export class ProbePeer implements SocketListener, LinkOwner, HandshakeHost, AnnouncementsHost {
  readonly link: Link;
  readonly messages: MessageReceiver = this;
  /** TLS comes before INFO. */
  readonly tlsFirst: boolean;
  /** The TCP connection stands. */
  reached = false;
  /** What the TLS handshake has shown, accepted or not. */
  shown: ShownTls | undefined;
  /** TLS stands, and is accepted. */
  tls: TLSSocket | undefined;
  /** The server wants to know who we are; its challenge. */
  asked: { readonly nonce: string | undefined } | undefined;
  /** The server has taken CONNECT. */
  accepted = false;
  /** What it has refused last, without ending the link. */
  refusal: CodedError | undefined;
  /** Why the link has ended. */
  ended: CodedError | undefined;
  /** Bytes that have come in, and the first of them. */
  received = 0;
  first = Buffer.alloc(0);

  private readonly settings: ProbeSettings;
  private readonly time: ProbeTime;
  private readonly handshake: Handshake;
  private readonly announcements: Announcements;
  private readonly inbox = new Map<number, (message: Received) => void>();
  private socket: LinkSocket | undefined;
  private watcher: (() => void) | undefined;
  private factsAtEnd: LinkFacts | undefined;
  private now = 0;

  constructor(settings: ProbeSettings, time: ProbeTime) {
    const { engine } = settings.connection;
    const pool = new ServerPool([settings.address], undefined);
    const [server] = pool.all;
    server.tlsName = settings.tlsName;
    this.settings = settings;
    this.time = time;
    this.link = new Link(1, server, this, time.clock.now());
    this.tlsFirst = tlsComesFirst(this.link, engine.tls);
    this.announcements = new Announcements(engine, pool, this);
    this.handshake = new Handshake(engine, this.announcements, this);
  }

  /** Connects to an address of the server. */
  dial(address: string): void {
    const { address: server, connection } = this.settings;
    const tcp = connect({ host: address, port: server.port, noDelay: true });
    tcp.once("connect", () => {
      this.reached = true;
      this.changed();
    });
    this.attempt(() => {
      const stream = isWebSocket(server.scheme)
        ? upgrade(tcp, this.link.server, (socket) => this.encrypt(socket), connection.websocket)
        : tcp;
      this.socket = new LinkSocket(stream, SYSTEM.chunks, this.time.clock, this);
    });
    if (this.socket === undefined) tcp.on("error", () => {}).destroy();
  }

  /** TLS as a connection does it: nothing is sent to a server whose certificate is not accepted. */
  private encrypt(tcp: Socket): TLSSocket {
    const stream = secure(tcp, this.link.server, this.tlsOptions(), new TlsSessions());
    // Before Node looks whether the certificate verifies, and closes if not: so what it is can be told, with no second connection
    // that would have to go without.
    stream.prependOnceListener("secure", () => {
      this.shown = shownTls(stream, Date.now());
    });
    stream.once("secureConnect", () => {
      this.tls = stream;
      this.changed();
    });
    return stream;
  }

  private tlsOptions() {
    try {
      return this.settings.connection.tls.read();
    } catch (cause) {
      // It was right when the probe began: a file has changed since.
      const { option } = (cause as CodedError).detail;
      throw new CodedError("TLS_FAILED", describeCause(cause), { option, cause });
    }
  }

  /** Waits until `look` finds something: looks now, and whenever something has happened. What it throws ends the wait. */
  until<T>(look: () => T | undefined, tooLate: Late, since: number): Promise<T> {
    return this.time.within<T>(
      (done, failed) => {
        const check = () => {
          try {
            const found = look();
            if (found !== undefined) done(found);
            else if (this.ended !== undefined) failed(this.ended);
          } catch (error) {
            failed(error);
          }
        };
        this.watcher = check;
        check();
        return () => {
          this.watcher = undefined;
        };
      },
      tooLate,
      since,
    );
  }

  private get wantsTls(): boolean {
    return this.settings.connection.engine.tls.wish === "required";
  }

  /** What is known of the link: as it is, or as it was when it ended. */
  get facts(): LinkFacts {
    return this.factsAtEnd ?? factsOf(this.link, this.time.clock.now(), 0, { wantsTls: this.wantsTls });
  }

  /** Who we are; or why that could not be found out. */
  identify(result: Credentials | Error): void {
    if (this.ended === undefined) this.input(() => this.handshake.authenticated(this.link, result, this.now));
  }

  /** Sends a PING; `onPong` gets the ms of its round trip. */
  ping(onPong: (rtt: number) => void): void {
    if (this.ended === undefined) this.input(() => this.link.sendPing(this.now, onPong));
  }

  /** Sends whole lines. */
  send(...lines: Uint8Array[]): void {
    if (this.ended !== undefined) return;
    this.input(() => {
      for (const line of lines) this.link.send(line);
    });
  }

  /** Messages of this subscription go to `taker`. */
  take(sid: number, taker: (message: Received) => void): void {
    this.inbox.set(sid, taker);
  }

  /** Leaves the server. */
  close(): void {
    this.end(new CodedError("CONNECTION_CLOSED", "the probe is over"), false);
  }

  opened(): void {
    if (!this.tlsFirst) return this.ready();
    this.attempt(() => this.socket!.secure((tcp) => this.encrypt(tcp)));
  }

  secured(): void {
    if (this.tlsFirst) this.ready();
    else this.input(() => this.handshake.secured(this.link));
  }

  private ready(): void {
    this.input(() => this.handshake.opened(this.link, this.now));
  }

  data(buf: Buffer): void {
    this.received += buf.length;
    if (this.first.length < REMEMBERED) {
      this.first = Buffer.concat([this.first, buf.subarray(0, REMEMBERED - this.first.length)]);
    }
    this.input(() => {
      this.link.heard(buf, this.now);
      const { payload = 0 } = this.settings;
      const most = MAX_RECEIVED + payload;
      if (this.received > most)
        throw new CodedError("PROTOCOL_ERROR", `the server has sent more than ${most} bytes to a probe`);
      this.link.read(buf);
    });
  }

  written(): void {}

  closed(error: Error | undefined): void {
    const { link } = this;
    this.fail(link.lastError ?? error ?? closedByServer(link));
  }

  /** Does something, then writes what has come of it, and tells who waits. What it throws ends the link. */
  private input(step: () => void): void {
    this.now = this.time.clock.now();
    this.attempt(step);
    const { socket, link } = this;
    for (let line = link.takeOwn(); line !== undefined && socket?.isOpen === true; line = link.takeOwn()) {
      socket.write(line, 0, line.length, undefined);
    }
    this.changed();
  }

  private attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  private changed(): void {
    this.watcher?.();
  }

  private fail(error: unknown): void {
    this.end(error instanceof CodedError ? error : socketError(publicError(error)), true);
  }

  private end(error: CodedError, reset: boolean): void {
    if (this.ended !== undefined) return;
    this.factsAtEnd = this.facts;
    this.ended = error;
    this.link.kill();
    this.socket?.close(reset);
    this.changed();
  }

  // What the parts of the link ask of who owns it.

  effect(effect: Effect): void {
    if (effect.type === "secure") this.attempt(() => this.socket!.secure((tcp) => this.encrypt(tcp)));
    else if (effect.type === "authenticate") this.asked = { nonce: effect.nonce };
  }

  restore(link: Link): void {
    link.phase = "live";
    link.connectedAt = this.now;
    link.deliverTo(this.messages);
    this.accepted = true;
  }

  lose(_link: Link, error: Error): void {
    this.fail(error);
  }

  onInfo(link: Link, json: string): void {
    if (link.phase === "info") this.handshake.greeted(link, json);
    else this.announcements.changed(link, json, false);
  }

  onPong(link: Link, ping: PingInFlight): void {
    link.lastError = undefined;
    ping.onPong?.(this.now - ping.sentAt);
  }

  onSurplusPong(): void {}

  onServerError(link: Link, text: string): void {
    const error = serverError(text);
    if (findServerError(text)?.action === "ignore") this.refusal = error;
    else if (link.phase !== "live") this.fail(explained(link, error));
    else link.lastError = error;
  }

  onMessage(
    buf: Buffer,
    sid: number,
    _subject: number,
    _subjectEnd: number,
    _reply: number,
    _replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void {
    this.inbox.get(sid)?.({ headers: buf.subarray(start, body), payload: buf.subarray(body, end) });
  }

  // What nobody here wants to know.

  emit(): void {}
  onServerInfo(): void {}
  serversChanged(): void {}
  lameDuck(): void {}
}
