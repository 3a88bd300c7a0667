import type { CauseKind } from "../../causes.js";
import { CodedError } from "../../errors.js";
import type { LinkPhase } from "../link.js";
import { harmlessText } from "../server-errors.js";
import type { LinkFacts, Load } from "./facts.js";
import { HttpRefusal } from "./http-refusal.js";
import { isOrderlyEnd, systemCode, systemCodes } from "./system-code.js";
import { WebSocketClosed } from "./websocket-close.js";

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

/** What the system's words mean where they are not clear to everybody. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOTFOUND: "the resolver says that there is no such name",
  EAI_AGAIN: "the resolver gave no answer",
  EHOSTUNREACH: "there is no way to this host",
  ENETUNREACH: "there is no way to its network",
  ETIMEDOUT: "nothing came back from the host",
  EMFILE: "this process has as many files and sockets open as it may have: nothing has left this host",
  ENFILE: "this system has as many files and sockets open as it may have: nothing has left this host",
  ENOMEM: "this system has no memory for another connection: nothing has left this host",
  ENOBUFS: "this system has no buffers for another connection: nothing has left this host",
  EADDRINUSE: "the local address and port that the connection should be from are in use",
  EACCES: "this system does not allow this process the connection",
  EPERM: "this system does not allow this process the connection",
  EADDRNOTAVAIL: "this system has no free local address or port for the connection",
};

/**
 * Part of the time in which more lies ready than a process that is behind has read, at least. Measured: 0.4 to 1; not all of it, since the window
 * of a receiver that has no room is opened again in steps that need not fill a read. A process that keeps up has read in a moment what has piled
 * up in a pause: 0.05 at most, also of one that stands still for 0.2 s again and again.
 */
const BEHIND = 0.25;
/** Longest text of a server that is quoted. */
const LONGEST_QUOTE = 300;
/** ms of which a share says something: of a moment everybody is busy. */
const TELLING = 250;
/** Part of the time that a process is busy from which on it is said. */
const BUSY = 0.75;
/** ms of silence that are said as a possible reason when the other side ends a link. */
const IDLE = 10_000;

