import { connectLine } from "../wire/lines.js";
import type { Announcements } from "./announcements.js";
import type { Effect } from "./events.js";
import type { Link } from "./link.js";
import { noEchoUnsupported } from "./link-errors.js";
import type { EngineOptions } from "./options.js";
import type { Credentials } from "./session-owner.js";
import { tlsComesFirst } from "./tls-policy.js";

/** What a handshake asks of the session. */
export interface HandshakeHost {
  effect(effect: Effect): void;
  /** The server has taken our CONNECT. */
  restore(link: Link): void;
  /** The attempt has failed. */
  lose(link: Link, error: Error, unclean: boolean, now: number): void;
}

/** What comes before a link carries anything: INFO, TLS where it is wanted, who we are, CONNECT and the PONG behind it. */
export class Handshake {
  private readonly options: EngineOptions;
  private readonly announcements: Announcements;
  private readonly host: HandshakeHost;

  constructor(options: EngineOptions, announcements: Announcements, host: HandshakeHost) {
    this.options = options;
    this.announcements = announcements;
    this.host = host;
  }

  /** Asks for the socket; where TLS comes first, for a secure one. */
  begin(link: Link): void {
    const { epoch, server } = link;
    this.host.effect({ type: "dial", epoch, server, secure: tlsComesFirst(link, this.options.tls) });
  }

  /** The socket is open. */
  opened(link: Link, now: number): void {
    if (link.phase !== "dialing") return;
    link.phase = "info";
    link.secure = tlsComesFirst(link, this.options.tls);
    link.lastInbound = now;
  }

  /**
   * The first INFO has come.
   *
   * @throws CodedError `PROTOCOL_ERROR`, `TLS_REQUIRED`, `TLS_UNAVAILABLE`, `INVALID_OPTION` (`noEcho`)
   */
  greeted(link: Link, json: string): void {
    const tlsComesNext = this.announcements.greeted(link, json);
    if (this.options.connect.echo === false && link.info!.proto < 1) throw noEchoUnsupported(link);
    if (!tlsComesNext) return this.identify(link);
    link.beginSecuring();
    this.host.effect({ type: "secure", epoch: link.epoch, server: link.server });
  }

  /** TLS stands. */
  secured(link: Link): void {
    if (link.phase !== "securing") return;
    link.secured();
    this.identify(link);
  }

  /** The link is as secure as it gets: who are we? */
  private identify(link: Link): void {
    this.announcements.trusted(link);
    link.phase = "authenticating";
    const { epoch, server } = link;
    this.host.effect({ type: "authenticate", epoch, server, nonce: link.info!.nonce });
  }

  /** The credentials were found, or not. */
  authenticated(link: Link, result: Credentials | Error, now: number): void {
    if (link.phase !== "authenticating") return;
    if (result instanceof Error) return this.host.lose(link, result, true, now);
    link.phase = "handshake";
    link.anonymous = Object.keys(result).length === 0;
    if (!link.anonymous) link.secrets = result;
    const fields = { ...this.options.connect, ...result, tls_required: link.secure };
    link.send(connectLine(fields, link.info!.headers === true));
    link.sendPing(now, () => this.host.restore(link));
  }
}
