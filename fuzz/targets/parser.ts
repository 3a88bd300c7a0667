import assert from "node:assert/strict";
import fc from "fast-check";
import { CodedError } from "../../src/errors.js";
import { MAX_INFO_LINE, MAX_SERVER_LINE } from "../../src/wire/limits.js";
import { Parser, type ParserSink } from "../../src/wire/parser.js";
import { mutated } from "../mutations.js";
import { type Reading, readStream } from "../reference/parser.js";
import { longLines, serverFrames, WORDS } from "../server-bytes.js";
import { target } from "../target.js";

/** What a server sends, and where the reads end. */
export interface ParserInput {
  /** One character is one byte. */
  readonly bytes: string;
  /** Offsets, taken modulo the length. */
  readonly cuts: readonly number[];
  /** Largest payload that is taken, bytes. */
  readonly maxPayload: number;
}

/** Bytes up to which a stream is also fed byte by byte. */
const SHORT = 300;

/** What came of a stream. */
interface Outcome {
  readonly frames: string[][];
  readonly failed: boolean;
  /** Bytes that are held for a frame that is not complete. */
  readonly held: number;
}

/** Copies what is delivered at once: the reads are spoilt behind it. */
class Recorder implements ParserSink {
  readonly frames: string[][] = [];

  onMessage(
    buf: Buffer,
    sid: number,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void {
    const part = (from: number, to: number) => buf.latin1Slice(from, to);
    const names = [part(subject, subjectEnd), part(reply, replyEnd)];
    this.frames.push(["MSG", String(sid), ...names, part(start, body), part(body, end)]);
  }
  onInfo(json: string): void {
    this.frames.push(["INFO", json]);
  }
  onPing(): void {
    this.frames.push(["PING"]);
  }
  onPong(): void {
    this.frames.push(["PONG"]);
  }
  onOk(): void {
    this.frames.push(["+OK"]);
  }
  onError(text: string): void {
    this.frames.push(["-ERR", text]);
  }
}

/** A parser under test: the product's, or a spoilt one of a test. */
export type MakeParser = (sink: ParserSink, maxPayload: number) => Pick<Parser, "parse" | "held">;

const product: MakeParser = (sink, maxPayload) => new Parser(sink, maxPayload);

/** Feeds the reads; a line that is wrong and has no end yet gets one, so that all ways of cutting see it. */
function feed(make: MakeParser, reads: readonly Buffer[], maxPayload: number): Outcome {
  const sink = new Recorder();
  const parser = make(sink, maxPayload);
  const bound = Math.max(2 * (MAX_INFO_LINE + 4), MAX_SERVER_LINE + maxPayload + 4);
  let got = 0;
  for (const read of reads) {
    got += read.length;
    try {
      parser.parse(read);
    } catch (error) {
      assert(error instanceof CodedError, `threw ${error}`);
      assert.equal(error.code, "PROTOCOL_ERROR");
      assert(error.message.length < 300, "a text of that length is no message");
      return { frames: sink.frames, failed: true, held: 0 };
    }
    assert(parser.held <= bound, `holds ${parser.held} bytes`);
    assert(parser.held <= Math.max(256, 2 * got) + maxPayload + 4, `holds ${parser.held} bytes after ${got}`);
    read.fill(0);
  }
  return { frames: sink.frames, failed: false, held: parser.held };
}

function cut(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const at = cuts.map((offset) => offset % (whole.length + 1)).sort((a, b) => a - b);
  return [...at, whole.length].map((to, i) => Buffer.from(whole.subarray(i === 0 ? 0 : at[i - 1], to)));
}

/** Texts of INFO and -ERR are read as UTF-8, the reference reads bytes. */
function asText(frame: readonly string[]): readonly string[] {
  if (frame[0] !== "INFO" && frame[0] !== "-ERR") return frame;
  return [frame[0], Buffer.from(frame[1], "latin1").toString("utf8")];
}

function compare(outcome: Outcome, reading: Reading, how: string): void {
  assert.deepEqual(outcome.frames, reading.frames.map(asText), `frames, ${how}`);
  if (reading.end === "clean") {
    assert.equal(outcome.failed, false, `refused, ${how}`);
    assert.equal(outcome.held, 0, `bytes left over, ${how}`);
  } else if (reading.end === "open") assert.equal(outcome.failed, false, `refused, ${how}`);
}

/** Compares a parser, fed whole, as cut, and byte by byte, with the reference. */
export function checkParser({ bytes, cuts, maxPayload }: ParserInput, make = product): void {
  const whole = Buffer.from(bytes, "latin1");
  const limits = { line: MAX_SERVER_LINE - 1, infoLine: MAX_INFO_LINE, payload: maxPayload };
  const reading = readStream(whole.toString("latin1"), limits);
  const ways: [how: string, reads: () => Buffer[]][] = [
    ["whole", () => [Buffer.from(whole)]],
    ["cut", () => cut(whole, cuts)],
  ];
  if (whole.length <= SHORT)
    ways.push(["byte by byte", () => Array.from(whole, (byte) => Buffer.from([byte]))]);
  for (const [how, reads] of ways) {
    const outcome = feed(make, reads(), maxPayload);
    compare(outcome, reading, how);
    if (reading.end !== "wrong" || outcome.failed) continue;
    // It may wait for the end of a line that is wrong already; then it has to say so.
    const ended = feed(make, [...reads(), Buffer.from("\n")], maxPayload);
    compare(ended, reading, how);
    assert(ended.failed, `taken, ${how}`);
  }
}

const maxPayload = fc.constantFrom(0, 1, 100, 4096, 65_536);
const cuts = fc.array(fc.nat(0xffff), { maxLength: 8 });

export const parser = target<ParserInput>({
  name: "parser",
  about: "any bytes of a server in any reads: the frames of the reference parser, or PROTOCOL_ERROR",
  inputs: (known) => {
    const texts = known.map(({ bytes }) => bytes).filter((text) => text.length < 5000);
    const bytes = fc.oneof(
      mutated(texts, WORDS),
      serverFrames,
      serverFrames.chain((text) => mutated([text], WORDS)),
      fc.string({ unit: fc.constantFrom(...WORDS), maxLength: 20 }),
      fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.replace(/[^\0-\xff]/g, "\r\n")),
      longLines,
    );
    return fc.record<ParserInput>({ bytes, cuts, maxPayload });
  },
  check: (input) => checkParser(input),
});
