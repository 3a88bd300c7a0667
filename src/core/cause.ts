import { CodedError, type ErrorCode } from "../errors.js";
import type { Link, LinkPhase } from "./link.js";
import { findServerError } from "./server-errors.js";

/** What kind of thing ended a link, an attempt, or the connection. */
export type CauseKind =
  /** The application did it: `close()`, `drain()`, `reconnect()`. */
  | "client"
  /** The way to the server: reset, unreachable, no route, a name that does not resolve. */
  | "network"
  /** Nobody listens at the address. */
  | "refused"
  /** The server closed the connection without a word: it was stopped, restarted, or has removed us. */
  | "server-shutdown"
  /** The server had said that it would shut down. */
  | "lame-duck"
  /** No sign of life in time, seen by us or by the server. */
  | "stale"
  /** The server could not hand over what it had for us. */
  | "slow-consumer"
  /** The server has no room: connections, throttling. */
  | "overload"
  /** Credentials: violation, expired, revoked; or the authenticator failed. */
  | "authentication"
  /** TLS could not be set up with the server. */
  | "tls"
  /** One side does not understand the other. */
  | "protocol"
  /** A message over the server's `max_payload`. */
  | "payload"
  /** This process did not run for so long that the server gave it up. */
  | "local-stall"
  /** The server gave a reason that is not known. */
  | "unknown";

/** Why a link was lost, an attempt failed, or the connection was closed. */
export interface Cause {
  /** What kind of thing it was. */
  kind: CauseKind;
  /** The error's code; `CLOSE` or `RECONNECT` for what the application did. */
  code: ErrorCode | "CLOSE" | "RECONNECT";
  /** One sentence. */
  message: string;
  /** What it was concluded from, a fact each. */
  evidence: string[];
}

/** What is known of a link when it ends. */
export interface LinkFacts {
  readonly phase: LinkPhase;
  /** The server had announced that it would shut down. */
  readonly lameDuck: boolean;
  /** ms since a byte came in. */
  readonly silence: number;
  /** ms that it stood; 0 when it never did. */
  readonly stood: number;
  /** ms for which this process did not run, just before; 0 when it did. */
  readonly localStall: number;
}

/** @param localStall ms for which this process did not run, just before */
export function factsOf(link: Link, now: number, localStall: number): LinkFacts {
  const { phase, lameDuck, lastInbound, connectedAt } = link;
  const stood = phase === "live" ? now - connectedAt : 0;
  return { phase, lameDuck, silence: now - lastInbound, stood, localStall };
}

/** Kinds of errors that are not a server's, by their code. */
const KINDS: Partial<Record<ErrorCode, CauseKind>> = {
  AUTHENTICATION_EXPIRED: "authentication",
  AUTHENTICATION_REVOKED: "authentication",
  AUTHENTICATOR_FAILED: "authentication",
  AUTHORIZATION_VIOLATION: "authentication",
  CONNECTION_LOST: "network",
  CONNECTION_REFUSED: "refused",
  MAX_CONTROL_LINE_EXCEEDED: "protocol",
  MAX_PAYLOAD_EXCEEDED: "payload",
  PROTOCOL_ERROR: "protocol",
  STALE_CONNECTION: "stale",
  TLS_FAILED: "tls",
  TLS_REQUIRED: "tls",
  TLS_UNAVAILABLE: "tls",
};

/** Who has let an attempt take too long, where it was not the server. */
const TIMEOUT_KINDS: Partial<Record<LinkPhase, CauseKind>> = {
  dialing: "network",
  securing: "tls",
  authenticating: "authentication",
};

/** What a server says of a client that does not run. */
const OF_STALLS: ReadonlySet<CauseKind> = new Set(["stale", "slow-consumer"]);

/** What the system says when we write to a server that has ended the link. */
const RESET = /ECONNRESET|EPIPE/;

/** Errors of the system that mean that the way is broken rather than that nobody listens. */
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ETIMEDOUT/;

/** The application did it. */
export function ownCause(code: "CLOSE" | "RECONNECT"): Cause {
  const message =
    code === "CLOSE" ? "the application closed the connection" : "the application asked for a new connection";
  return { kind: "client", code, message, evidence: [] };
}

/** What is said of the last end as long as there was none. */
export const NOTHING_ENDED = ownCause("CLOSE");

/** Decides why a link ended; `error` is what was seen first. */
export function causeOf(error: Error, facts: LinkFacts): Cause {
  const code = error instanceof CodedError ? error.code : "CONNECTION_LOST";
  const kind = kindOf(error, code, facts);
  return { kind, code, message: error.message, evidence: evidenceOf(error, facts) };
}

function kindOf(error: Error, code: ErrorCode, facts: LinkFacts): CauseKind {
  const detail = error instanceof CodedError ? error.detail : {};
  const stood = facts.localStall > 0;
  if (detail.serverText !== undefined) {
    const kind = findServerError(detail.serverText)?.kind ?? "unknown";
    return stood && OF_STALLS.has(kind) ? "local-stall" : kind;
  }
  if (detail.closedByPeer === true) {
    if (facts.lameDuck) return "lame-duck";
    return stood ? "local-stall" : "server-shutdown";
  }
  if (code === "TIMEOUT") return TIMEOUT_KINDS[facts.phase] ?? "stale";
  if (stood && RESET.test(systemCode(error))) return "local-stall";
  if (UNREACHABLE.test(systemCode(error))) return "network";
  return KINDS[code] ?? "unknown";
}

function systemCode(error: Error): string {
  const cause = error instanceof CodedError ? error.detail.cause : error;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "";
}

const PHASES: Record<LinkPhase, string> = {
  dialing: "no connection yet",
  info: "connected, waiting for INFO",
  securing: "TLS was being set up",
  authenticating: "waiting for the authenticator",
  handshake: "CONNECT was sent, no answer yet",
  ready: "CONNECT was taken, another server was being tried",
  restoring: "subscriptions were being restored",
  joining: "subscriptions were being set up beside another link",
  live: "the link stood",
  leaving: "the link was being left",
  dead: "the link was gone",
};

function evidenceOf(error: Error, facts: LinkFacts): string[] {
  const detail = error instanceof CodedError ? error.detail : {};
  const evidence: string[] = [];
  if (detail.serverText !== undefined) evidence.push(`the server sent -ERR '${detail.serverText}'`);
  if (detail.closedByPeer === true) evidence.push("the other side ended the connection without an error");
  const system = systemCode(error);
  if (system !== "") evidence.push(`the system reported ${system}`);
  if (facts.lameDuck) evidence.push("the server had announced its shutdown (lame duck)");
  if (facts.localStall > 0) {
    evidence.push(`this process did not run for ${Math.round(facts.localStall)} ms just before`);
  }
  evidence.push(
    facts.phase === "live" ? `the link stood for ${Math.round(facts.stood)} ms` : PHASES[facts.phase],
  );
  if (facts.phase !== "dialing") evidence.push(`the last byte came ${Math.round(facts.silence)} ms before`);
  return evidence;
}
