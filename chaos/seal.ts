import { DATA_SUBJECT, MIN_PAYLOAD, PayloadMaker, sequenceAt } from "../demo/payload.js";

/** The sequence once more, masked, and a checksum, at the end of the payload. */
const TAIL = 8;
const MASK = 0x5ea1ed00;

/** The smallest payload that can be sealed, bytes. */
export const MIN_SEALED = MIN_PAYLOAD + TAIL;

/**
 * Payloads that tell whether they are whole. TCP's checksum does not reach through a proxy, so a byte that was changed
 * on the way arrives as if it had been sent like that: it is for the application to notice, and so it is here.
 */
export class Seal {
  readonly #size: number;
  readonly #maker: PayloadMaker;
  /** What stands before a payload on a wiretap, whose only subscription has the id 1. */
  readonly #head: Buffer;

  /** @param size bytes of a payload, at least {@link MIN_SEALED} */
  constructor(size: number) {
    this.#size = size;
    this.#maker = new PayloadMaker(size);
    this.#head = Buffer.from(`MSG ${DATA_SUBJECT} 1 ${size}\r\n`);
  }

  make(sequence: number, sentAt: number): Uint8Array {
    const payload = this.#maker.make(sequence, sentAt);
    const end = this.#size - TAIL;
    write(payload, end, (sequence ^ MASK) >>> 0);
    write(payload, end + 4, checksum(payload, 0, end + 4));
    return payload;
  }

  /** The sequence of a payload that is whole, else -1. */
  read(payload: Uint8Array): number {
    return payload.length === this.#size ? this.#whole(payload, 0) : -1;
  }

  /** The sequence of the payload that begins at `at` in what a wiretap has read; -1 unless it and its subject are whole. */
  readonly readFrame = (bytes: Buffer, at: number): number => {
    const start = at - this.#head.length;
    const end = at + this.#size;
    // Whoever steps from frame to frame has not looked at the subject.
    if (start < 0 || end > bytes.length) return -1;
    if (bytes.compare(this.#head, 0, this.#head.length, start, at) !== 0) return -1;
    return this.#whole(bytes, at);
  };

  /** Which message this was before one of its bytes was changed; -1 when that cannot be told. */
  guess(payload: Uint8Array): number {
    if (payload.length !== this.#size) return -1;
    const end = this.#size - TAIL;
    const tail = (uint32(payload, end) ^ MASK) >>> 0;
    const head = uint32(payload, 0);
    if (head === tail) return head;
    // The checksum tells which of the two copies is right.
    const mended = Uint8Array.from(payload);
    write(mended, 0, tail);
    if (this.#whole(mended, 0) === tail) return tail;
    mended.set(payload);
    write(mended, end, (head ^ MASK) >>> 0);
    return this.#whole(mended, 0) === head ? head : -1;
  }

  #whole(bytes: Uint8Array, at: number): number {
    const end = at + this.#size - TAIL;
    if (uint32(bytes, end + 4) !== checksum(bytes, at, end + 4)) return -1;
    return sequenceAt(bytes, at);
  }
}

/** FNV-1a. */
function checksum(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return hash >>> 0;
}

function write(bytes: Uint8Array, at: number, value: number): void {
  for (let byte = 0; byte < 4; byte++) bytes[at + byte] = value >>> (8 * byte);
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
