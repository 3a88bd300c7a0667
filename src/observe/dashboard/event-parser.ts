/** The longest event that is read of another process, in characters: a `hello` of many connections. */
export const LONGEST_EVENT = 8 * 1024 * 1024;
/** Pieces of an unfinished line that are kept apart. */
const MOST_PIECES = 1_024;
/** What a line costs beside its characters, so that empty ones have a limit, too. */
const LINE = 64;

/**
 * Reads server-sent events as they come in, by the rules of the HTML standard, as far as they are used here: names and data, comments; no ids.
 */
export class EventParser {
  private readonly decoder = new TextDecoder();
  private readonly onEvent: (event: string, data: string) => void;
  /** What came behind the last end of a line, as it came, and how many characters that are. */
  private pieces: string[] = [];
  private length = 0;
  /** The event that is being read: its name, its data line by line, and how long they are together. */
  private event = "";
  private data: string[] = [];
  private size = 0;

  constructor(onEvent: (event: string, data: string) => void) {
    this.onEvent = onEvent;
  }

  /** @throws RangeError when an event is longer than {@link LONGEST_EVENT} */
  read(bytes: Uint8Array): void {
    const piece = this.decoder.decode(bytes, { stream: true });
    this.pieces.push(piece);
    this.length += piece.length;
    if (piece.includes("\n")) this.lines(piece.length);
    // Not at each piece: whoever sends a byte at a time would have all that came before copied as often.
    else if (this.pieces.length > MOST_PIECES) this.pieces = [this.pieces.join("")];
    if (this.length + this.size > LONGEST_EVENT) throw new RangeError("it sends an event that is too long");
  }

  /** @param fresh characters at the end that were not searched for ends of lines */
  private lines(fresh: number): void {
    const text = this.pieces.join("");
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", Math.max(start, text.length - fresh));
      if (end === -1) break;
      const line = text.slice(start, text[end - 1] === "\r" && end > start ? end - 1 : end);
      start = end + 1;
      this.line(line);
    }
    this.length = text.length - start;
    this.pieces = this.length === 0 ? [] : [text.slice(start)];
  }

  private line(line: string): void {
    if (line === "") return this.dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.event = value;
    else if (field === "data") {
      this.data.push(value);
      this.size += value.length + LINE;
    }
  }

  private dispatch(): void {
    const { event, data } = this;
    this.event = "";
    this.data = [];
    this.size = 0;
    if (data.length > 0) this.onEvent(event, data.join("\n"));
  }
}
