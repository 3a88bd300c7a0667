import { CodedError } from "../errors.js";
import { CR, LF, SPACE, TAB, ZERO } from "./ascii.js";
import { MAX_INBOUND_PAYLOAD, MAX_INFO_LINE, MAX_SERVER_LINE } from "./limits.js";

/**
 * Where parsed frames go. Offsets are into `buf`, which stays valid as long as anyone refers to it.
 * A sink may call {@link Parser.halt} at any time; nothing is delivered after that.
 */
export interface ParserSink {
  /**
   * MSG or HMSG. Subject `buf[subject, subjectEnd)`, reply `buf[reply, replyEnd)` (empty when equal),
   * headers `buf[start, body)` (none when equal), payload `buf[body, end)`.
   */
  onMessage(
    buf: Buffer,
    sid: number,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void;
  onInfo(json: string): void;
  onPing(): void;
  onPong(): void;
  onOk(): void;
  /** The text of `-ERR`, without its quotes. */
  onError(text: string): void;
  /** What of a line that is no NATS may stand in an error: who echoes may send back what nobody else may read. Default: all of it. */
  quotable?(line: string): string;
}

/** Takes the messages alone. */
export type MessageReceiver = Pick<ParserSink, "onMessage">;

const I = 73;
const M = 77;
const S = 83;
const G = 71;
const HH = 72;
const QUOTE = 39;
/** Most characters of a line that is no NATS that an error quotes. */
const QUOTED = 32;

/**
 * Incremental parser of what a server sends. Frames that lie whole in one read are handed on as offsets
 * into it; only a frame that spans reads is copied, into a buffer of its exact size. Everything a server
 * sends is untrusted: lines and payload sizes are bounded before memory is taken.
 */
export class Parser {
  private readonly sink: ParserSink;
  private readonly maxPayload: number;
  private halted = false;
  /** A control line that has begun in an earlier read. */
  private line: Buffer | undefined;
  private lineFill = 0;
  /** A message whose line is known and whose payload is still coming in: line and payload in one buffer. */
  private frame: Buffer | undefined;
  private frameFill = 0;

  // The line parsed last; fields and not an object, since there is one per message.
  private sid = 0;
  private subject = 0;
  private subjectEnd = 0;
  private reply = 0;
  private replyEnd = 0;
  private headerSize = 0;
  private size = 0;

  /** @param maxPayload largest payload with headers that is taken, in bytes; default 64 MiB */
  constructor(sink: ParserSink, maxPayload = MAX_INBOUND_PAYLOAD) {
    this.sink = sink;
    this.maxPayload = maxPayload;
  }

  /** Stops delivery, also in the middle of a read: what follows on this link is nobody's business. */
  halt(): void {
    this.halted = true;
    this.line = undefined;
    this.frame = undefined;
  }

  /** Bytes that are held for a frame that is not complete. */
  get held(): number {
    return (
      (this.line === undefined ? 0 : this.line.length) + (this.frame === undefined ? 0 : this.frame.length)
    );
  }

  /**
   * Takes one read. Returns how many bytes of it were looked at: all, unless it was halted.
   *
   * @throws CodedError `PROTOCOL_ERROR` on anything that is not the protocol; the link is of no use then
   */
  parse(buf: Buffer): number {
    let at = 0;
    if (this.frame !== undefined) at = this.continueFrame(buf);
    else if (this.line !== undefined) at = this.continueLine(buf);
    const length = buf.length;
    while (at < length && !this.halted) {
      const next = this.plainMessage(buf, at);
      if (next !== -1) {
        at = next;
        continue;
      }
      const eol = this.findLineEnd(buf, at);
      if (eol === -1) {
        this.beginLine(buf, at);
        return length;
      }
      const first = buf[at];
      if (first === M || first === HH) {
        this.parseMessageLine(buf, at, eol);
        const start = eol + 2;
        const end = start + this.size;
        if (end + 2 > length) {
          this.beginFrame(buf, at, start);
          return length;
        }
        this.deliver(buf, start);
        at = end + 2;
      } else {
        this.control(buf, at, eol);
        at = eol + 2;
      }
    }
    return at;
  }

  /**
   * The usual frame in one walk over its line: `MSG subject sid size`, single blanks, no reply, whole in
   * this read. Delivers it and returns the offset behind it; -1 for anything else, which the code below
   * takes apart with all its checks.
   */
  private plainMessage(buf: Buffer, from: number): number {
    const limit = Math.min(buf.length, from + MAX_SERVER_LINE);
    const subject = from + 4;
    if (subject >= limit || buf[from] !== M || buf[from + 1] !== S || buf[from + 2] !== G) return -1;
    if (buf[from + 3] !== SPACE) return -1;
    let at = subject;
    while (at < limit && buf[at] > SPACE) at++;
    const subjectEnd = at;
    if (at === limit || at === subject || buf[at] !== SPACE) return -1;

    const sidAt = ++at;
    let sid = 0;
    for (let d = buf[at] - ZERO; d >= 0 && d <= 9; d = buf[++at] - ZERO) sid = sid * 10 + d;
    if (at === sidAt || at - sidAt > 9 || at >= limit || buf[at] !== SPACE) return -1;

    const sizeAt = ++at;
    let size = 0;
    for (let d = buf[at] - ZERO; d >= 0 && d <= 9; d = buf[++at] - ZERO) size = size * 10 + d;
    if (at === sizeAt || at - sizeAt > 9 || size > this.maxPayload) return -1;

    const start = at + 2;
    const end = start + size;
    if (at >= limit || end + 2 > buf.length || buf[at] !== CR || buf[at + 1] !== LF) return -1;
    if (buf[end] !== CR || buf[end + 1] !== LF) return -1;
    this.sink.onMessage(buf, sid, subject, subjectEnd, sizeAt, sizeAt, start, start, end);
    return end + 2;
  }

