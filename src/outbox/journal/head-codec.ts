import { crc32 } from "node:zlib";

/** The newest format of heads and bodies that this code reads and writes. */
export const FORMAT = 1;

/**
 * The head of a record, at most 256 bytes:
 *
 * ```
 * "HF" | format u8 | flags u8 | slots u32 | done u32 | gone u32 | body length u32 | body CRC u32 | at f64 | last at f64 | number f64 | expiry f64
 * | prefix of message ids (length u8, ASCII) | CRC of all before, u32
 * ```
 */
export interface RecordHead {
  /** What the message ids of its entries begin with, in which the outbox's own id comes first: a damaged head of the store can be made anew from it. */
  readonly outbox: string;
  /** Its entries were refused for good, and are not sent. */
  readonly parked: boolean;
  /** Its body has been through the user's `encrypt`. */
  readonly encrypted: boolean;
  /** How many entries it was stored with. */
  readonly slots: number;
  /** How many of them, from the start, have their outcome. */
  readonly done: number;
  /** How many of the others are no more. */
  readonly gone: number;
  /** The body as it is on disk. */
  readonly length: number;
  readonly crc: number;
  /** When its first and its last entry were taken, ms since the epoch. */
  readonly at: number;
  readonly lastAt: number;
  /** That of its first entry, for message ids; the others follow. */
  readonly number: number;
  /** When the last of its entries is worth nothing any more by its own ttl; Infinity: never. */
  readonly expiresAt: number;
}

const MAGIC = 0x4648;
const PARKED = 1;
const ENCRYPTED = 2;
const FIXED = 57;
/** Bytes of what message ids begin with, at most. */
export const MAX_OUTBOX_ID = 128;

/** A head whose format is newer than what this code knows. */
export class NewerFormat extends Error {
  readonly format: number;
  /** Another version is needed. */
  readonly retryable = false;

  constructor(format: number) {
    super(`it has format ${format}, which is newer than ${FORMAT}: update holdfast`);
    this.format = format;
  }
}

/** @throws RangeError when the outbox id is too long */
export function encodeHead(head: RecordHead): Buffer {
  const id = Buffer.from(head.outbox, "latin1");
  if (id.length > MAX_OUTBOX_ID)
    throw new RangeError(`the outbox id has ${id.length} bytes, not at most ${MAX_OUTBOX_ID}`);
  const bytes = Buffer.allocUnsafe(FIXED + id.length + 4);
  bytes.writeUInt16LE(MAGIC, 0);
  bytes[2] = FORMAT;
  bytes[3] = (head.parked ? PARKED : 0) | (head.encrypted ? ENCRYPTED : 0);
  bytes.writeUInt32LE(head.slots, 4);
  bytes.writeUInt32LE(head.done, 8);
  bytes.writeUInt32LE(head.gone, 12);
  bytes.writeUInt32LE(head.length, 16);
  bytes.writeUInt32LE(head.crc, 20);
  bytes.writeDoubleLE(head.at, 24);
  bytes.writeDoubleLE(head.lastAt, 32);
  bytes.writeDoubleLE(head.number, 40);
  bytes.writeDoubleLE(head.expiresAt, 48);
  bytes[56] = id.length;
  bytes.set(id, FIXED);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

/**
 * @throws NewerFormat
 * @throws Error when the bytes are no head, or damaged
 */
export function decodeHead(bytes: Uint8Array): RecordHead {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.length < FIXED + 4 || view.readUInt16LE(0) !== MAGIC) throw new Error("it is no head of a record");
  if (view.readUInt32LE(view.length - 4) !== crc32(view.subarray(0, -4))) {
    throw new Error("the checksum of the head is wrong");
  }
  if (view[2] > FORMAT) throw new NewerFormat(view[2]);
  const head = {
    outbox: view.latin1Slice(FIXED, FIXED + view[56]),
    parked: (view[3] & PARKED) !== 0,
    encrypted: (view[3] & ENCRYPTED) !== 0,
    slots: view.readUInt32LE(4),
    done: view.readUInt32LE(8),
    gone: view.readUInt32LE(12),
    length: view.readUInt32LE(16),
    crc: view.readUInt32LE(20),
    at: view.readDoubleLE(24),
    lastAt: view.readDoubleLE(32),
    number: view.readDoubleLE(40),
    expiresAt: view.readDoubleLE(48),
  };
  // The checksum is right, so a wrong sum is a hostile or a foreign head; what counts on it must not go below 0.
  const { slots, done, gone, number } = head;
  const fits = done + gone <= slots && Number.isSafeInteger(number) && number >= 0;
  if (!fits || Number.isNaN(head.at) || Number.isNaN(head.lastAt) || Number.isNaN(head.expiresAt)) {
    throw new Error("the head contradicts itself");
  }
  return head;
}
