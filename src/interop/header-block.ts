const CR = 13;
const LF = 10;
const COLON = 58;
const SPACE = 32;
/** Bytes of a slab: many blocks are cut from one. */
const SLAB = 8 * 1024;
/** Up to so many characters a loop in JavaScript is faster than a regular expression and a call of `utf8Write`. */
const SHORT = 96;
const BREAK = /[\r\n\0]/;
const NONE: Buffer = Buffer.alloc(0);
const VERSION = [78, 65, 84, 83, 47, 49, 46, 48] as const;

/** Whether `name` may stand before the colon of a header: printable ASCII, no blank and no colon. */
export function isHeaderName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code <= SPACE || code > 126 || code === COLON) return false;
  }
  return name.length > 0;
}

/** Whether `text` would end its line: then what follows would be a header of its own. */
export function breaksLine(text: string): boolean {
  return BREAK.test(text);
}

/**
 * Writes one block of headers after another (`NATS/1.0`, a line for each value, an empty line), without a string for it.
 * What {@link end} returned is never written again.
 */
export class HeaderBlock {
  private slab = NONE;
  private start = 0;
  private fill = 0;

  /** Begins with the line of the version. */
  begin(): void {
    this.fill = this.start;
    this.reserve(VERSION.length);
    for (let i = 0; i < VERSION.length; i++) this.slab[this.fill++] = VERSION[i];
  }

  /** The rest of the first line. */
  status(text: string): void {
    this.reserve(text.length * 3);
    this.fill += this.slab.utf8Write(text, this.fill);
  }

  /**
   * Appends a line.
   *
   * @param name one that {@link isHeaderName}
   * @returns whether it did: a `value` that {@link breaksLine} is not written
   */
  line(name: string, value: string): boolean {
    this.reserve(name.length + value.length * 3 + 4);
    const { slab } = this;
    let at = this.fill;
    slab[at++] = CR;
    slab[at++] = LF;
    for (let i = 0; i < name.length; i++) slab[at++] = name.charCodeAt(i);
    slab[at++] = COLON;
    slab[at++] = SPACE;
    const end = putValue(slab, at, value);
    if (end < 0) return false;
    this.fill = end;
    return true;
  }

  /** Ends the block with the empty line; returns its bytes. */
  end(): Uint8Array {
    this.reserve(4);
    const { slab, start } = this;
    for (let i = 0; i < 2; i++) {
      slab[this.fill++] = CR;
      slab[this.fill++] = LF;
    }
    const block = slab.subarray(start, this.fill);
    this.start = this.fill;
    // One that a large block has needed is not kept.
    if (slab.length > SLAB) {
      this.slab = NONE;
      this.start = 0;
    }
    return block;
  }

  private reserve(room: number): void {
    const { slab, start, fill } = this;
    if (slab.length - fill >= room) return;
    const used = fill - start;
    this.slab = Buffer.allocUnsafeSlow(Math.max(SLAB, 2 * used + room));
    this.slab.set(slab.subarray(start, fill));
    this.start = 0;
    this.fill = used;
  }
}

/** Returns the offset behind the value, or -1 when it breaks the line. */
function putValue(bytes: Buffer, offset: number, value: string): number {
  const { length } = value;
  if (length > SHORT) return putText(bytes, offset, value);
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code > 127) return putText(bytes, offset, value);
    if (code === CR || code === LF || code === 0) return -1;
    bytes[offset + i] = code;
  }
  return offset + length;
}

function putText(bytes: Buffer, offset: number, text: string): number {
  return breaksLine(text) ? -1 : offset + bytes.utf8Write(text, offset);
}
