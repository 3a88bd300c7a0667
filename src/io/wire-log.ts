import { type OwnSecrets, withoutSecrets } from "../core/causes/own-secrets.js";

/** Fields of CONNECT that are nobody's business. */
const SECRETS = ["pass", "auth_token", "jwt", "sig"] as const;
/** They, and what others call them, where a line that is no CONNECT of ours has them, whatever quotes are before the quotes. */
const FIELDS =
  /("\s*(?:pass(?:word)?|auth_token|token|jwt|sig|seed)\\*"\s*:\s*)(?:\\*"(?:[^"\\]|\\.)*"?|[^\s,}"]+)/gi;
/** Seeds of nkeys, which are never sent, and JWTs, whoever's they are. */
const KEYS = /\bS[AUONCX][A-Z2-7]{54,}|\beyJ[\w-]{10,}(?:\.[\w-]+){0,2}/g;
/** What may stand in a URL before its host. */
const USERINFO = /\/\/[^\s/"]*@/g;

/** Longest part of a line that is kept: INFO can be large. */
const LONGEST = 64 * 1024;
/** What is not printed of a longer one, characters. */
const CUT = 8 * 1024;

/** Frames that a payload follows; its size is the last word of their line. Servers may put tabs between the words. */
const WITH_PAYLOAD = /^H?(?:PUB|MSG)[ \t]/i;
const SIZE = /[ \t](\d{1,10})$/;

const CONNECT = /^CONNECT[ \t]/i;
const ERROR = /^-ERR[ \t]+'?/i;
/** The subject of a message may have a short secret in it by chance; one of so many characters is not there by chance. */
const MESSAGE = /^H?MSG[ \t]/i;
const UNLIKELY = 12;

const LF = 0x0a;

/** Prints the protocol lines of one link, for option `debug`: no payloads, no secrets. */
export class WireLog {
  private readonly server: string;
  private readonly print: (line: string) => void;
  /** What we have sent to prove who we are. */
  private readonly secrets: Partial<Record<(typeof SECRETS)[number], string>> = {};
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

  private tell(direction: "<" | ">", line: string): void {
    const shown = direction === "<" ? this.harmless(line) : CONNECT.test(line) ? this.connect(line) : line;
    // What could move the cursor of a terminal, or turn the direction of writing, does not come from a server.
    this.print(`${this.server} ${direction} ${shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "·")}`);
  }

  /** Our CONNECT with its secrets masked, which are remembered. What cannot be read, as one that is cut off, is not shown. */
  private connect(line: string): string {
    const fields = objectOf(line.slice("CONNECT ".length));
    if (fields === undefined) return "CONNECT …";
    for (const name of SECRETS) {
      if (!Object.hasOwn(fields, name)) continue;
      this.secrets[name] = String(fields[name]);
      fields[name] = "***";
    }
    return `CONNECT ${JSON.stringify(fields)}`;
  }

  /** What a server says, or who answers in its place: it may send back what it was told. */
  private harmless(line: string): string {
    // By its text it is known which words of an error are a subject.
    const [head] = ERROR.exec(line) ?? [""];
    const shown = withoutSecrets(
      line.slice(head.length),
      this.ofAtLeast(MESSAGE.test(line) ? UNLIKELY : 0),
      asWritten,
    )
      .replace(FIELDS, '$1"***"')
      .replace(KEYS, "***")
      .replace(USERINFO, "//***@");
    // At its end there may be the beginning of a secret.
    return head + (line.length >= LONGEST ? `${shown.slice(0, LONGEST - CUT)}…` : shown);
  }

  /** Our secrets of at least so many characters. */
  private ofAtLeast(least: number): OwnSecrets {
    if (least === 0) return this.secrets;
    return Object.fromEntries(Object.entries(this.secrets).filter(([, secret]) => secret.length >= least));
  }
}

/** A secret as it was sent, and as programs write such texts. */
function asWritten(secret: string): string[] {
  const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
  return [
    secret,
    inJson(secret),
    inJson(inJson(secret)),
    inJson(inJson(inJson(secret))),
    encodeURIComponent(secret.toWellFormed()),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ];
}

function objectOf(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const isOne = typeof value === "object" && value !== null && !Array.isArray(value);
    return isOne ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
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
    // Where a payload ends that has no size nobody knows: nothing that follows is shown.
    if (WITH_PAYLOAD.test(line)) this.skip = Number(SIZE.exec(line)?.[1] ?? Number.POSITIVE_INFINITY) + 2;
    this.onLine(line);
  }
}
