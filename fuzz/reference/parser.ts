/**
 * What a stream of server bytes says, read slowly and from the protocol's description alone: the whole stream at
 * once, as text, line by line. The parser of the product is compared with this.
 */
export interface Reading {
  /** Frames in their order: `["PING"]`, `["INFO", json]`, `["MSG", sid, subject, reply, headers, payload]`, … */
  readonly frames: string[][];
  /** `wrong`: not the protocol from there on. `open`: a frame has begun and is not complete. */
  readonly end: "clean" | "open" | "wrong";
}

export interface ReadingLimits {
  /** Bytes of a line without its end. */
  readonly line: number;
  readonly infoLine: number;
  /** Bytes of headers and payload. */
  readonly payload: number;
}

const BLANKS = /[ \t]+/;
const NUMBER = /^[0-9]{1,10}$/;
const SID = /^[0-9]{1,15}$/;

export function readStream(text: string, limits: ReadingLimits): Reading {
  const frames: string[][] = [];
  let rest = text;
  while (rest !== "") {
    const step = readFrame(rest, limits);
    if (typeof step === "string") return { frames, end: step };
    frames.push(step.frame);
    rest = rest.slice(step.length);
  }
  return { frames, end: "clean" };
}

type Step = { frame: string[]; length: number } | "open" | "wrong";

function readFrame(text: string, limits: ReadingLimits): Step {
  const most = text.startsWith("I") ? limits.infoLine : limits.line;
  const stop = text.search(/[\r\n]/);
  if ((stop === -1 ? text.length : stop) > most) return "wrong";
  if (stop === -1 || (text[stop] === "\r" && stop + 1 === text.length)) return "open";
  if (text[stop] === "\n" || text[stop + 1] !== "\n") return "wrong";
  const line = text.slice(0, stop);
  const length = stop + 2;
  if (/^H?MSG[ \t]/.test(line)) return readMessage(line, text, length, limits);
  const word = line.split(BLANKS, 1)[0];
  const argument = line.slice(word.length);
  switch (word) {
    case "PING":
    case "PONG":
    case "+OK":
      return { frame: [word], length };
    case "INFO":
      return { frame: [word, argument], length };
    case "-ERR":
      return { frame: [word, unquote(argument.replace(/^[ \t]+|[ \t]+$/g, ""))], length };
    default:
      return "wrong";
  }
}

function unquote(text: string): string {
  return text.length >= 2 && text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1) : text;
}

function readMessage(line: string, text: string, start: number, limits: ReadingLimits): Step {
  const words = line.split(BLANKS).filter((word) => word !== "");
  const withHeaders = words[0] === "HMSG";
  const sizes = words.slice(withHeaders ? -2 : -1);
  const named = words.slice(1, words.length - sizes.length);
  if (words.length < 3 + sizes.length || named.length > 3) return "wrong";
  const [subject, sid, reply = ""] = named;
  if (!SID.test(sid) || !sizes.every((size) => NUMBER.test(size))) return "wrong";
  const total = Number(sizes.at(-1));
  const headers = withHeaders ? Number(sizes[0]) : 0;
  if (headers > total || total > limits.payload) return "wrong";
  const end = start + total;
  if (text.length < end + 2) return "open";
  if (text.slice(end, end + 2) !== "\r\n") return "wrong";
  const content = text.slice(start, end);
  const frame = [
    "MSG",
    String(Number(sid)),
    subject,
    reply,
    content.slice(0, headers),
    content.slice(headers),
  ];
  return { frame, length: end + 2 };
}
