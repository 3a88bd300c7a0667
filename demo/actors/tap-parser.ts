import { sentAt as sentAtOf, sequenceAt } from "../payload.js";

/** What a wiretap hears. */
export interface TapListener {
  /** A counted message; called for every single one, so it must be cheap. */
  message(sequence: number): void;
  /** After each chunk that held counted messages: the send time of its last one. */
  chunkEnd(sentAt: number): void;
  /** A control line that is no message: INFO, PING, PONG, -ERR. */
  line(text: string): void;
  /** A message that is none of the counted ones; its payload is valid during the call only. */
  stranger?(payload: Buffer): void;
}

/** Reads the sequence of the message whose payload begins at `at`; -1 when it is not a counted one. */
export type SequenceReader = (bytes: Buffer, at: number) => number;

const CR = 13;
const LF = 10;
const LETTER_M = 77;
const NONE = Buffer.alloc(0);

/**
 * Just enough of the NATS protocol to watch one subject at full speed. All counted messages have the same size, so
 * the frames of the wanted subject all look alike: once the first of them was parsed properly, the parser steps
 * from frame to frame and reads four bytes of each. Anything that looks different takes the slow road.
 */
export class TapParser {
  readonly #listener: TapListener;
  readonly #sequenceAt: SequenceReader;
  /** Length of `MSG subject sid size\r\n` and of the whole frame, as learnt from the last frame on the slow road. */
  #headLength = 0;
  #frameLength = 0;
  #rest: Buffer = NONE;

  constructor(listener: TapListener, reader: SequenceReader = sequenceAt) {
    this.#listener = listener;
    this.#sequenceAt = reader;
  }

  /** The chunk may be overwritten after the call: what is left of a frame is copied. */
  feed(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    let last = -1;
    while (at < bytes.length) {
      if (this.#frameLength > 0 && this.#looksUsual(bytes, at)) {
        const payload = at + this.#headLength;
        const sequence = this.#sequenceAt(bytes, payload);
        if (sequence >= 0) {
          this.#listener.message(sequence);
          last = payload;
          at += this.#frameLength;
          continue;
        }
      }
      const next = this.#slow(bytes, at);
      if (next < 0) break;
      at = next;
    }
    if (last >= 0) this.#listener.chunkEnd(sentAtOf(bytes, last));
    this.#rest = at === bytes.length ? NONE : Buffer.from(bytes.subarray(at));
  }

  #looksUsual(bytes: Buffer, at: number): boolean {
    const head = at + this.#headLength;
    const end = at + this.#frameLength;
    return (
      end <= bytes.length &&
      bytes[at] === LETTER_M &&
      bytes[head - 2] === CR &&
      bytes[head - 1] === LF &&
      bytes[end - 2] === CR &&
      bytes[end - 1] === LF
    );
  }

  /** Parses one line (and the payload of a MSG) properly; returns where the next begins, or -1 if it is incomplete. */
  #slow(bytes: Buffer, at: number): number {
    const lineEnd = bytes.indexOf("\r\n", at, "latin1");
    if (lineEnd < 0) return -1;
    const line = bytes.toString("latin1", at, lineEnd);
    const head = lineEnd + 2;
    if (!line.startsWith("MSG ")) {
      this.#listener.line(line);
      return head;
    }
    const size = Number(line.slice(line.lastIndexOf(" ") + 1));
    const end = head + size + 2;
    if (end > bytes.length) return -1;
    const sequence = this.#sequenceAt(bytes, head);
    if (sequence < 0) this.#listener.stranger?.(bytes.subarray(head, head + size));
    else {
      this.#headLength = head - at;
      this.#frameLength = end - at;
      this.#listener.message(sequence);
      this.#listener.chunkEnd(sentAtOf(bytes, head));
    }
    return end;
  }
}
