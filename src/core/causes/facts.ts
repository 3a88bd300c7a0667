import type { ServerInfo } from "../../wire/info.js";
import { isWebSocket } from "../address.js";
import type { Link, LinkPhase } from "../link.js";

/** What this process did in the last second or two. */
export interface Load {
  /** ms that were looked at. */
  readonly span: number;
  /** Part of them in which its event loop did something: 1 is always. */
  readonly busy: number;
  /** Bytes that came in meanwhile. */
  readonly inbound: number;
  /**
   * ms of the span in which more lay ready than had been read: from each full read to the next that was not, however much had come before.
   * Where nobody knows what a read leaves, with TLS and websockets, all of the time since the first.
   */
  readonly behind: number;
}

/** Messages of the publish window that a link has been handed, and that no PONG has confirmed. */
export interface OnTheWay {
  readonly messages: number;
  /** Size of the largest, headers and payload in bytes. */
  readonly largest: number;
}

/** Nothing of the window is on a link. */
export const NOTHING_ON_THE_WAY: OnTheWay = { messages: 0, largest: 0 };

/** What is known of a link when it ends. */
export interface LinkFacts extends OnTheWay {
  /** `host:port`; empty when that is not known. */
  readonly server: string;
  readonly phase: LinkPhase;
  /** The server had announced that it would shut down. */
  readonly lameDuck: boolean;
  /** ms since the dial. */
  readonly took: number;
  /** ms since a byte came in. */
  readonly silence: number;
  /** ms that it stood; 0 when it never did. */
  readonly stood: number;
  /** ms for which this process did not run, just before; 0 when it did. */
  readonly localStall: number;
  /** PINGs without an answer. */
  readonly pings: number;
  /** Bytes handed to the socket since the last answer, and those of them that the system had not taken. */
  readonly unanswered: number;
  readonly untaken: number;
  /** Bytes that are kept for a message, or a line, whose rest has not come: of a message, its whole length. */
  readonly held: number;
  /** How busy this process was; undefined when that is not known. */
  readonly load: Load | undefined;
  /** ms for which the oldest PING has waited for its answer; 0 when there is none. */
  readonly waited: number;
  /** CONNECT has named nobody. */
  readonly anonymous: boolean;
  /** The options or the server's URL want TLS. */
  readonly wantsTls: boolean;
  /** The connection stood, and TLS, which came first, had begun. */
  readonly tlsBegun: boolean;
  /** The server's URL wants a websocket. */
  readonly isWebSocket: boolean;
  /** What the server has told of itself. */
  readonly info: ServerInfo | undefined;
  /** What it seems to be that answers there, when it is no NATS server. */
  readonly stranger: string | undefined;
}

/** Facts of an attempt of which nothing is known but that it has failed. */
export const NOTHING_KNOWN: LinkFacts = {
  ...NOTHING_ON_THE_WAY,
  server: "",
  phase: "dialing",
  lameDuck: false,
  took: 0,
  silence: 0,
  stood: 0,
  localStall: 0,
  pings: 0,
  unanswered: 0,
  untaken: 0,
  held: 0,
  load: undefined,
  waited: 0,
  anonymous: false,
  wantsTls: false,
  tlsBegun: false,
  isWebSocket: false,
  info: undefined,
  stranger: undefined,
};

/** What is known of a link beside what it knows itself. */
export interface Surrounding {
  readonly load?: Load | undefined;
  readonly onTheWay?: OnTheWay;
  /** The options want TLS. */
  readonly wantsTls?: boolean;
}

/**
 * What is known of a link now; to be asked before it is dropped.
 *
 * @param localStall ms for which this process did not run, just before
 */
export function factsOf(link: Link, now: number, localStall: number, around: Surrounding = {}): LinkFacts {
  const { server, phase, lameDuck, info, anonymous, tlsBegun, stranger } = link;
  const { onTheWay = NOTHING_ON_THE_WAY, wantsTls = false } = around;
  return {
    ...onTheWay,
    server: server.address.listen,
    phase,
    lameDuck,
    took: now - link.dialledAt,
    silence: now - link.lastInbound,
    stood: phase === "live" ? now - link.connectedAt : 0,
    localStall,
    pings: link.pingsInFlight,
    unanswered: link.unanswered,
    untaken: link.inFlight,
    held: link.held,
    load: around.load,
    waited: now - (link.pingedAt ?? now),
    anonymous,
    wantsTls: wantsTls || server.address.scheme === "tls",
    tlsBegun,
    isWebSocket: isWebSocket(server.address.scheme),
    info,
    stranger,
  };
}
