import { CR, LF, SPACE, TAB, ZERO } from "../../wire/ascii.js";
import { VERBS, type Verb } from "./toxics.js";

/** Where a scanner stands in its stream. */
export type Place = "boundary" | "line" | "payload" | "lost";

/** Longest control line that is taken for one, in bytes; INFO and CONNECT may be longer. */
const MAX_LINE = 64 * 1024;
const MAX_LONG_LINE = 4 * 1024 * 1024;
const MAX_PAYLOAD = 2 ** 31;
/** Longer than this, no length is looked at in a hurry. */
const MAX_DIGITS = 10;
/** What a record of TLS begins with: the lowest and the highest of its types. No verb does. */
const [TLS_FIRST, TLS_LAST] = [0x14, 0x17];
/** A verb's characters, seven bits each. `UNSUB` has as many of them as a known verb may. */
const MAX_VERB = 7;

const code = (verb: string): number => [...verb].reduce((sum, char) => sum * 128 + char.charCodeAt(0), 0);
const VERB_OF = new Map<number, Verb>(VERBS.map((verb) => [code(verb), verb]));
const WITH_PAYLOAD: ReadonlySet<Verb> = new Set<Verb>(["PUB", "HPUB", "MSG", "HMSG"]);

/**
 * Finds the frames in one direction of a NATS link, whatever pieces it comes in, and keeps nothing of what it has seen: a
 * line is read byte by byte, a payload is skipped by its length. What is not the protocol (garbage, TLS) loses it for good.
 */
export class FrameScanner {
  /** `boundary` between two frames, also before the first. */
  place: Place = "boundary";
  /** The verb of the frame whose line {@link scan} has completed. */
  verb: Verb | undefined;
  /** Complete frames so far. */
  frames = 0;
  /** Bytes of the payload and its line end that are still to come. */
  private missing = 0;
  private lineLength = 0;
  /** The first word, see {@link code}; -1 when it is too long for a verb. */
  private word = 0;
  private inVerb = true;
  /** The last word of the line so far as a number; -1 when it is none. */
  private last = -1;
  private inWord = false;

  /** Goes to the end of `data`. */
  skip(data: Buffer): void {
    let at = 0;
    while (at < data.length && this.place !== "lost") {
      const next = this.place === "boundary" ? plainFrame(data, at) : -1;
      if (next === -1) at = this.scan(data, at);
      else {
        at = next;
        this.frames++;
      }
    }
  }

  /**
   * Goes on to the end of the current line or payload, or of `data`; returns the offset behind it. A line and its payload
   * are two steps: between them, `place` is `payload` and `verb` is known.
   */
  scan(data: Buffer, at: number): number {
    if (this.place === "payload") return this.payload(data, at);
    if (this.place === "lost") return data.length;
    if (this.place === "boundary") {
      // Its length may look like a space, and what follows like a line that never ends: nothing may wait for that.
      if (data[at] >= TLS_FIRST && data[at] <= TLS_LAST) {
        this.place = "lost";
        return data.length;
      }
      this.begin();
    }
    return this.line(data, at);
  }

  private begin(): void {
    this.place = "line";
    this.verb = undefined;
    this.lineLength = 0;
    this.word = 0;
    this.inVerb = true;
    this.last = -1;
    this.inWord = false;
  }

  private line(data: Buffer, from: number): number {
    let { word, inVerb, last, inWord } = this;
    let at = from;
    const end = data.length;
    while (at < end) {
      const byte = data[at++];
      if (byte === LF) {
        this.word = word;
        this.last = last;
        this.lineLength += at - from;
        this.endLine();
        return at;
      }
      if (byte === SPACE || byte === TAB || byte === CR) {
        inVerb &&= word === 0;
        inWord = false;
      } else if (inVerb) {
        // Verbs may be written small.
        const upper = byte >= 97 && byte <= 122 ? byte - 32 : byte;
        word = word === -1 || byte > 126 || word >= 128 ** (MAX_VERB - 1) ? -1 : word * 128 + upper;
        if (word === -1) {
          this.place = "lost";
          return end;
        }
      } else {
        if (!inWord) last = 0;
        inWord = true;
        const digit = byte - ZERO;
        last = last === -1 || digit < 0 || digit > 9 || last > MAX_PAYLOAD ? -1 : last * 10 + digit;
      }
    }
    this.word = word;
    this.inVerb = inVerb;
    this.last = last;
    this.inWord = inWord;
    this.lineLength += at - from;
    const long = inVerb || VERB_OF.get(word) === "INFO" || VERB_OF.get(word) === "CONNECT";
    if (this.lineLength > (long ? MAX_LONG_LINE : MAX_LINE)) this.place = "lost";
    return at;
  }

  private endLine(): void {
    const verb = VERB_OF.get(this.word);
    if (verb === undefined) {
      this.place = "lost";
      return;
    }
    this.verb = verb;
    if (!WITH_PAYLOAD.has(verb)) {
      this.endFrame();
    } else if (this.last < 0 || this.last > MAX_PAYLOAD) {
      this.place = "lost";
    } else {
      this.place = "payload";
      this.missing = this.last + 2;
    }
  }

  private payload(data: Buffer, from: number): number {
    const take = Math.min(data.length - from, this.missing);
    const at = from + take;
    this.missing -= take;
    // The line end shows that the length was right; of two reads it may be in both.
    if (this.missing === 1) {
      if (data[at - 1] !== CR) this.place = "lost";
    } else if (this.missing === 0) {
      if (data[at - 1] !== LF || (take > 1 && data[at - 2] !== CR)) this.place = "lost";
      else this.endFrame();
    }
    return at;
  }

  private endFrame(): void {
    this.place = "boundary";
    this.frames++;
  }
}

const [P, U, B, M, S, G] = Buffer.from("PUBMSG");

/**
 * The offset behind the usual frame, `PUB` or `MSG` as everybody writes it and whole in this read; -1 for anything else. A
 * proxy without NATS-aware toxics does little but this, so it is fast.
 */
function plainFrame(data: Buffer, at: number): number {
  const first = data[at];
  if (first === P) {
    if (data[at + 1] !== U || data[at + 2] !== B) return -1;
  } else if (first !== M || data[at + 1] !== S || data[at + 2] !== G) return -1;
  const limit = Math.min(data.length, at + MAX_LINE);
  let lf = at + 4;
  while (lf < limit && data[lf] !== LF) lf++;
  if (lf >= limit || data[at + 3] !== SPACE || data[lf - 1] !== CR) return -1;
  let size = 0;
  let before = lf - 2;
  for (let scale = 1; ; scale *= 10, before--) {
    const digit = data[before] - ZERO;
    if (digit < 0 || digit > 9) break;
    size += digit * scale;
  }
  if (before === lf - 2 || lf - before > MAX_DIGITS || data[before] !== SPACE) return -1;
  const end = lf + 1 + size + 2;
  return end <= data.length && data[end - 2] === CR && data[end - 1] === LF ? end : -1;
}
