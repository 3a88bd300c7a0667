import { CodedError } from "../errors.js";
import { CR, digits, LF, SPACE, writeDecimal } from "./ascii.js";
import type { Chunk } from "./chunk.js";
import { hasHeaders, Kind, pack } from "./frame.js";
import { MAX_CONTROL_LINE } from "./limits.js";
import type { SubjectEntry } from "./subject-cache.js";

const H = 72;
const PING = [80, 73, 78, 71, CR, LF] as const;
/** Up to so many bytes a loop in JavaScript is faster than a call of `set`. */
const SHORT = 48;
/** Two sizes of up to ten digits, blanks, `H`, and two line ends. */
const OVERHEAD = 27;

function put(target: Uint8Array, offset: number, source: Uint8Array): number {
  const length = source.length;
  if (length > SHORT) {
    target.set(source, offset);
    return offset + length;
  }
  let i = 0;
  // Four at a time: the loop itself took up to a third of an append.
  for (const last = length - 3; i < last; i += 4) {
    const at = offset + i;
    target[at] = source[i];
    target[at + 1] = source[i + 1];
    target[at + 2] = source[i + 2];
    target[at + 3] = source[i + 3];
  }
  for (; i < length; i++) target[offset + i] = source[i];
  return offset + length;
}

/** Upper bound of the encoded size of a publish; cheap, no look at the bytes of strings. */
export function publishBound(
  entry: SubjectEntry,
  reply: string,
  headers: Uint8Array | undefined,
  payload: Uint8Array | string,
): number {
  const body = typeof payload === "string" ? payload.length * 3 : payload.length;
  return (
    entry.prefix.length + reply.length * 3 + (headers === undefined ? 0 : headers.length) + body + OVERHEAD
  );
}

/** Size of headers and payload together in bytes: what `max_payload` limits. */
export function publishSize(headers: Uint8Array | undefined, payload: Uint8Array | string): number {
  const body = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
  return body + (headers === undefined ? 0 : headers.length);
}

/** Exact encoded size of a publish in bytes. */
export function publishBytes(
  entry: SubjectEntry,
  reply: string,
  headers: Uint8Array | undefined,
  payload: Uint8Array | string,
): number {
  const size = publishSize(headers, payload);
  const hdr = headers === undefined ? 0 : digits(headers.length) + 2;
  const inbox = reply === "" ? 0 : Buffer.byteLength(reply) + 1;
  return entry.prefix.length + inbox + hdr + digits(size) + 4 + size;
}

/**
 * Refuses what would make a control line that a server with default settings answers by closing the
 * connection.
 *
 * @throws CodedError `MAX_CONTROL_LINE_EXCEEDED`
 */
export function checkControlLine(entry: SubjectEntry, reply: string): void {
  const line = entry.prefix.length + Buffer.byteLength(reply) + OVERHEAD;
  if (line > MAX_CONTROL_LINE) {
    throw new CodedError(
      "MAX_CONTROL_LINE_EXCEEDED",
      `subject and reply make a control line of up to ${line} bytes; a server takes ${MAX_CONTROL_LINE}: use shorter ones`,
      { subject: entry.subject },
    );
  }
}

/**
 * Encodes one PUB or HPUB frame at the end of `chunk`, which must have room for
 * {@link publishBound} (or exactly {@link publishBytes}) bytes, and enters it in the chunk's index.
 * Returns the size of headers and payload.
 */
export function encodePublish(
  chunk: Chunk,
  kind: number,
  entry: SubjectEntry,
  reply: string,
  headers: Uint8Array | undefined,
  payload: Uint8Array | string,
): number {
  const bytes = chunk.bytes;
  let at = chunk.fill;
  if (headers !== undefined) bytes[at++] = H;
  at = put(bytes, at, entry.prefix);
  if (reply !== "") {
    at += bytes.utf8Write(reply, at);
    bytes[at++] = SPACE;
  }
  let size = 0;
  if (headers !== undefined) {
    at = writeDecimal(bytes, at, headers.length);
    bytes[at++] = SPACE;
    size = headers.length;
  }
  if (typeof payload === "string") {
    const body = textBody(bytes, at, headers, payload);
    size += bodySize;
    at = body;
  } else {
    size += payload.length;
    at = writeDecimal(bytes, at, size);
    bytes[at++] = CR;
    bytes[at++] = LF;
    if (headers !== undefined) at = put(bytes, at, headers);
    at = put(bytes, at, payload);
  }
  bytes[at++] = CR;
  bytes[at++] = LF;
  const frame = chunk.count;
  chunk.ends[frame] = at;
  chunk.meta[frame] = pack(kind, headers !== undefined, size);
  chunk.count = frame + 1;
  chunk.fill = at;
  return size;
}

/** Bytes of the text that {@link textBody} wrote last: a second return value without an object. */
let bodySize = 0;

/**
 * Writes size, line end, headers and text. The size stands before the text, so it is guessed to be one
 * byte a character, which holds for nearly all; else all is written once more.
 */
function textBody(bytes: Buffer, start: number, headers: Uint8Array | undefined, text: string): number {
  const extra = headers === undefined ? 0 : headers.length;
  let guess = text.length;
  for (;;) {
    let at = writeDecimal(bytes, start, extra + guess);
    bytes[at++] = CR;
    bytes[at++] = LF;
    if (headers !== undefined) at = put(bytes, at, headers);
    const written = bytes.utf8Write(text, at);
    if (written === guess) {
      bodySize = guess;
      return at + guess;
    }
    guess = written;
  }
}

/** Appends a PING frame to the chunk, which always has room for one. */
export function encodePing(chunk: Chunk): void {
  const { bytes, count } = chunk;
  let at = chunk.fill;
  for (let i = 0; i < PING.length; i++) bytes[at++] = PING[i];
  chunk.ends[count] = at;
  chunk.meta[count] = Kind.Ping;
  chunk.pings.push(count);
  chunk.count = count + 1;
  chunk.fill = at;
}

/** Appends a line of the protocol (SUB, UNSUB) that is ready to be sent, with its line end. */
export function encodeProtocol(chunk: Chunk, line: Uint8Array): void {
  const { count } = chunk;
  const at = put(chunk.bytes, chunk.fill, line);
  chunk.ends[count] = at;
  chunk.meta[count] = Kind.Protocol;
  chunk.count = count + 1;
  chunk.fill = at;
}

/** The parts of a PUB or HPUB frame, read back from a chunk: for reports and for attributing errors. */
export interface PublishedFrame {
  readonly subject: string;
  readonly reply: string;
  readonly hasHeaders: boolean;
  /** Offset of headers and payload in the chunk. */
  readonly start: number;
  /** Offset behind the payload. */
  readonly end: number;
  /** Bytes of the headers. */
  readonly headers: number;
}

/** Reads frame number `frame` of `chunk`, which must be a PUB or HPUB frame. */
export function decodePublish(chunk: Chunk, frame: number): PublishedFrame {
  const from = chunk.startOf(frame);
  const lineEnd = chunk.bytes.indexOf(CR, from);
  const words = chunk.bytes.utf8Slice(from, lineEnd).split(" ");
  const withHeaders = hasHeaders(chunk.meta[frame]);
  const sizes = withHeaders ? 2 : 1;
  return {
    subject: words[1],
    reply: words.length === 2 + sizes ? "" : words[2],
    hasHeaders: withHeaders,
    start: lineEnd + 2,
    end: chunk.ends[frame] - 2,
    headers: withHeaders ? Number(words[words.length - 2]) : 0,
  };
}
