import { CodedError } from "../errors.js";
import type { WebSocketClosed } from "./causes/websocket-close.js";
import type { Link, LinkPhase } from "./link.js";
import { findServerError, serverError } from "./server-errors.js";

/** Longest refusal that is read, in bytes. */
const MAX_REFUSAL = 256;

/**
 * Bytes in plain text stand where TLS has to begin. A server that has no room says so there, and closes; whatever would be final
 * (who we are was not looked at yet), or is no error at all, could have been put there by anyone.
 */
export function plainText(bytes: Buffer): CodedError {
  const text = /^-ERR '([^'\r\n]*)'\r\n$/.exec(
    bytes.latin1Slice(0, Math.min(bytes.length, MAX_REFUSAL)),
  )?.[1];
  if (text !== undefined && findServerError(text)?.action === "retry") return serverError(text);
  return new CodedError(
    "PROTOCOL_ERROR",
    "the server went on in plain text behind an INFO that leads to TLS",
  );
}

/** Why a server refuses us, with what is known of it here: a server says only that it does. */
export function explained(link: Link, error: CodedError): CodedError {
  if (error.code !== "AUTHORIZATION_VIOLATION") return error;
  const { listen } = link.server.address;
  const what = link.anonymous
    ? "wants credentials, and none were given (options user and pass, token, authenticator, or in the URL)"
    : "has refused the credentials";
  return new CodedError(error.code, `${error.message}: ${listen} ${what}`, error.detail);
}

/** The server shows no sign of life. */
export function stale(text: string): CodedError {
  return new CodedError("STALE_CONNECTION", text);
}

/** The server has announced that it shuts down, before the link was of use. */
export function shuttingDown({ server }: Link): CodedError {
  return new CodedError("CONNECTION_REFUSED", `${server.address.listen} shuts down (lame duck mode)`);
}

/** Phases in which the server had taken us: the handshake is over. */
const TAKEN: ReadonlySet<LinkPhase> = new Set(["ready", "joining", "live", "leaving"]);

/** The server closed the link, with no word why, but for the code of a websocket. */
export function closedByServer(link: Link, cause?: WebSocketClosed): CodedError {
  const { listen } = link.server.address;
  const detail = { closedByPeer: true, ...(cause !== undefined && { cause }) };
  return TAKEN.has(link.phase)
    ? new CodedError("CONNECTION_LOST", `${listen} closed the connection`, detail)
    : new CodedError("CONNECTION_REFUSED", `${listen} closed the connection during the handshake`, detail);
}

/** The server was left on purpose, and no other one may be gone to. */
export function leftForGood(server: string): CodedError {
  return new CodedError("CONNECTION_LOST", `${server} was left, and option "reconnect" is false`, {
    byApplication: true,
  });
}

/** An attempt took longer than `timeout` ms; tells how far it came. */
export function attemptTimeout(link: Link, timeout: number): CodedError {
  const waiting: Record<string, string> = {
    dialing: "could not be reached",
    info: "accepted the connection and sent no INFO",
    securing: "did not finish the TLS handshake",
    authenticating: "was reached, but the authenticator did not answer",
    handshake: "did not answer CONNECT",
    restoring: "did not answer the PING behind the subscriptions",
  };
  const { listen } = link.server.address;
  if (link.tlsBegun) waiting.dialing = "accepted the connection and did not answer the TLS handshake";
  return new CodedError(
    "TIMEOUT",
    `${listen} ${waiting[link.phase] ?? "did not answer"} within ${timeout} ms`,
  );
}

/** A server of before 2018 sends everything back to whom it is from, whatever CONNECT says. */
export function noEchoUnsupported(link: Link): CodedError {
  const why = `is not supported by ${link.server.address.listen}: its protocol is too old`;
  return new CodedError("INVALID_OPTION", `option "noEcho" ${why}`, { option: "noEcho" });
}

/** The application did not let the replay go on in time. */
export function holdExpired(timeout: number): CodedError {
  return new CodedError(
    "BEFORE_REPLAY_FAILED",
    `beforeReplay has not settled within ${timeout} ms (option "beforeReplayTimeout"): the replay goes on`,
  );
}

/** More PONGs than PINGs have come. */
export function surplusPong({ server }: Link): CodedError {
  return new CodedError(
    "PROTOCOL_ERROR",
    `${server.address.listen} has sent a PONG that nobody had asked for: confirmations of this link may have come too early`,
  );
}
