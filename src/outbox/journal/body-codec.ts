import type { OverflowMessage } from "../../index.js";
import type { Entry } from "./entry.js";

/**
 * The body of a record:
 *
 * ```
 * format u8 | at f64 | reason (length, UTF-8) | slots
 * slot: flags u8 | [subject: length, UTF-8, when new; else its number, unless it is that of the slot before]
 *       | ms since the slot before | [expiry after `at`, f64] | [reply: length, UTF-8] | [headers: length, bytes] | payload: length, bytes
 * ```
 *
 * Numbers are little endian; lengths and the like are LEB128. Subjects are numbered as they appear. A slot whose entry was purged is its flags alone. `reason` is empty but
 * for parked entries: it is here, not in the head, because it may name subjects, and bodies are what is encrypted.
 */
const FORMAT = 1;
const NEW_SUBJECT = 1;
const SAME_SUBJECT = 2;
const EXPIRES = 4;
const REPLY = 8;
const HEADERS = 16;
const GONE = 32;
/** Format, `at`, and the length of an empty reason. */
const START = 10;
/** Flags, and the longest numbers that a slot may have. */
const SLOT = 64;
const FIRST_SIZE = 4096;
const NO_PREVIOUS = -1;

/** Something that is to be stored: a message as the client offers it, or an entry. */
export type Storable = Pick<OverflowMessage, "subject" | "reply" | "headers" | "payload">;

/** Encodes messages, one after the other, into one growing buffer. */
export class BodyWriter {
  /** Slots written. */
  slots = 0;
  private buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  private used = START;
  private readonly subjects = new Map<string, number>();
  private lastSubject = "";
  private lastNumber = NO_PREVIOUS;
  private lastAt: number;

  /**
   * @param at that of the first message: those that follow have no earlier one
   * @param reason why its entries are parked; cut after 1,000 characters
   */
  constructor(at: number, reason = "") {
    this.lastAt = at;
    this.buffer[0] = FORMAT;
    this.buffer.writeDoubleLE(at, 1);
    this.used = 9;
    this.text(reason.slice(0, 1000));
  }

  /** Bytes of the body so far. */
  get size(): number {
    return this.used;
  }

  /**
   * @param at ms since the epoch, a whole number, not before that of the message before
   * @throws RangeError, TypeError when it cannot be encoded; the body is as it was then
   */
  add(message: Storable, at: number, expiresAt: number): void {
    const start = this.reserve(SLOT);
    const { lastAt } = this;
    let kind = 0;
    try {
      // The flags come first; they are written when they are known.
      this.used++;
      kind = this.subject(message.subject);
      this.number(at - lastAt);
      this.lastAt = at;
      kind |= this.rest(message, at, expiresAt);
    } catch (error) {
      if (kind === NEW_SUBJECT) this.subjects.delete(message.subject);
      this.lastNumber = NO_PREVIOUS;
      this.lastAt = lastAt;
      this.used = start;
      throw error;
    }
    this.buffer[start] = kind;
    this.slots++;
  }

  /** A slot whose entry is no more: those that follow keep their numbers. */
  addGone(): void {
    const flags = this.reserve(1);
    this.buffer[flags] = GONE;
    this.used++;
    this.slots++;
  }

  /** The body. Nothing is written after this. */
  finish(): Buffer {
    const { buffer, used } = this;
    // What is kept in memory must not be much larger than what counts against the limits.
    return buffer.length - used > used >> 2
      ? Buffer.from(buffer.subarray(0, used))
      : buffer.subarray(0, used);
  }

  /** Writes it and gives what the flags say of it. */
  private subject(subject: string): number {
    if (subject === this.lastSubject && this.lastNumber !== NO_PREVIOUS) return SAME_SUBJECT;
    const known = this.subjects.get(subject);
    if (known === undefined) {
      this.text(subject);
      this.lastNumber = this.subjects.size;
      this.subjects.set(subject, this.lastNumber);
    } else {
      this.number(known);
      this.lastNumber = known;
    }
    this.lastSubject = subject;
    return known === undefined ? NEW_SUBJECT : 0;
  }

  /** What follows subject and time. */
  private rest({ reply, headers, payload }: Storable, at: number, expiresAt: number): number {
    let kind = 0;
    if (expiresAt !== Number.POSITIVE_INFINITY) {
      kind |= EXPIRES;
      this.buffer.writeDoubleLE(expiresAt - at, this.used);
      this.used += 8;
    }
    if (reply !== "") {
      kind |= REPLY;
      this.text(reply);
    }
    if (headers !== undefined) {
      kind |= HEADERS;
      this.bytes(headers);
    }
    if (typeof payload === "string") this.text(payload);
    else this.bytes(payload);
    return kind;
  }

  private text(text: string): void {
    const length = Buffer.byteLength(text);
    this.reserve(length + SLOT);
    this.number(length);
    this.buffer.utf8Write(text, this.used, length);
    this.used += length;
  }

