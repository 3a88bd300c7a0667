/** The subject of the counted messages; the wiretaps subscribe to it by its full name. */
export const DATA_SUBJECT = "demo.data";
/** Where the subscriber says that its subscriptions are in place. */
export const READY_SUBJECT = "demo.subscriber.ready";

/** Sequence (uint32), mark (uint32), send time (float64), all little-endian; the rest is padding. */
export const MIN_PAYLOAD = 16;

/** Guards against counting a stranger's message, should anything else publish to the subject. */
const MARK = 0x484f4c44;

/** Payloads are cut from slabs of this size: one allocation for many messages. */
const SLAB = 1 << 20;

/**
 * Makes the payloads. Every message gets bytes of its own, never a reused buffer: a client may keep a reference
 * until its socket has taken them (nats.js does), and both clients are to be treated alike.
 */
export class PayloadMaker {
  readonly #size: number;
  #slab = Buffer.alloc(0);
  #view = new DataView(this.#slab.buffer);
  #used = 0;

  constructor(size: number) {
    this.#size = size;
  }

  make(sequence: number, sentAt: number): Uint8Array {
    if (this.#used + this.#size > this.#slab.length) this.#newSlab();
    const at = this.#used;
    this.#used += this.#size;
    this.#view.setUint32(at, sequence, true);
    this.#view.setUint32(at + 4, MARK, true);
    this.#view.setFloat64(at + 8, sentAt, true);
    return this.#slab.subarray(at, this.#used);
  }

  #newSlab(): void {
    this.#slab = Buffer.alloc(Math.max(SLAB, this.#size), ".");
    this.#view = new DataView(this.#slab.buffer, this.#slab.byteOffset);
    this.#used = 0;
  }
}

/** The sequence of the payload that begins at `at`, or -1 if it is none of ours. */
export function sequenceAt(bytes: Uint8Array, at: number): number {
  if (at + MIN_PAYLOAD > bytes.length || uint32(bytes, at + 4) !== MARK) return -1;
  return uint32(bytes, at);
}

/** The send time of the payload that begins at `at`. */
export function sentAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at + 8, 8).getFloat64(0, true);
}

// By hand, because a DataView per message would be an allocation per message.
function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
