import { Random } from "../random.js";

/** Who made a message, by the letter that its content begins with. */
export const Origin = { client: "m", outside: "x", service: "r" } as const;
export type Origin = (typeof Origin)[keyof typeof Origin];

const PATTERN_BYTES = 512 * 1024;
const PATTERN = pattern();
const TEXT = text();

function pattern(): Buffer {
  const random = new Random(1);
  const bytes = Buffer.alloc(PATTERN_BYTES);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.int(256);
  return bytes;
}

function text(): string {
  const random = new Random(2);
  // One, two, three and four bytes a character, and what looks like the protocol.
  const parts = ["a", "Z", " ", "é", "ß", "漢", "🜁", "\r\n", "PUB x 3\r\n", "PING\r\n", "\0"];
  let made = "";
  while (made.length < 32 * 1024)
    made += random.chance(0.8) ? "0123456789abcdef"[random.int(16)] : random.pick(parts);
  return made;
}

function head(origin: Origin, id: number): string {
  return `${origin}${id};`;
}

/** Whether content of so many bytes is too short to say which message it is: then the subject must. */
export function isNameless(id: number, size: number): boolean {
  return size < head("m", id).length;
}

/** Content of `size` bytes that names its message, written into `target`, which the caller may use again. */
export function writeBytes(target: Buffer, origin: Origin, id: number, size: number): Buffer {
  const name = head(origin, id);
  const view = target.subarray(0, size);
  const shift = (id * 31) % 4096;
  PATTERN.copy(view, 0, shift, shift + size);
  if (size >= name.length) view.latin1Write(name, 0);
  return view;
}

/** The same in memory of its own. */
export function makeBytes(origin: Origin, id: number, size: number): Buffer {
  return writeBytes(Buffer.alloc(size), origin, id, size);
}

/** Text content of about `chars` characters that names its message. */
export function makeText(origin: Origin, id: number, chars: number): string {
  const shift = (id * 31) % 4096;
  const body = TEXT.slice(shift, shift + chars);
  // Half a character at either end would not survive the encoding.
  return head(origin, id) + body.toWellFormed().replaceAll("\ufffd", "?");
}

/** Whether `payload` is what {@link writeBytes} made for this message. */
export function isBytes(payload: Buffer, origin: Origin, id: number, size: number): boolean {
  if (payload.length !== size) return false;
  const name = head(origin, id);
  const named = size >= name.length ? name.length : 0;
  const shift = (id * 31) % 4096;
  if (named > 0 && payload.latin1Slice(0, named) !== name) return false;
  return PATTERN.compare(payload, named, size, shift + named, shift + size) === 0;
}

/**
 * A number that names a message, whoever made it: from its content, or from the last token of its
 * subject. 0 when it has no name (a server's "no responders").
 */
export function markOf(subject: string, payload: Uint8Array): number {
  const letter = payload.length === 0 ? 0 : "mxr".indexOf(String.fromCharCode(payload[0])) + 1;
  if (letter > 0) {
    let id = 0;
    for (let i = 1; i < payload.length && i < 12; i++) {
      const byte = payload[i];
      if (byte === 59 && i > 1) return id * 4 + letter;
      if (byte < 48 || byte > 57) break;
      id = id * 10 + byte - 48;
    }
  }
  const token = subject.slice(subject.lastIndexOf(".") + 1);
  return /^i-\d+$/.test(token) ? Number(token.slice(2)) * 4 + 1 : 0;
}

/** The message of the client that a mark names, or 0. */
export function clientId(mark: number): number {
  return mark % 4 === 1 ? (mark - 1) / 4 : 0;
}

/** The request that the answer named by a mark belongs to, or 0. */
export function answeredId(mark: number): number {
  return mark % 4 === 3 ? (mark - 3) / 4 : 0;
}