  /** Offset of the CR that ends the line at `from`, or -1 when the LF behind it has not come yet. */
  private findLineEnd(buf: Buffer, from: number): number {
    const length = buf.length;
    const cap = from + MAX_SERVER_LINE;
    const limit = Math.min(length, cap);
    let at = from;
    // A line feed of its own is no line end, and no part of a line: it must not depend on how reads were cut.
    while (at < limit && buf[at] !== CR && buf[at] !== LF) at++;
    if (at === cap) at = this.findInfoEnd(buf, from);
    if (at < length && buf[at] === LF) throw garbage(buf, from, this.sink);
    if (at + 1 >= length) return -1;
    if (buf[at + 1] !== LF) throw garbage(buf, from, this.sink);
    return at;
  }

  private findInfoEnd(buf: Buffer, from: number): number {
    if (buf[from] !== I) throw tooLong(MAX_SERVER_LINE);
    let at = from;
    while (at < buf.length && buf[at] !== CR && buf[at] !== LF) at++;
    if (at - from > MAX_INFO_LINE) throw tooLong(MAX_INFO_LINE);
    return at;
  }

  private beginLine(buf: Buffer, from: number): void {
    const rest = buf.length - from;
    this.line = Buffer.allocUnsafeSlow(Math.max(256, rest * 2));
    buf.copy(this.line, 0, from);
    this.lineFill = rest;
  }

  private continueLine(buf: Buffer): number {
    const line = this.line!;
    const lf = buf.indexOf(LF);
    const take = lf === -1 ? buf.length : lf + 1;
    const fill = this.lineFill + take;
    const limit = line[0] === I ? MAX_INFO_LINE : MAX_SERVER_LINE;
    if (fill > limit + 2) throw tooLong(limit);
    let target = line;
    if (fill > line.length) {
      target = Buffer.allocUnsafeSlow(fill * 2);
      line.copy(target, 0, 0, this.lineFill);
      this.line = target;
    }
    buf.copy(target, this.lineFill, 0, take);
    this.lineFill = fill;
    if (lf === -1) return take;
    this.line = undefined;
    const whole = target.subarray(0, fill);
    const eol = this.findLineEnd(whole, 0);
    if (eol !== fill - 2) throw garbage(whole, 0, this.sink);
    if (whole[0] !== M && whole[0] !== HH) {
      this.control(whole, 0, eol);
      return take;
    }
    this.parseMessageLine(whole, 0, eol);
    this.beginFrame(whole, 0, fill);
    return take + this.continueFrame(take === 0 ? buf : buf.subarray(take));
  }

  /** Copies what is there of a message that is not complete: its line, and its payload so far. */
  private beginFrame(buf: Buffer, from: number, start: number): void {
    const head = start - from;
    const frame = Buffer.allocUnsafeSlow(head + this.size + 2);
    buf.copy(frame, 0, from);
    this.frame = frame;
    this.frameFill = buf.length - from;
    // The offsets of the line, moved to where it lies now.
    this.subject -= from;
    this.subjectEnd -= from;
    this.reply -= from;
    this.replyEnd -= from;
  }

  private continueFrame(buf: Buffer): number {
    const frame = this.frame!;
    const missing = frame.length - this.frameFill;
    const take = Math.min(buf.length, missing);
    buf.copy(frame, this.frameFill, 0, take);
    this.frameFill += take;
    if (this.frameFill < frame.length) return take;
    this.frame = undefined;
    this.deliver(frame, frame.length - this.size - 2);
    return take;
  }

  private deliver(buf: Buffer, start: number): void {
    const end = start + this.size;
    if (buf[end] !== CR || buf[end + 1] !== LF) throw noEnd(this.size);
    this.sink.onMessage(
      buf,
      this.sid,
      this.subject,
      this.subjectEnd,
      this.reply,
      this.replyEnd,
      start,
      start + this.headerSize,
      end,
    );
  }

