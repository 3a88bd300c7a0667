import { codedError } from "../../checks/coded-error.js";
import { describeCause } from "../../errors.js";
import { type HoldfastError, headers, type MsgHdrs } from "../../index.js";
import { errorLine, oneLine } from "./plain-text.js";

/** Characters of `Dead-Letter-Error`, at most. */
const LONGEST_ERROR = 500;
/** Characters of a name in a header, at most: subjects, queues and names have their own bounds, mostly. */
const LONGEST_NAME = 1000;

/** Why a message was given up, and where it came from. */
export interface DeadLetter {
  /** Subject that it came on. */
  readonly subject: string;
  /** The last failure: its code is the reason. */
  readonly error: HoldfastError;
  /** Tries that failed. */
  readonly attempts: number;
  /** When it was given up; default: now. */
  readonly time?: Date;
  /** Name of the connection. */
  readonly client?: string;
  readonly queue?: string;
  /** For a message of a stream. */
  readonly stream?: string;
  readonly sequence?: number;
  readonly consumer?: string;
  /** Bytes of the payload, when the dead letter is stored without it: it would be too large. */
  readonly truncated?: number;
}

/** Names of headers that can be sent, and what their values may not have. */
const NAME = /^[!-9;-~]+$/;
const LINE_BREAK = /[\r\n\0]/;

/** The headers of a message; undefined when it has none, or when they cannot be read: what came in may be anything. */
export function readableHeaders(msg: { readonly headers?: MsgHdrs | undefined }): MsgHdrs | undefined {
  try {
    return msg.headers;
  } catch {
    return undefined;
  }
}

/**
 * Headers of a dead letter: those of the message, but what has a meaning for servers (`Nats-…`: message id, expected sequence, TTL, …), and
 * `Dead-Letter-Subject`, `-Reason` (the code), `-Error` (text, one line), `-Time` (ISO 8601), `-Attempts`, `-Client`, `-Queue`,
 * `-Stream`, `-Sequence`, `-Consumer`, `-Truncated`, as far as they are known. Those of an earlier dead letter are replaced.
 */
export function deadLetterHeaders(original: MsgHdrs | undefined, letter: DeadLetter): MsgHdrs {
  const made = headers();
  for (const [name, values] of original ?? [])
    if (!/^(nats-|dead-letter-)/i.test(name)) copy(made, name, values);
  const {
    subject,
    error,
    attempts,
    time = new Date(),
    client,
    queue,
    stream,
    sequence,
    consumer,
    truncated,
  } = letter;
  const facts: Record<string, string | number | undefined> = {
    Subject: subject,
    Reason: error.code,
    Error: errorLine(error, LONGEST_ERROR),
    Time: time.toISOString(),
    Attempts: attempts,
    Client: client,
    Queue: queue,
    Stream: stream,
    Sequence: sequence,
    Consumer: consumer,
    Truncated: truncated,
  };
  for (const [name, value] of Object.entries(facts)) {
    if (value !== undefined) made.set(`Dead-Letter-${name}`, oneLine(String(value), LONGEST_NAME));
  }
  return made;
}

/** What a dead letter has of its message. Each is smaller than the one before. */
const PARTS = ["all", "payload", "nothing"] as const;
const NOTHING = new Uint8Array();

/**
 * Sends a dead letter with as much of its message as there is room for: all of it; without the headers that it had; without its payload, whose bytes the
 * headers tell then. Rejects as `send` does.
 *
 * @param send rejects with `MAX_PAYLOAD_EXCEEDED` when it is too large, and was surely not sent
 * @returns bytes of the payload for which there was no room; 0 mostly
 */
export async function sendDeadLetter(
  { headers: original, data }: { readonly headers: MsgHdrs | undefined; readonly data: Uint8Array },
  letter: DeadLetter,
  send: (payload: Uint8Array, headers: MsgHdrs) => Promise<unknown>,
): Promise<number> {
  for (const part of PARTS) {
    if (part === "payload" && original === undefined) continue;
    const isBare = part === "nothing";
    const truncated = isBare ? { truncated: data.length } : {};
    const made = deadLetterHeaders(part === "all" ? original : undefined, { ...letter, ...truncated });
    try {
      await send(isBare ? NOTHING : data, made);
      return isBare ? data.length : 0;
    } catch (error) {
      const { code } = Object(error) as { code?: unknown };
      if (code !== "MAX_PAYLOAD_EXCEEDED" || isBare) throw error;
    }
  }
  return 0;
}

/** The error of a dead letter that could not be put to `to`; `cause` is why. */
export function deadLetterFailed(to: string, subject: string, cause: unknown): HoldfastError {
  const text = `the dead letter of a message on "${subject}" could not be put to "${to}": ${describeCause(cause)}`;
  return codedError("DEAD_LETTER_FAILED", text, { subject: to, cause });
}

/** The error of a dead letter that was put to `to` without its payload, which lies nowhere then. */
export function deadLetterTruncated(to: string, subject: string, bytes: number): HoldfastError {
  const text = `the dead letter of a message on "${subject}" was put to "${to}" without its payload: there is no room for its ${bytes} bytes`;
  return codedError("DEAD_LETTER_FAILED", text, { subject: to });
}

/** What nobody could send is left out: names and values that came in may be anything. */
function copy(made: MsgHdrs, name: string, values: readonly string[]): void {
  if (!NAME.test(name)) return;
  for (const value of values) {
    if (LINE_BREAK.test(value)) continue;
    try {
      made.append(name, value);
    } catch {
      // The message matters more than one of its headers.
    }
  }
}
