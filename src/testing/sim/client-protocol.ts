import type { ClientFrames, ClientParser } from "../broker/client-frames.js";
import { Violation } from "./violation.js";

const CR = 13;
const MAX_LINE = 4096;
const NUMBER = /^(?:0|[1-9]\d{0,9})$/;
const SUBJECT = /^[^\s\0]+$/;
const HEADER_START = Buffer.from("NATS/1.0\r\n");
const HEADER_END = Buffer.from("\r\n\r\n");

/**
 * Parses what a client sends, by the letter of the protocol and stricter than any server: one blank
 * between words, upper-case verbs, exact sizes. Anything else is a {@link Violation} `protocol`: it shows
 * that frames were torn, joined or overwritten on their way out.
 */
export class ClientProtocol implements ClientParser {
  private readonly sink: ClientFrames;
  private rest: Buffer | undefined;
  private stopped = false;

  constructor(sink: ClientFrames) {
    this.sink = sink;
  }

  /** Bytes of a frame that is not complete. */
  get held(): number {
    return this.rest?.length ?? 0;
  }

  /** The connection is over: nothing more is parsed, also not of the read under way. */
  stop(): void {
    this.stopped = true;
    this.rest = undefined;
  }

  feed(bytes: Buffer): void {
    let buf = bytes;
    if (this.rest !== undefined) buf = Buffer.concat([this.rest, bytes]);
    this.rest = undefined;
    let at = 0;
    while (at < buf.length && !this.stopped) {
      const next = this.frame(buf, at);
      if (next === -1) {
        this.rest = at === 0 ? buf : buf.subarray(at);
        return;
      }
      at = next;
    }
  }

  /** Takes one frame at `from`; returns the offset behind it, or -1 when it is not complete. */
  private frame(buf: Buffer, from: number): number {
    const cr = buf.indexOf(CR, from);
    const lineEnd = cr === -1 ? buf.length : cr;
    if (lineEnd - from > MAX_LINE) throw bad(buf, from, `a control line of ${lineEnd - from} bytes`);
    if (cr === -1 || cr + 1 === buf.length) return -1;
    if (buf[cr + 1] !== 10) throw bad(buf, from, "CR without LF");
    const line = buf.toString("utf8", from, cr);
    const words = line.split(" ");
    const behind = cr + 2;
    switch (words[0]) {
      case "PUB":
      case "HPUB":
        return this.message(buf, from, behind, words);
      case "PING":
        if (words.length !== 1) throw bad(buf, from, "PING with words behind it");
        this.sink.ping();
        return behind;
      case "PONG":
        if (words.length !== 1) throw bad(buf, from, "PONG with words behind it");
        this.sink.pong();
        return behind;
      case "SUB":
        this.sub(buf, from, words);
        return behind;
      case "UNSUB":
        this.unsub(buf, from, words);
        return behind;
      case "CONNECT":
        this.sink.connect(line.slice("CONNECT ".length));
        return behind;
      default:
        throw bad(buf, from, "unknown verb");
    }
  }

  private sub(buf: Buffer, from: number, words: string[]): void {
    if (words.length !== 3 && words.length !== 4) throw bad(buf, from, "SUB takes two or three words");
    const [, subject, queue] = words;
    if (!words.slice(1).every((word) => SUBJECT.test(word))) throw bad(buf, from, "an empty word");
    const sid = words[words.length - 1];
    number(buf, from, sid);
    this.sink.sub(subject, words.length === 4 ? queue : undefined, sid);
  }

  private unsub(buf: Buffer, from: number, words: string[]): void {
    if (words.length !== 2 && words.length !== 3) throw bad(buf, from, "UNSUB takes one or two words");
    const max = words.length === 3 ? number(buf, from, words[2]) : undefined;
    if (max === 0) throw bad(buf, from, "UNSUB after 0 messages");
    number(buf, from, words[1]);
    this.sink.unsub(words[1], max);
  }

  private message(buf: Buffer, from: number, start: number, words: string[]): number {
    const withHeaders = words[0] === "HPUB";
    const sizes = withHeaders ? 2 : 1;
    const names = words.length - 1 - sizes;
    if (names !== 1 && names !== 2) throw bad(buf, from, `${words[0]} with ${words.length - 1} words`);
    if (!words.slice(1, 1 + names).every((word) => SUBJECT.test(word))) throw bad(buf, from, "an empty word");
    const total = number(buf, from, words[words.length - 1]);
    const head = withHeaders ? number(buf, from, words[words.length - 2]) : 0;
    if (head > total) throw bad(buf, from, "headers larger than the message");
    const end = start + total;
    if (buf.length < end + 2) return -1;
    if (buf[end] !== CR || buf[end + 1] !== 10) throw bad(buf, from, `no line end behind ${total} bytes`);
    const body = start + head;
    const headers = withHeaders ? buf.subarray(start, body) : undefined;
    if (headers !== undefined) {
      const starts = headers.subarray(0, HEADER_START.length).equals(HEADER_START);
      const ends = headers.length >= 4 && headers.subarray(-HEADER_END.length).equals(HEADER_END);
      if (!starts || !ends) throw bad(buf, from, "a header block without its frame");
    }
    this.sink.publish(words[1], names === 2 ? words[2] : "", headers, buf.subarray(body, end));
    return end + 2;
  }
}

function number(buf: Buffer, from: number, word: string): number {
  if (!NUMBER.test(word)) throw bad(buf, from, `${JSON.stringify(word)} is not a number`);
  return Number(word);
}

function bad(buf: Buffer, from: number, why: string): Violation {
  const shown = JSON.stringify(buf.toString("latin1", from, Math.min(buf.length, from + 48)));
  return new Violation("protocol", `${why}: ${shown}`);
}