  /**
   * `MSG subject sid [reply] size` or `HMSG subject sid [reply] headers total`. Blanks are single in what
   * servers send; runs of blanks and tabs are taken as one.
   */
  private parseMessageLine(buf: Buffer, from: number, eol: number): void {
    const withHeaders = buf[from] === HH;
    let at = from + (withHeaders ? 5 : 4);
    const name = withHeaders ? from + 1 : from;
    if (at > eol || buf[name] !== M || buf[name + 1] !== S || buf[name + 2] !== G || !isBlank(buf[at - 1])) {
      throw garbage(buf, from, this.sink);
    }
    while (isBlank(buf[at])) at++;
    this.subject = at;
    while (at < eol && !isBlank(buf[at])) at++;
    this.subjectEnd = at;
    while (isBlank(buf[at])) at++;
    let sid = 0;
    const sidStart = at;
    for (; at < eol && !isBlank(buf[at]); at++) {
      const d = buf[at] - ZERO;
      if (d < 0 || d > 9) throw garbage(buf, from, this.sink);
      sid = sid * 10 + d;
    }
    if (at === sidStart || this.subjectEnd === this.subject || at - sidStart > 15)
      throw garbage(buf, from, this.sink);
    this.sid = sid;
    while (isBlank(buf[at])) at++;

    // What is left is [reply] [headers] total, and the numbers are read from the end.
    let last = eol;
    while (last > at && isBlank(buf[last - 1])) last--;
    const total = wordStart(buf, at, last);
    this.size = this.number(buf, total, last, from);
    let rest = trimEnd(buf, at, total);
    if (withHeaders) {
      const hdr = wordStart(buf, at, rest);
      this.headerSize = this.number(buf, hdr, rest, from);
      if (this.headerSize > this.size) throw garbage(buf, from, this.sink);
      rest = trimEnd(buf, at, hdr);
    } else {
      this.headerSize = 0;
    }
    this.reply = at;
    this.replyEnd = rest;
    for (let i = at; i < rest; i++) if (isBlank(buf[i])) throw garbage(buf, from, this.sink);
    if (this.size > this.maxPayload) {
      throw new CodedError(
        "PROTOCOL_ERROR",
        `the server announces a message of ${this.size} bytes; at most ${this.maxPayload} are taken`,
      );
    }
  }

  private number(buf: Buffer, start: number, end: number, line: number): number {
    if (start === end || end - start > 10) throw garbage(buf, line, this.sink);
    let value = 0;
    for (let i = start; i < end; i++) {
      const d = buf[i] - ZERO;
      if (d < 0 || d > 9) throw garbage(buf, line, this.sink);
      value = value * 10 + d;
    }
    return value;
  }

  private control(buf: Buffer, from: number, eol: number): void {
    let end = from;
    while (end < eol && end < from + 5 && !isBlank(buf[end])) end++;
    const word = buf.latin1Slice(from, end);
    if (word === "PING") this.sink.onPing();
    else if (word === "PONG") this.sink.onPong();
    else if (word === "-ERR") this.sink.onError(errorText(buf, from + 4, eol));
    else if (word === "INFO") this.sink.onInfo(buf.utf8Slice(from + 4, eol));
    else if (word === "+OK") this.sink.onOk();
    else throw garbage(buf, from, this.sink);
  }
}

function errorText(buf: Buffer, from: number, eol: number): string {
  let start = from;
  let end = trimEnd(buf, from, eol);
  while (start < end && isBlank(buf[start])) start++;
  if (end - start >= 2 && buf[start] === QUOTE && buf[end - 1] === QUOTE) {
    start++;
    end--;
  }
  return buf.utf8Slice(start, end);
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

function wordStart(buf: Buffer, from: number, end: number): number {
  let at = end;
  while (at > from && !isBlank(buf[at - 1])) at--;
  return at;
}

function trimEnd(buf: Buffer, from: number, end: number): number {
  let at = end;
  while (at > from && isBlank(buf[at - 1])) at--;
  return at;
}

/**
 * It quotes the beginning of the line alone: what comes behind it may be the payload of an application. A line is made harmless before it is
 * cut, so that no part of a secret is left over.
 */
function garbage(buf: Buffer, from: number, sink: ParserSink): CodedError {
  const limit = Math.min(buf.length, from + MAX_SERVER_LINE);
  let end = from;
  while (end < limit && buf[end] !== CR && buf[end] !== LF) end++;
  const line = buf.utf8Slice(from, end);
  const quoted = sink.quotable?.(line) ?? line;
  const shown = quoted.replace(/[^\x20-\x7e]/g, "?");
  const text = shown.length > QUOTED ? `${shown.slice(0, QUOTED)}…` : shown;
  return new CodedError(
    "PROTOCOL_ERROR",
    `the server sent something that is not the NATS protocol: "${text}"`,
  );
}

/** What stands where a message should have ended is part of a payload: it is not quoted. */
function noEnd(size: number): CodedError {
  return new CodedError(
    "PROTOCOL_ERROR",
    `the server sent something that is not the NATS protocol: a message of ${size} bytes without a line end behind them`,
  );
}

function tooLong(limit: number): CodedError {
  return new CodedError("PROTOCOL_ERROR", `the server sent a control line of more than ${limit} bytes`);
}
