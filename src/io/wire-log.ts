/** Fields of CONNECT that are nobody's business. */
const SECRET = /("(?:pass|auth_token|jwt|sig)":")(?:[^"\\]|\\.)*"/g;

/** Longest part of a line that is kept and printed: INFO can be large. */
const LONGEST = 64 * 1024;

/** Frames that a payload follows; its size is the last word of their line. */
const WITH_PAYLOAD = /^H?(?:PUB|MSG) /i;

const LF = 0x0a;

/** Prints the protocol lines of one link, for option `debug`: no payloads, no secrets. */
export class WireLog {
  private readonly server: string;
  private readonly print: (line: string) => void;
  private readonly received = new LineReader((line) => this.tell("<", line));
  private readonly sent = new LineReader((line) => this.tell(">", line));

  /** @param print default: to stderr */
  constructor(server: string, print: (line: string) => void = console.error) {
    this.server = server;
    this.print = print;
  }

  in(bytes: Uint8Array): void {
    this.received.read(bytes);
  }

  out(bytes: Uint8Array): void {
    this.sent.read(bytes);
  }

  private tell(direction: string, line: string): void {
    this.print(`${this.server} ${direction} ${masked(line)}`);
  }
}

/** What may be shown of a line, credentials masked. A CONNECT that is cut off is not shown further than its name. */
function masked(line: string): string {
  const shown = line.startsWith("CONNECT ") && line.length >= LONGEST ? "CONNECT …" : line;
  // What could move the cursor of a terminal does not come from a server.
  return shown.replace(SECRET, '$1***"').replace(/\p{Cc}/gu, "·");
}

/** Finds the lines in a stream of frames, however it is cut, and leaves out the payloads. */
class LineReader {
  private readonly onLine: (line: string) => void;
  private line = "";
  /** Bytes of a payload, and of its line end, that are still to come. */
  private skip = 0;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  read(bytes: Uint8Array): void {
    const buf = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < buf.length) {
      const skipped = Math.min(this.skip, buf.length - at);
      this.skip -= skipped;
      at += skipped;
      if (at === buf.length) return;
      const lf = buf.indexOf(LF, at);
      const end = lf === -1 ? buf.length : lf;
      this.line += buf.toString("utf8", at, Math.min(end, at + LONGEST - this.line.length));
      at = end + 1;
      if (lf !== -1) this.ended();
    }
  }

  private ended(): void {
    const line = this.line.trimEnd();
    this.line = "";
    if (WITH_PAYLOAD.test(line)) this.skip = Number(line.slice(line.lastIndexOf(" ") + 1)) + 2 || 0;
    this.onLine(line);
  }
}
