import type { Cause, CauseKind } from "../causes.js";
import { CodedError, type ErrorCode } from "../errors.js";
import { adviceOf, docsOf } from "./advice.js";
import { evidenceOf, isBehind } from "./causes/evidence.js";
import type { LinkFacts, Load } from "./causes/facts.js";
import { systemCode } from "./causes/system-code.js";
import { TOO_BIG, WebSocketClosed } from "./causes/websocket-close.js";
import type { LinkPhase } from "./link.js";
import { findServerError } from "./server-errors.js";

export type { Cause, CauseKind } from "../causes.js";
export { factsOf, type LinkFacts, NOTHING_KNOWN } from "./causes/facts.js";

/** Kinds of errors that are not a server's, by their code. */
const KINDS: Partial<Record<ErrorCode, CauseKind>> = {
  AUTHENTICATION_EXPIRED: "authentication",
  AUTHENTICATION_REVOKED: "authentication",
  AUTHENTICATOR_FAILED: "authentication",
  AUTHORIZATION_VIOLATION: "authentication",
  CALLBACK_FAILED: "client",
  CONNECTION_LOST: "network",
  CONNECTION_REFUSED: "refused",
  // Said by a gateway before the server, over HTTP; what the server says itself is known by its text.
  CONNECTION_THROTTLED: "overload",
  // A server that cannot do what an option wants.
  INVALID_OPTION: "protocol",
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
const RESET = /^(?:ECONNRESET|EPIPE|ECONNABORTED)$/;

/** Errors of the system that mean that the way is broken rather than that nobody listens. */
const UNREACHABLE = /^(?:ENOTFOUND|EAI_\w+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ETIMEDOUT)$/;

/**
 * ms after which nats-server ends a connection that does not begin with TLS where that has to come first (`handshake_first`), with
 * its default `timeout` of 2 s; and how much longer that may take, for who wants no TLS, and is rather at a load balancer, and for who does.
 */
const TLS_PATIENCE = 1900;
const TLS_SOON = 2400;
const TLS_LATE = 3000;

/** What OpenSSL says of bytes that the other side has not sent like this; also in an alert of the other side, of ours. */
const DAMAGED =
  /BAD_RECORD_MAC|DECRYPTION_FAILED|RECORD_OVERFLOW|BAD_RECORD_TYPE|RECORD_LAYER_FAILURE|RECORD_TOO_SMALL|LENGTH_TOO_LONG|WRONG_VERSION_NUMBER|UNEXPECTED_MESSAGE/;
/** Phases in which TLS, if there is any, does not stand yet. */
const BEFORE_TLS: ReadonlySet<LinkPhase> = new Set(["dialing", "info", "securing"]);

/** What JavaScript throws where a program is wrong. */
const MISTAKES = [TypeError, ReferenceError, RangeError, SyntaxError];

/** Part of the time in which a process that cannot keep up does something, and bytes that come in meanwhile at least. */
const SATURATED = 0.9;
const FLOOD = 512 * 1024;
/** Bytes that have come in, at least, when a process that stood still had to be given up: what a system takes for it. */
const PILED_UP = 64 * 1024;
/** ms of a stall from which on a reset is taken for what a server did meanwhile: it gives a write 10 s by default (`write_deadline`). */
const LONG_STALL = 10_000;
/**
 * Bytes a second that nobody slow takes: a server holds 64 MB for a client (`max_pending`) and gives a write 10 s (`write_deadline`), by
 * default. Measured: a server killed in a flood leaves 25 MB/s and more, also where many processes share two cores.
 */
const FAST = 16e6;
/** ms for which that is looked at, at least; and for which a PING waits where there is more before its answer than gets through. */
const SPAN = 1000;

/** The application did it. */
export function ownCause(code: "CLOSE" | "RECONNECT"): Cause {
  const message =
    code === "CLOSE" ? "the application closed the connection" : "the application asked for a new connection";
  return { kind: "client", code, message, evidence: [], advice: [], docs: docsOf("client") };
}

/** What is said of the last end as long as there was none. */
export const NOTHING_ENDED = ownCause("CLOSE");

/** Decides why a link ended; `error` is what was seen first. */
export function causeOf(error: Error, facts: LinkFacts): Cause {
  const code = error instanceof CodedError ? error.code : "CONNECTION_LOST";
  const kind = kindOf(error, code, facts);
  const advice = adviceOf(kind, code, error, facts);
  return {
    kind,
    code,
    message: error.message,
    evidence: evidenceOf(error, facts, kind),
    advice,
    docs: docsOf(kind),
  };
}

function kindOf(error: Error, code: ErrorCode, facts: LinkFacts): CauseKind {
  const { serverText, closedByPeer, byApplication } = error instanceof CodedError ? error.detail : {};
  if (byApplication === true) return "client";
  const stalled = facts.localStall > 0;
  if (serverText !== undefined) {
    // A NATS server says who it is before anything else; what others say looks the same at times.
    const unknown = facts.phase === "info" && facts.info === undefined ? "protocol" : "unknown";
    const kind = findServerError(serverText)?.kind ?? unknown;
    if (stalled && OF_STALLS.has(kind)) return "local-stall";
    // It has waited for CONNECT, and we for the application's authenticator.
    return facts.phase === "authenticating" && kind === "stale" ? "authentication" : kind;
  }
  if (closedByPeer === true) return isTooBig(error) ? "payload" : ofSilentEnd(code, facts);
  if (code === "TIMEOUT") return ofTimeout(facts);
  const system = systemCode(error);
  if (RESET.test(system)) return ofReset(code, facts);
  if (UNREACHABLE.test(system)) return "network";
  if (code === "TLS_FAILED") return ofTls(system, facts);
  if (facts.phase === "dialing" && isMistake(error)) return "client";
  return KINDS[code] ?? "unknown";
}

/** An attempt has taken too long. */
function ofTimeout(facts: LinkFacts): CauseKind {
  if (sleptThrough(facts)) return "local-stall";
  // The system of a server that is frozen accepts connections all the same.
  if (facts.phase === "dialing" && facts.tlsBegun) return "stale";
  return TIMEOUT_KINDS[facts.phase] ?? "stale";
}

/** The other side has ended the link in order, and has not said why. */
function ofSilentEnd(code: ErrorCode, facts: LinkFacts): CauseKind {
  const { phase, took, held, info, stranger, lameDuck, localStall, wantsTls, isWebSocket } = facts;
  if (lameDuck) return "lame-duck";
  if (wasGivenUp(facts)) return "local-stall";
  // A server that does not begin with TLS says so by its INFO, and one that does has 2 s of patience.
  const isBeforeServer = phase === "dialing" && !isWebSocket && took < TLS_PATIENCE;
  if (code === "TLS_FAILED" && mayBeOfTls(facts)) return isBeforeServer ? "network" : "tls";
  // Who accepts connections and ends them before a word has nothing to do with NATS, or no server behind it; but a server that wants
  // TLS first waits for it as long as it always does.
  if (phase === "dialing" || (phase === "info" && held === 0)) {
    // When that was, nobody has seen whose process did not run.
    const late = wantsTls ? TLS_LATE : TLS_SOON;
    return localStall === 0 && took >= TLS_PATIENCE && took <= late ? "tls" : "network";
  }
  // A server writes its INFO at once: where only a part of that has come, something in between has ended the link.
  if (phase === "info" && info === undefined) return stranger === undefined ? "network" : "protocol";
  if (isTooLarge(facts)) return "payload";
  return isTooSlow(facts) ? "slow-consumer" : "server-shutdown";
}

/**
 * This process did not run, and so a server may have ended the link in order without a word. One that misses our PONGs says so, which
 * is read before the end: of a link that stood it is only who could not hand over what it had.
 */
function wasGivenUp({ localStall, phase, load, held }: LinkFacts): boolean {
  if (localStall === 0) return false;
  // A server greets by itself: who ends the link before that has not waited for us.
  if (phase === "info" && held === 0) return false;
  return phase !== "live" || load === undefined || load.inbound >= PILED_UP;
}

/** The link was reset: by something in between, or because the other side had ended it while we wrote. */
function ofReset(code: ErrorCode, facts: LinkFacts): CauseKind {
  if (facts.lameDuck) return "lame-duck";
  if (wasGivenUp(facts) || facts.localStall >= LONG_STALL) return "local-stall";
  if (code === "TLS_FAILED") return BEFORE_TLS.has(facts.phase) || !mayBeOfTls(facts) ? "network" : "tls";
  if (isTooLarge(facts)) return "payload";
  // Who writes, if only a PING, to a server that has given it up is answered by a reset.
  return isTooSlow(facts) ? "slow-consumer" : "network";
}

/** Behind TLS that stands a server may still refuse our certificate, without a word: one that asks for none has no such reason. */
function mayBeOfTls({ phase, info }: LinkFacts): boolean {
  return BEFORE_TLS.has(phase) || info?.tls_verify === true;
}

/** TLS has found something wrong. */
function ofTls(system: string, { phase }: LinkFacts): CauseKind {
  // It stood: what does not fit it any more was changed on the way.
  if (!BEFORE_TLS.has(phase)) return DAMAGED.test(system) ? "network" : "tls";
  return "tls";
}

/** What makes connections in our place, a function of the application's, has a mistake: networks do not fail like this. */
function isMistake(error: Error): boolean {
  const cause = error instanceof CodedError ? error.detail.cause : error;
  return MISTAKES.some((Mistake) => cause instanceof Mistake) && systemCode(error) === "";
}

/** An attempt has failed because this process did not run for most of it. */
function sleptThrough({ localStall, took }: LinkFacts): boolean {
  return localStall > 0 && localStall * 2 >= took;
}

/** Who has closed the websocket does not take messages of this size: the server says more, a gateway has limits of its own. */
function isTooBig(error: Error): boolean {
  const cause = error instanceof CodedError ? error.detail.cause : undefined;
  return cause instanceof WebSocketClosed && cause.closeCode === TOO_BIG;
}

/** A message is on the way that this server does not take: it ends the link, and what it says of that may be lost on the way. */
function isTooLarge({ largest, info }: LinkFacts): boolean {
  return info !== undefined && largest > info.max_payload;
}

/**
 * The server had more for us than we, or the way, could take: nats-server 2.15 says nothing to a slow consumer when it closes. Either
 * this process had no time left while much came in, and more lay ready all the while, or bytes came in until the end and an answer
 * behind them did not. That the link ends within a message is no proof: it does so, too, when a server or a proxy is killed. Nor is all
 * of this: who kills a server just then, nobody sees before the next attempt.
 */
function isTooSlow({ phase, load, silence, waited }: LinkFacts): boolean {
  if (phase !== "live" || silence >= SPAN || load === undefined) return false;
  if (load.inbound < FLOOD || perSecond(load) >= FAST) return false;
  // What lay on a way that took nothing for a while comes in a moment: however short that is, the answer has waited.
  if (waited >= SPAN) return true;
  return load.span >= SPAN && load.busy >= SATURATED && isBehind(load);
}

/** Bytes that came in each second; what came in a shorter time lay in the buffers on the way, and says nothing of how fast that is. */
function perSecond({ span, inbound }: Load): number {
  return (inbound / Math.max(span, SPAN)) * 1000;
}
