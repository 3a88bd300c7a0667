import { isHoldfastError } from "../errors.js";
import type { Cause } from "../index.js";

/** Their texts quote what the application threw, what a validator says of a message, or what another service has answered: it may be anything. */
const QUOTING: ReadonlySet<string> = new Set([
  "BEFORE_REPLAY_FAILED",
  "CALLBACK_FAILED",
  "HANDLER_FAILED",
  "INVALID_MESSAGE",
  "SERVICE_ERROR",
]);

/**
 * Their texts are a server's own, or have what it sent: subjects, reply subjects and queue groups in quotation marks, and bytes that made no sense. That of a
 * dead letter names the subject of the message beside its own.
 */
const OF_SERVERS: ReadonlySet<string> = new Set([
  "DEAD_LETTER_FAILED",
  "PERMISSIONS_VIOLATION",
  "PROTOCOL_ERROR",
  "SERVER_ERROR",
  "STREAM_REFUSED",
]);

/** What servers quote, with Go's `%q`: a quotation mark inside is escaped. A text may have been cut before its end. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/gs;

/** A text of a server, as it stands in the evidence of a cause. */
const ERR = /^the server sent -ERR /;

/** Longer texts are cut: what is remembered has to be bounded, whoever has written it. */
const LONGEST = 500;

/** What stands in the place of a subject. */
const SUBJECT = "{subject}";

/** The code of an error: a closed set, with `UNKNOWN` for what is not Holdfast's. */
export function codeOf(error: Error): string {
  return isHoldfastError(error) ? error.code : "UNKNOWN";
}

/**
 * What of an error may be shown to everybody: its code, and its text unless that quotes the application; without the names of subjects, which
 * may tell of customers and orders, and bounded.
 */
export function safeText(error: Error): string {
  const code = codeOf(error);
  if (code === "UNKNOWN" || QUOTING.has(code)) return code;
  const { subject } = error as { subject?: unknown };
  const text = code === "OUTBOX_FAILED" ? failureOf(error) : withoutQuoted(code, error.message);
  return `${code}: ${shown(typeof subject === "string" ? withoutSubject(text, subject) : text)}`;
}

/** What an outbox could not do. Its own text has a path, and what a user's store or a hook for encryption threw. */
function failureOf(error: Error): string {
  const { operation, cause } = error as { operation?: unknown; cause?: { code?: unknown } | null };
  const what = typeof operation === "string" && /^[a-z]{1,20}$/.test(operation) ? operation : "an operation";
  const why = cause?.code;
  return typeof why === "string" && /^[A-Z][A-Z0-9_]{1,30}$/.test(why)
    ? `${what} failed (${why})`
    : `${what} failed`;
}

/** The same of a cause. */
export function safeCause({ code, message }: Cause): string {
  return QUOTING.has(code) ? code : `${code}: ${shown(withoutQuoted(code, message))}`;
}

/** The same of what a cause was concluded from. */
export function safeEvidence({ evidence }: Cause): string[] {
  return evidence.map((fact) => shown(ERR.test(fact) ? hideQuoted(fact) : fact));
}

/** The same of what to do about it: all of it is Holdfast's own, but for `host:port` and numbers. */
export function safeAdvice({ advice }: Cause): string[] {
  return advice.map(shown);
}

/**
 * A text as it may be shown to those who may see subjects: bounded, and without what stands before the host in a URL. Holdfast itself puts no
 * credentials into errors; what a dialer of the application throws goes through as it is, and may quote one.
 */
export function shown(text: string): string {
  const redacted = text.includes("@") ? text.split(" ").map(withoutCredentials).join(" ") : text;
  return cut(redacted);
}

/** A text of bounded length. */
export function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`;
}

/** Rather too much than too little. */
function withoutCredentials(word: string): string {
  const at = word.lastIndexOf("@");
  return at === -1 ? word : `***${word.slice(at)}`;
}

/** A text without a subject. Only where that stands as a word of its own: one that is called `a` is not in every other word. */
export function withoutSubject(text: string, subject: string): string {
  if (subject === "") return text;
  const spellings = [subject, JSON.stringify(subject).slice(1, -1)];
  if (!spellings.some((spelling) => text.includes(spelling))) return text;
  return text.replace(new RegExp(`(?<!\\w)(?:${spellings.map(escaped).join("|")})(?!\\w)`, "g"), SUBJECT);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

function withoutQuoted(code: string, text: string): string {
  return OF_SERVERS.has(code) ? hideQuoted(text) : text;
}

function hideQuoted(text: string): string {
  return text.replace(QUOTED, `"${SUBJECT}"`);
}
