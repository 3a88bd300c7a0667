import type { ClientParser, ParserHost } from "./client-frames.js";

const CR = 13;
const LF = 10;
const C = 67;
const UNKNOWN = "Unknown Protocol Operation";
const SIZE = /^\d{1,9}$/;
/** Between the words of a SUB or UNSUB, and between those of a PUB or HPUB. */
const BLANKS = /[ \t\r\n]+/;
const STRICT_BLANKS = /[ \t]+/;
const NOTHING = Buffer.alloc(0);
/** A client may say INFO, +OK and -ERR, too. */
const VERBS = ["PUB", "PING", "PONG", "HPUB", "SUB", "UNSUB", "CONNECT", "INFO", "+OK", "-ERR"] as const;
type Verb = (typeof VERBS)[number];
const LETTERS: readonly Buffer[] = VERBS.map((verb) => Buffer.from(verb));
/** A blank must follow them. */
const WITH_ARGUMENTS: ReadonlySet<Verb> = new Set<Verb>(["PUB", "HPUB", "SUB", "UNSUB"]);
/** Whatever follows them on the line is ignored. */
const ALONE: ReadonlySet<Verb> = new Set<Verb>(["PING", "PONG", "+OK"]);

/** A message whose control line was taken. */
interface Publish {
  readonly subject: string;
  readonly reply: string;
  /** Undefined for PUB. */
  readonly head: number | undefined;
  readonly total: number;
}

/**
 * Parses what a client sends as nats-server does: verbs in any case, several blanks and tabs, LF without CR behind
 * control lines (not behind payloads), and the same consequence for each mistake. What it holds of an incomplete frame
 * is bounded by `max_control_line` and `max_payload`.
 */
export class ProtocolParser implements ClientParser {
  private readonly host: ParserHost;
  /** An incomplete control line. */
  private line = NOTHING;
  /** A message that is not complete, and what has come of it behind its control line. */
  private publish: Publish | undefined;
  private body = NOTHING;
  private collected = 0;
  private stopped = false;

  constructor(host: ParserHost) {
    this.host = host;
  }

  get held(): number {
    return this.line.length + this.collected;
  }

  stop(): void {
    this.stopped = true;
    this.line = NOTHING;
    this.publish = undefined;
    this.body = NOTHING;
    this.collected = 0;
  }

  feed(bytes: Buffer): void {
    let buf = bytes;
    let at = 0;
    if (this.publish !== undefined) at = this.collect(this.publish, bytes);
    else if (this.line.length > 0) buf = Buffer.concat([this.line, bytes]);
    this.line = NOTHING;
    while (at < buf.length && !this.stopped) at = this.frame(buf, at);
  }

  /** Takes a frame, or as much of it as is there; returns the offset behind. */
  private frame(buf: Buffer, from: number): number {
    const { host } = this;
    const verb = verbAt(buf, from);
    if (host.mustAuthenticate && upper(buf[from]) !== C) return this.refuse("Authorization Violation");
    if (verb === "wrong") return this.refuse(UNKNOWN);
    if (verb === "incomplete") return this.keep(buf.subarray(from), NOTHING);
    const start = from + verb.length;
    if (start < buf.length && WITH_ARGUMENTS.has(verb) && !isBlank(buf[start])) return this.refuse(UNKNOWN);
    let first = start;
    while (first < buf.length && isBlank(buf[first])) first++;
    // The first byte of arguments is one of them, whatever it is.
    const lf = buf.indexOf(LF, ALONE.has(verb) ? start : first + 1);
    let end = lf === -1 ? buf.length : lf;
    // nats-server leaves out the byte before the LF when there was a CR, wherever that was.
    if (end > first && (buf[end - 1] === CR || buf.subarray(first + 1, end).includes(CR))) end--;
    if (end - first > host.maxControlLine) return this.refuse("maximum control line exceeded");
    // Of blanks there may be any number; one of them is kept.
    if (lf === -1) return this.keep(buf.subarray(from, start), buf.subarray(Math.max(start, first - 1)));
    if (ALONE.has(verb)) {
      if (verb === "PING") host.ping();
      else if (verb === "PONG") host.pong();
      return lf + 1;
    }
    const args = buf.utf8Slice(first, end);
    switch (verb) {
      case "PUB":
      case "HPUB":
        return this.message(verb, args, buf, lf + 1);
      case "SUB":
        this.sub(args);
        return lf + 1;
      case "UNSUB":
        this.unsub(args);
        return lf + 1;
      case "CONNECT":
        host.connect(args);
        return lf + 1;
      case "INFO":
        return isObject(args) ? lf + 1 : this.refuse(undefined);
      default:
        return this.refuse(undefined);
    }
  }

