import { CodedError, type ErrorCode, type ErrorDetail } from "../errors.js";
import type { CauseKind } from "./cause.js";

/** A subject as nats-server writes it: with Go's `%q`. */
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const REPLY_PERMISSION = new RegExp(`^permissions violation for publish with reply of ${QUOTED}`, "i");
const PERMISSION = new RegExp(
  `^permissions violation for (publish|subscription) to ${QUOTED}(?: using queue ${QUOTED})?`,
  "i",
);

/** Undoes what Go's `%q` does to those characters that can be in a subject. */
function unquote(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g, (whole, short, long, other) => {
    if (other !== undefined) return other;
    const point = Number.parseInt(short ?? long, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

/**
 * What an `-ERR` means for the link:
 * - `fatal`: who or what we are is refused; the second time in a row from the same server it is final;
 * - `retry`: the server ends the link, another one may stand;
 * - `ignore`: the link stays, one operation has failed.
 */
export type ServerErrorAction = "fatal" | "retry" | "ignore";

/** One text of nats-server's, by how it begins. */
export interface ServerErrorRow {
  /** Lower case: servers mix the cases, and have changed them. */
  readonly prefix: string;
  readonly code: ErrorCode;
  readonly kind: CauseKind;
  readonly action: ServerErrorAction;
  /** It is about the very frame that came last: written again, the frame will meet it again. */
  readonly blames?: true;
}

function row(prefix: string, code: ErrorCode, kind: CauseKind, action: ServerErrorAction): ServerErrorRow {
  return { prefix, code, kind, action };
}

/**
 * The `-ERR` texts that nats-server 2.10 to 2.15 has for clients. `Slow Consumer` and `Secure Connection` are
 * in its source, but 2.15.1 closes without a word in these cases (measured).
 */
export const SERVER_ERRORS: readonly ServerErrorRow[] = [
  row("authorization violation", "AUTHORIZATION_VIOLATION", "authentication", "fatal"),
  // CONNECT has not come in time: the way is slow or one-way, or somebody is busy. Our credentials were not looked at.
  row("authentication timeout", "STALE_CONNECTION", "stale", "retry"),
  row("authorization timeout", "STALE_CONNECTION", "stale", "retry"),
  row("user authentication expired", "AUTHENTICATION_EXPIRED", "authentication", "fatal"),
  row("user authentication revoked", "AUTHENTICATION_REVOKED", "authentication", "fatal"),
  row("account authentication expired", "AUTHENTICATION_EXPIRED", "authentication", "fatal"),
  row("failed account registration", "SERVER_ERROR", "authentication", "retry"),
  row("maximum connections exceeded", "MAX_CONNECTIONS_EXCEEDED", "overload", "retry"),
  row("maximum account active connections exceeded", "MAX_CONNECTIONS_EXCEEDED", "overload", "retry"),
  row("connection throttling is active", "CONNECTION_THROTTLED", "overload", "retry"),
  row("maximum subscriptions exceeded", "MAX_SUBSCRIPTIONS_EXCEEDED", "overload", "ignore"),
  row("permissions violation", "PERMISSIONS_VIOLATION", "authentication", "ignore"),
  row("invalid subject", "INVALID_SUBJECT", "protocol", "ignore"),
  row("invalid publish subject", "INVALID_SUBJECT", "protocol", "ignore"),
  row("stale connection", "STALE_CONNECTION", "stale", "retry"),
  row("slow consumer", "SLOW_CONSUMER", "slow-consumer", "retry"),
  { ...row("maximum payload", "MAX_PAYLOAD_EXCEEDED", "payload", "retry"), blames: true },
  { ...row("maximum control line", "MAX_CONTROL_LINE_EXCEEDED", "protocol", "retry"), blames: true },
  { ...row("unknown protocol operation", "PROTOCOL_ERROR", "protocol", "retry"), blames: true },
  { ...row("parser error", "PROTOCOL_ERROR", "protocol", "retry"), blames: true },
  row("invalid client protocol", "PROTOCOL_ERROR", "protocol", "fatal"),
  row("no responders requires headers", "PROTOCOL_ERROR", "protocol", "fatal"),
  row("attempted to connect to", "PROTOCOL_ERROR", "protocol", "fatal"),
  row("secure connection - tls required", "TLS_REQUIRED", "tls", "fatal"),
];

/** What the table says about a text; undefined when it is not in it. */
export function findServerError(text: string): ServerErrorRow | undefined {
  const lower = text.toLowerCase();
  return SERVER_ERRORS.find(({ prefix }) => lower.startsWith(prefix));
}

/** A text of a server, with nothing in it that a terminal or a log would obey, or that turns the letters around it. */
export function harmlessText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
}

/** Makes an error of the text of an `-ERR`. Its message is {@link harmlessText}; `detail.serverText` is what came. */
export function serverError(text: string): CodedError {
  const detail: ErrorDetail = { serverText: text };
  const reply = REPLY_PERMISSION.exec(text);
  const permission = PERMISSION.exec(text);
  if (reply !== null) {
    detail.operation = "publish";
    detail.reply = unquote(reply[1]);
  } else if (permission !== null) {
    detail.operation = permission[1].toLowerCase() as "publish" | "subscription";
    detail.subject = unquote(permission[2]);
    if (permission[3] !== undefined) detail.queue = unquote(permission[3]);
  }
  return new CodedError(findServerError(text)?.code ?? "SERVER_ERROR", harmlessText(text), detail);
}

/** The text of the `-ERR` that an error was made of. */
function serverText(error: Error | undefined): string | undefined {
  return error instanceof CodedError ? error.detail.serverText : undefined;
}

/**
 * Whether a server has ended a link for what we wrote: `"certain"` when it says so, `"possible"` when its
 * text is unknown; undefined when it was something else.
 */
export function blameOf(error: Error | undefined): "certain" | "possible" | undefined {
  const text = serverText(error);
  if (text === undefined) return undefined;
  const found = findServerError(text);
  if (found === undefined) return "possible";
  return found.blames === true ? "certain" : undefined;
}

/** Whether the server has refused who we are, rather than what we did. */
export function isAuthError(error: Error | undefined): boolean {
  const text = serverText(error);
  const found = text === undefined ? undefined : findServerError(text);
  return found?.kind === "authentication" && found.action === "fatal";
}

/** Whether the server, or the account, has no room for us: it is well, and asking it often makes it worse. */
export function isFull(error: Error | undefined): boolean {
  // A gateway in front of the servers says it by HTTP.
  if (error instanceof CodedError && error.code === "CONNECTION_THROTTLED") return true;
  const text = serverText(error);
  const found = text === undefined ? undefined : findServerError(text);
  return found?.kind === "overload" && found.action === "retry";
}

/** Whether trying this server again makes no sense, see {@link ServerErrorAction}. */
export function isFatal(error: Error | undefined): boolean {
  const text = serverText(error);
  return text !== undefined && findServerError(text)?.action === "fatal";
}