/** A text of a server, for people: bounded, and nothing in it that a terminal or a log would obey. */
export function quoted(text: string): string {
  const bounded = text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}...`;
  return harmlessText(bounded);
}

/** What a cause was concluded from, the most telling first; each with its figures. */
export function evidenceOf(error: Error, facts: LinkFacts, kind: CauseKind): string[] {
  return [
    ...ofEnd(error, facts),
    ...ofProcess(facts),
    ...ofLink(facts),
    ...ofTraffic(error, facts),
    ...ofDoubt(error, facts, kind),
  ];
}

/** What the server is not known to have meant by an end without a word. */
function* ofDoubt(error: Error, { phase, unanswered }: LinkFacts, kind: CauseKind): Iterable<string> {
  if (phase !== "live" || !isSilentEnd(error)) return;
  if (kind === "network" && unanswered > 0 && RESET.test(systemCode(error)))
    yield "a server that is killed before it has read all of that resets the link as well: the next attempts tell";
  if (kind === "slow-consumer")
    yield "a server that is stopped while so much is on its way to this client looks the same: the next attempts tell";
  if (kind === "local-stall")
    yield "a server that is stopped while this process does not run looks the same: the next attempts tell";
}

/** How the end was seen. */
function* ofEnd(error: Error, facts: LinkFacts): Iterable<string> {
  const { serverText } = error instanceof CodedError ? error.detail : {};
  const isOrderly = isOrderlyEnd(error);
  if (serverText !== undefined) yield `the server sent -ERR '${quoted(serverText)}'`;
  if (isOrderly) yield "the other side ended the connection without an error";
  const http = error instanceof CodedError ? error.detail.cause : undefined;
  if (http instanceof WebSocketClosed) yield `it closed the websocket with code ${http.words}`;
  if (http instanceof HttpRefusal) {
    const again = http.retryAfter === undefined ? "" : ` (Retry-After: ${quoted(http.retryAfter)})`;
    yield `the websocket upgrade was answered with HTTP ${http.status}${again}`;
  }
  if (facts.stranger !== undefined) yield `what answers there looks like ${facts.stranger}`;
  const system = systemCode(error);
  if (system !== "" && !isOrderly) {
    const codes = systemCodes(error);
    yield codes.length > 1
      ? `the system reported ${codes.join(", ")} for the addresses of the name`
      : `the system reported ${system}`;
    if (Object.hasOwn(MEANINGS, system)) yield MEANINGS[system];
  }
  if (facts.lameDuck) yield "the server had announced its shutdown (lame duck)";
}

function* ofProcess(facts: LinkFacts): Iterable<string> {
  const { localStall, load } = facts;
  if (localStall > 0) yield `this process did not run for ${Math.round(localStall)} ms just before`;
  if (load !== undefined && isBusy(facts)) {
    const share = Math.round(load.busy * 100);
    yield `this process was busy for ${share} % of the last ${Math.round(load.span)} ms, in which ${load.inbound} bytes came in`;
    if (load.inbound > 0 && !isBehind(load))
      yield "it kept up with what came in: it read all that lay ready, again and again";
  }
}

/** How far the link had come. */
function* ofLink({ phase, stood, silence, took, info, isWebSocket, tlsBegun }: LinkFacts): Iterable<string> {
  if (phase === "dialing" && isWebSocket) yield "no websocket yet";
  else if (phase === "dialing" && tlsBegun) yield "connected, TLS was being set up";
  else yield phase === "live" ? `the link stood for ${Math.round(stood)} ms` : PHASES[phase];
  if (phase !== "live" && took > 0) yield `the attempt took ${Math.round(took)} ms`;
  if (phase !== "dialing") yield `the last byte came ${Math.round(silence)} ms before`;
  if (phase === "live" || info === undefined) return;
  const { auth_required, tls_required, tls_verify } = info;
  const flags = Object.entries({ auth_required, tls_required, tls_verify }).filter(([, is]) => is === true);
  if (flags.length > 0) yield `INFO said: ${flags.map(([name]) => name).join(", ")}`;
}

/** What was on its way. */
function* ofTraffic(error: Error, facts: LinkFacts): Iterable<string> {
  const { pings, waited, unanswered, untaken, messages, largest, held, info, load } = facts;
  if (pings > 0) {
    yield `${pings === 1 ? "1 PING" : `${pings} PINGs`} had no answer, the oldest for ${Math.round(waited)} ms`;
  }
  if (unanswered > 0 && facts.phase === "live") {
    yield `${unanswered} bytes had been written since the last answer, of which the system had not taken ${untaken}`;
  }
  if (messages > 0) {
    const most = info === undefined ? "" : `; max_payload is ${info.max_payload}`;
    yield `${messages} messages were on the way, the largest with ${largest} bytes${most}`;
  }
  if (held > 0) {
    const what = facts.phase === "info" && info === undefined ? "the first line" : "a message";
    yield `the link ended within ${what} (${held} bytes are kept for it)`;
  }
  if (held > 0 && facts.phase === "live" && isSilentEnd(error))
    yield "so does one whose server is killed, or gives up a client that is slow";
  if (held > 0 && load !== undefined && load.span > 0)
    yield `${load.inbound} bytes had come in during the last ${Math.round(load.span)} ms`;
  if (isSilentEnd(error) && facts.phase === "live" && idleFor(facts) >= IDLE) {
    yield `nothing had been on the way for ${Math.round(facts.silence)} ms: what stands in between may end idle links`;
  }
}

function isSilentEnd(error: Error): boolean {
  const { serverText } = error instanceof CodedError ? error.detail : {};
  return serverText === undefined && (!(error instanceof CodedError) || error.code === "CONNECTION_LOST");
}

/** ms for which nothing was on a link, as far as that is known. */
export function idleFor({ silence, pings, unanswered }: LinkFacts): number {
  return pings === 0 && unanswered === 0 ? silence : 0;
}

/** What the system says when the other side has thrown the link away. */
const RESET = /^(?:ECONNRESET|EPIPE|ECONNABORTED)$/;

/** Phases of a link that was of use. */
const STOOD: ReadonlySet<LinkPhase> = new Set(["ready", "joining", "live", "leaving", "dead"]);

/** Whether a link was still being made. */
export function isAttempt(phase: LinkPhase): boolean {
  return !STOOD.has(phase);
}

/** More lay ready than this process had read, for a good part of the time. */
export function isBehind({ behind, span }: Load): boolean {
  return behind > 0 && behind >= span * BEHIND;
}

/** This process had little time left just before. */
export function isBusy({ load }: LinkFacts): boolean {
  return load !== undefined && load.span >= TELLING && load.busy >= BUSY;
}