  private bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length + SLOT);
    this.number(bytes.length);
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  private number(value: number): void {
    const { buffer } = this;
    let rest = value;
    while (rest >= 0x80) {
      buffer[this.used++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    buffer[this.used++] = rest;
  }

  /** Makes room; gives the place where the next byte goes. */
  private reserve(bytes: number): number {
    const needed = this.used + bytes;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
      larger.set(this.buffer.subarray(0, this.used));
      this.buffer = larger;
    }
    return this.used;
  }
}

/** What a body has. */
export interface DecodedBody {
  /** One per slot; undefined where the entry is no more. */
  readonly entries: (StoredEntry | undefined)[];
  /** Why they are parked; empty when they are not. */
  readonly reason: string;
}

/** An entry as it is read; the message id is made only for who asks. */
export class StoredEntry implements Entry {
  readonly outbox: string;
  /** Unique in the outbox. */
  readonly number: number;
  readonly subject: string;
  readonly reply: string;
  readonly headers: Uint8Array | undefined;
  readonly payload: Uint8Array;
  readonly at: number;
  /** By its own ttl. */
  readonly expiry: number;
  readonly expiresAt: number;

  constructor(
    outbox: string,
    number: number,
    subject: string,
    reply: string,
    headers: Uint8Array | undefined,
    payload: Uint8Array,
    at: number,
    expiry: number,
    expiresAt: number,
  ) {
    this.outbox = outbox;
    this.number = number;
    this.subject = subject;
    this.reply = reply;
    this.headers = headers;
    this.payload = payload;
    this.at = at;
    this.expiry = expiry;
    this.expiresAt = expiresAt;
  }

  get messageId(): string {
    return `${this.outbox}-${this.number}`;
  }
}

/** What decoding needs beside the bytes. */
export interface BodyContext {
  /** What their message ids begin with. */
  readonly outbox: string;
  /** The number of the first slot. */
  readonly number: number;
  /** How many slots the head promises. */
  readonly slots: number;
  /** ms after which entries are dropped. */
  readonly maxAge: number;
}

/**
 * Reads a body. Payloads and headers are parts of `body`: no bytes are copied, and only subjects and replies become strings.
 *
 * @throws Error when the bytes are no body, or not the one that the head promises
 */
export function decodeBody(body: Uint8Array, { outbox, number, slots, maxAge }: BodyContext): DecodedBody {
  const reader = new Reader(body);
  const format = reader.byte();
  if (format !== FORMAT) throw new Error(`the body has format ${format}`);
  let at = reader.double();
  const reason = reader.text();
  const subjects: string[] = [];
  const entries = new Array<StoredEntry | undefined>(slots);
  let subject = "";
  for (let slot = 0; slot < slots; slot++) {
    const flags = reader.byte();
    if (flags === GONE) continue;
    if ((flags & SAME_SUBJECT) === 0) {
      if ((flags & NEW_SUBJECT) !== 0) {
        subject = reader.text();
        subjects.push(subject);
      } else subject = subjects[reader.number()];
    }
    // An empty one before the first new one, undefined for a number that stands for none.
    if (!subject) throw new Error(`slot ${slot} has no subject`);
    at += reader.number();
    const expiry = (flags & EXPIRES) === 0 ? Number.POSITIVE_INFINITY : at + reader.double();
    const reply = (flags & REPLY) === 0 ? "" : reader.text();
    const headers = (flags & HEADERS) === 0 ? undefined : reader.bytes();
    const payload = reader.bytes();
    const until = at + maxAge;
    entries[slot] = new StoredEntry(
      outbox,
      number + slot,
      subject,
      reply,
      headers,
      payload,
      at,
      expiry,
      Math.min(expiry, until),
    );
  }
  if (!reader.ended) throw new Error("the body is longer than its messages");
  return { entries, reason };
}

/** Reads in bounds: whatever the bytes are, it throws a `RangeError` rather than giving what is not there. */
class Reader {
  private place = 0;
  private readonly view: Buffer;

  private readonly body: Uint8Array;

  constructor(body: Uint8Array) {
    this.body = body;

    this.view = Buffer.from(body.buffer, body.byteOffset, body.length);
  }

  get ended(): boolean {
    return this.place === this.body.length;
  }

  byte(): number {
    if (this.place >= this.body.length) throw tooShort();
    return this.body[this.place++];
  }

  double(): number {
    const value = this.view.readDoubleLE(this.place);
    this.place += 8;
    return value;
  }

  number(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let factor = 0x80; factor <= 2 ** 49; factor *= 0x80) {
      const next = this.byte();
      value += (next & 0x7f) * factor;
      if (next < 0x80) return value;
    }
    throw new RangeError("a number is too long");
  }

  text(): string {
    const start = this.skip();
    return this.view.utf8Slice(start, this.place);
  }

  bytes(): Uint8Array {
    const start = this.skip();
    return new Uint8Array(this.body.buffer, this.body.byteOffset + start, this.place - start);
  }

  /** Over a length and as many bytes; gives where they begin. */
  private skip(): number {
    const length = this.number();
    const start = this.place;
    if (length > this.body.length - start) throw tooShort();
    this.place = start + length;
    return start;
  }
}

function tooShort(): RangeError {
  return new RangeError("the body is too short");
}
