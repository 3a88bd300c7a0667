import type { MsgHdrs } from "../../index.js";

/** Name and value of a header. */
export type HeaderLine = readonly [name: string, value: string];

/** What a request takes as headers. */
export type SentHeaders = { readonly headers: MsgHdrs } | { readonly encodedHeaders: Uint8Array };

/** Headers of a message, the same in every try. */
export interface OutgoingHeaders {
  /** Their bytes, as they are sent without addition. */
  readonly size: number;
  /** With these in addition, for one try: to be sent in the same turn. */
  toSend(extra: readonly HeaderLine[]): SentHeaders;
}

/** Given as an object: whatever is around the connection, tracing for one, can add to them. */
export class GivenHeaders implements OutgoingHeaders {
  private readonly headers: MsgHdrs;
  private added: readonly HeaderLine[] = [];

  /** @param headers are its own from now on */
  constructor(headers: MsgHdrs, lines: readonly HeaderLine[]) {
    for (const [name, value] of lines) headers.set(name, value);
    this.headers = headers;
  }

  get size(): number {
    this.toSend([]);
    let size = FIRST_LINE.length + EMPTY_LINE.length;
    for (const [name, values] of this.headers)
      for (const value of values) size += Buffer.byteLength(`${name}: ${value}\r\n`);
    return size;
  }

  toSend(extra: readonly HeaderLine[]): SentHeaders {
    const { headers } = this;
    for (const [name] of this.added) headers.delete(name);
    for (const [name, value] of extra) headers.set(name, value);
    this.added = extra;
    return { headers };
  }
}

const FIRST_LINE = "NATS/1.0\r\n";
const EMPTY_LINE = "\r\n";
const END = Buffer.from("\r\n\r\n");
/** Every header that JetStream reads begins with it. */
const NATS = Buffer.from("\r\nNats-");

/** Given as bytes, and sent as they are, with others behind them: nothing is decoded, and encoded again. */
export class EncodedHeaders implements OutgoingHeaders {
  /** Without the empty line at the end. */
  private readonly block: Buffer;

  /** @param given which {@link takes} is true of; copied */
  constructor(given: Uint8Array, lines: readonly HeaderLine[]) {
    this.block = extended(given, given.length - EMPTY_LINE.length, textOf(lines));
  }

  get size(): number {
    return this.block.length + EMPTY_LINE.length;
  }

  /** Whether lines may stand behind these: they are whole, and none of them is for JetStream, which reads the first of a name. */
  static takes(given: Uint8Array): boolean {
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
    return bytes.length >= END.length && bytes.subarray(-END.length).equals(END) && !bytes.includes(NATS);
  }

  toSend(extra: readonly HeaderLine[]): SentHeaders {
    const { block } = this;
    return { encodedHeaders: extended(block, block.length, textOf(extra) + EMPTY_LINE) };
  }
}

function textOf(lines: readonly HeaderLine[]): string {
  let text = "";
  for (const [name, value] of lines) text += `${name}: ${value}\r\n`;
  return text;
}

/** The first bytes, and a text behind them. */
function extended(bytes: Uint8Array, length: number, text: string): Buffer {
  const all = Buffer.allocUnsafe(length + Buffer.byteLength(text));
  all.set(length === bytes.length ? bytes : bytes.subarray(0, length));
  all.write(text, length);
  return all;
}
