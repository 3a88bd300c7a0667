import { CodedError, type ErrorCode } from "../errors.js";
import { MAX_CONTROL_LINE } from "./limits.js";

const DOT = 46;
const DELETE = 127;

function describe(text: string): string {
  const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
  return JSON.stringify(shown);
}

function refuse(what: string, text: unknown, why: string, code: ErrorCode = "INVALID_SUBJECT"): CodedError {
  const subject = typeof text === "string" ? text : undefined;
  return new CodedError(
    code,
    `invalid ${what} ${subject === undefined ? `(${typeof text})` : describe(subject)}: ${why}`,
    {
      subject,
    },
  );
}

/**
 * Checks a subject to publish to: not empty, no white space or control character (they would break
 * the protocol line), no empty token (`a..b`, which a server takes silently and delivers to nobody).
 *
 * @throws CodedError `INVALID_SUBJECT`
 */
export function checkSubject(subject: string, what = "subject"): void {
  if (typeof subject !== "string") throw refuse(what, subject, "it must be a string");
  const length = subject.length;
  if (length === 0) throw refuse(what, subject, "it is empty");
  let previous = DOT;
  for (let i = 0; i < length; i++) {
    const c = subject.charCodeAt(i);
    if (c <= 32 || c === DELETE)
      throw refuse(what, subject, "white space and control characters are not allowed");
    if (c === DOT && previous === DOT) throw refuse(what, subject, "a token between the dots is empty");
    previous = c;
  }
  if (previous === DOT) throw refuse(what, subject, "it ends with a dot");
}

/**
 * Checks a subject to subscribe to: as {@link checkSubject}, and `>` only as the last token.
 *
 * @throws CodedError `INVALID_SUBJECT`
 */
export function checkPattern(subject: string): void {
  checkSubject(subject);
  if (subject.startsWith(">.") || subject.includes(".>.")) {
    throw refuse("subject", subject, '">" may only be the last token');
  }
}

/**
 * Checks a queue group name: not empty, no white space or control character.
 *
 * @throws CodedError `INVALID_ARGUMENT`
 */
export function checkQueue(queue: string): void {
  if (typeof queue !== "string") throw refuse("queue", queue, "it must be a string", "INVALID_ARGUMENT");
  if (queue.length === 0) throw refuse("queue", queue, "it is empty", "INVALID_ARGUMENT");
  for (let i = 0; i < queue.length; i++) {
    const c = queue.charCodeAt(i);
    if (c <= 32 || c === DELETE) {
      throw refuse("queue", queue, "white space and control characters are not allowed", "INVALID_ARGUMENT");
    }
  }
}

/** Longest sid, with the blanks around it: sids are counted up from 1. */
const SID_ROOM = 20;

/**
 * Refuses a SUB line that a server with default settings answers by closing the connection.
 *
 * @throws CodedError `MAX_CONTROL_LINE_EXCEEDED`
 */
export function checkSubLine(subject: string, queue: string | undefined): void {
  const line = Buffer.byteLength(subject) + (queue === undefined ? 0 : Buffer.byteLength(queue)) + SID_ROOM;
  if (line <= MAX_CONTROL_LINE) return;
  throw new CodedError(
    "MAX_CONTROL_LINE_EXCEEDED",
    `subject and queue make a control line of ${line} bytes; a server takes ${MAX_CONTROL_LINE}: use shorter ones`,
    { subject },
  );
}

/** Whether `subject` matches `pattern` with its wildcards `*` and `>` (NATS subject rules). */
export function matches(pattern: string, subject: string): boolean {
  if (pattern === subject) return true;
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === ">") return tokens.length > i;
    if (i >= tokens.length) return false;
    if (wanted[i] !== "*" && wanted[i] !== tokens[i]) return false;
  }
  return wanted.length === tokens.length;
}