  /** Keeps an incomplete line in memory of its own, lest a few bytes hold a whole read. */
  private keep(verb: Buffer, rest: Buffer): number {
    this.line = Buffer.concat([verb, rest]);
    return Number.POSITIVE_INFINITY;
  }

  private refuse(error: string | undefined): number {
    this.host.refuse(error);
    return Number.POSITIVE_INFINITY;
  }

  private sub(args: string): void {
    const words = wordsOf(args);
    if (words.length === 2) this.host.sub(words[0], undefined, words[1]);
    else if (words.length === 3) this.host.sub(words[0], words[1], words[2]);
    else this.refuse(undefined);
  }

  private unsub(args: string): void {
    const words = wordsOf(args);
    if (words.length < 1 || words.length > 2) this.refuse(undefined);
    else this.host.unsub(words[0], words.length === 2 && size(words[1]) > 0 ? size(words[1]) : undefined);
  }

  /** Takes a message whose control line ends at `at`. */
  private message(verb: "PUB" | "HPUB", args: string, buf: Buffer, at: number): number {
    const { host } = this;
    const words = wordsOf(args, STRICT_BLANKS);
    const sizes = verb === "HPUB" ? 2 : 1;
    const names = words.length - sizes;
    if (names !== 1 && names !== 2) return this.refuse(undefined);
    if (verb === "HPUB" && !host.takesHeaders) return this.refuse(undefined);
    const total = size(words[words.length - 1]);
    const head = verb === "HPUB" ? size(words[names]) : undefined;
    if (total < 0 || (head !== undefined && (head < 0 || head > total))) return this.refuse(undefined);
    if (total > host.maxPayload) return this.refuse("Maximum Payload Violation");
    host.publishing(words[0]);
    const publish = { subject: words[0], reply: names === 2 ? words[1] : "", head, total };
    if (buf.length - at >= total + 2) return this.take(publish, buf, at);
    this.publish = publish;
    return this.collect(publish, buf.subarray(at)) + at;
  }

  /** Takes from `bytes` what is missing of a message; returns how much. */
  private collect(publish: Publish, bytes: Buffer): number {
    const { total } = publish;
    const taken = Math.min(bytes.length, total + 2 - this.collected);
    this.grow(this.collected + taken, total + 2);
    bytes.copy(this.body, this.collected, 0, taken);
    this.collected += taken;
    if (this.collected < total + 2) return taken;
    const { body } = this;
    this.publish = undefined;
    this.body = NOTHING;
    this.collected = 0;
    this.take(publish, body, 0);
    return taken;
  }

  /** Makes room for `needed` bytes; memory is taken as bytes come and not as they are announced. */
  private grow(needed: number, most: number): void {
    if (needed <= this.body.length) return;
    const larger = Buffer.allocUnsafe(Math.min(most, Math.max(needed, 2 * this.body.length)));
    this.body.copy(larger, 0, 0, this.collected);
    this.body = larger;
  }

  /** Takes a complete message from `at`; returns the offset behind. */
  private take({ subject, reply, head, total }: Publish, buf: Buffer, at: number): number {
    const end = at + total;
    if (buf[end] !== CR || buf[end + 1] !== LF) return this.refuse(UNKNOWN);
    const body = at + (head ?? 0);
    this.host.publish(subject, reply, head ? buf.subarray(at, body) : undefined, buf.subarray(body, end));
    return end + 2;
  }
}

function verbAt(buf: Buffer, from: number): Verb | "incomplete" | "wrong" {
  let found: "incomplete" | "wrong" = "wrong";
  for (let i = 0; i < LETTERS.length; i++) {
    const letters = LETTERS[i];
    let n = 0;
    while (n < letters.length && from + n < buf.length && upper(buf[from + n]) === letters[n]) n++;
    if (n === letters.length) return VERBS[i];
    if (n > 0 && from + n === buf.length) found = "incomplete";
  }
  return found;
}

function upper(byte: number): number {
  return byte >= 97 && byte <= 122 ? byte - 32 : byte;
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}

function isObject(json: string): boolean {
  try {
    return typeof JSON.parse(json) === "object";
  } catch {
    return false;
  }
}

function wordsOf(args: string, blanks = BLANKS): string[] {
  const words = args.split(blanks);
  if (words[0] === "") words.shift();
  if (words.at(-1) === "") words.pop();
  return words;
}

/** -1 when it is none. */
function size(word: string): number {
  return SIZE.test(word) ? Number(word) : -1;
}
