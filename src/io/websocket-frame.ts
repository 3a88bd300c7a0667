import { randomFillSync } from "node:crypto";

/** The last frame of its message, which is binary (RFC 6455 §5.2). */
const WHOLE_BINARY = 0x82;
const MASKED = 0x80;

/** Random keys that are left: asking the system for each one would cost more than the mask. */
const keys = new Int32Array(1024);
let keysLeft = 0;

function nextKey(): number {
  if (keysLeft === 0) keysLeft = randomFillSync(keys).length;
  return keys[--keysLeft];
}

/** Bytes from which on a frame takes no more pieces. */
const ENOUGH = 64 * 1024;

/** Memory for a frame, when it is not in use: fresh memory costs as much as the mask. One is enough, since frames are short-lived. */
const spare: Buffer[] = [];
const SPARE_SIZE = 2 * ENOUGH + 32;

/** Bytes of a frame for which Node has memory at hand. */
const SMALL = 4000;

function allocate(size: number): Buffer {
  if (size <= SMALL || size > SPARE_SIZE) return Buffer.allocUnsafe(size);
  return spare.pop() ?? Buffer.allocUnsafeSlow(SPARE_SIZE);
}

/** Says that the system has copied a frame: its memory may be used for the next one. */
export function reuse({ buffer }: Buffer): void {
  if (spare.length === 0 && buffer.byteLength === SPARE_SIZE) spare.push(Buffer.from(buffer));
}

/** How many of the pieces from `from` on go into one frame. */
export function gather(pieces: readonly Uint8Array[], from: number): number {
  let to = from;
  for (let length = 0; to < pieces.length && length < ENOUGH; to++) length += pieces[to].length;
  return to;
}

/**
 * One frame of a client with all pieces in it, masked with a new key as every client has to (RFC 6455 §5.3). The pieces stay
 * as they are. Four bytes at a time: the library's own mask costs more than all the rest of a publish.
 */
export function maskedFrame(pieces: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const header = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  // The key, which ends the header, and the payload behind it lie where words do.
  const buf = allocate(3 + header + length + 3);
  const start = -(buf.byteOffset + header) & 3;
  const body = start + header;
  buf[start] = WHOLE_BINARY;
  if (header === 6) buf[start + 1] = MASKED | length;
  else if (header === 8) {
    buf[start + 1] = MASKED | 126;
    buf.writeUInt16BE(length, start + 2);
  } else {
    buf[start + 1] = MASKED | 127;
    buf.writeUInt32BE(Math.floor(length / 2 ** 32), start + 2);
    buf.writeUInt32BE(length >>> 0, start + 6);
  }
  let at = body;
  for (const piece of pieces) {
    buf.set(piece, at);
    at += piece.length;
  }
  const words = new Int32Array(buf.buffer, buf.byteOffset + body - 4, 1 + ((length + 3) >> 2));
  const key = nextKey();
  words[0] = key;
  for (let i = 1; i < words.length; i++) words[i] ^= key;
  return buf.subarray(start, body + length);
}
