import assert from "node:assert/strict";
import fc from "fast-check";
import { ChunkPool } from "../../src/wire/chunk.js";
import {
  checkControlLine,
  decodePublish,
  encodePublish,
  publishBound,
  publishBytes,
  publishSize,
} from "../../src/wire/encoder.js";
import { Kind } from "../../src/wire/frame.js";
import { MAX_CONTROL_LINE } from "../../src/wire/limits.js";
import { connectLine } from "../../src/wire/lines.js";
import { checkSubject } from "../../src/wire/subject.js";
import { SubjectCache } from "../../src/wire/subject-cache.js";
import { expectCode } from "../expect-code.js";
import { readPublishes } from "../reference/publishes.js";
import { target } from "../target.js";

/** One publish; texts as a user gives them. */
interface Publish {
  readonly subject: string;
  readonly reply: string;
  /** Bytes, one to a character. */
  readonly headers?: string;
  readonly payload: string;
  /** The payload is given as bytes, one to a character, and not as text. */
  readonly asBytes: boolean;
}

export interface EncoderInput {
  readonly publishes: readonly Publish[];
  /** Name of the client, for CONNECT. */
  readonly name: string;
}

/** @param encode an encoder under test: the product's, or a spoilt one of a test */
export function checkEncoder({ publishes, name }: EncoderInput, encode = encodePublish): void {
  const subjects = new SubjectCache(2);
  const chunk = new ChunkPool().take(64 * 1024);
  const wanted: string[][] = [];
  for (const { subject, reply, headers, payload, asBytes } of publishes) {
    const { value: entry } = expectCode(() => subjects.get(subject), "INVALID_SUBJECT");
    if (entry === undefined) continue;
    if (reply !== "" && expectCode(() => checkSubject(reply, "reply"), "INVALID_SUBJECT").error !== undefined)
      continue;
    if (expectCode(() => checkControlLine(entry, reply), "MAX_CONTROL_LINE_EXCEEDED").error !== undefined)
      continue;
    const hdrs = headers === undefined ? undefined : Buffer.from(headers, "latin1");
    const body = asBytes ? Buffer.from(payload, "latin1") : payload;
    const bound = publishBound(entry, reply, hdrs, body);
    if (chunk.free < bound) break;
    const start = chunk.fill;
    const size = encode(chunk, Kind.Data, entry, reply, hdrs, body);
    const length = chunk.fill - start;
    assert(length <= bound, `${length} bytes, bound ${bound}`);
    assert.equal(length, publishBytes(entry, reply, hdrs, body));
    assert.equal(size, publishSize(hdrs, body));
    const bytes = asBytes ? payload : Buffer.from(payload).toString("latin1");
    const line = [subject, reply].map((text) => Buffer.from(text).toString("latin1"));
    wanted.push([...line, headers ?? "", bytes]);
    const frame = decodePublish(chunk, chunk.count - 1);
    assert.deepEqual([frame.subject, frame.reply], [subject.toWellFormed(), reply.toWellFormed()]);
    assert.deepEqual([frame.end - frame.start, frame.headers], [size, hdrs?.length ?? 0]);
  }
  const text = chunk.bytes.toString("latin1", 0, chunk.fill);
  const read = readPublishes(text);
  assert.deepEqual(read.frames, wanted);
  assert(read.longestLine <= MAX_CONTROL_LINE, `a line of ${read.longestLine} bytes`);
  checkConnect(name);
}

/** CONNECT is one line, whatever the name is. */
function checkConnect(name: string): void {
  const fields = { verbose: false, pedantic: false, echo: true, lang: "holdfast", version: "0", name };
  const line = Buffer.from(connectLine(fields, true)).toString("utf8");
  assert(line.startsWith("CONNECT {") && line.endsWith("}\r\n"));
  const json = line.slice("CONNECT ".length, -2);
  assert(!/[\r\n]/.test(json), "a line break in CONNECT");
  assert.equal(JSON.parse(json).name, name);
}

const subject = fc.oneof(
  fc.constantFrom(
    "a",
    "a.b",
    "é",
    "$JS.API.INFO",
    "\u{1f600}",
    "\ud800",
    "a b",
    "",
    "a".repeat(4060),
    "é".repeat(2030),
  ),
  fc.string({ unit: fc.constantFrom("a", ".", "é", "*", ">", "\u200b"), minLength: 1, maxLength: 12 }),
  fc.integer({ min: 4040, max: 4080 }).map((length) => "s".repeat(length)),
);
const payload = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("", "\r\n", "PUB a 1\r\nx\r\n", "é".repeat(50), "\ud800", "x\udc00", "\u{1f600}"),
  fc.integer({ min: 0, max: 1100 }).map((length) => "p".repeat(length)),
  fc.integer({ min: 0, max: 600 }).map((length) => "é".repeat(length)),
);

export const encoder = target<EncoderInput>({
  name: "encoder",
  about: "any publishes: read back as they were, within the bounds that were announced; any name in CONNECT",
  inputs: () =>
    fc.record({
      publishes: fc.array(
        fc
          .record(
            {
              subject,
              reply: fc.oneof(fc.constant(""), subject),
              headers: fc.constantFrom("", "NATS/1.0\r\n\r\n", "\xff\r\n", "h".repeat(50)),
              payload,
              asBytes: fc.boolean(),
            },
            { requiredKeys: ["subject", "reply", "payload", "asBytes"] },
          )
          .map((publish) =>
            publish.asBytes ? { ...publish, payload: publish.payload.replace(/[^\0-\xff]/g, "?") } : publish,
          ),
        { maxLength: 6 },
      ),
      name: fc.oneof(
        fc.constantFrom("a\r\nPUB x 0\r\n\r\n", "\u2028", "\ud800", '"}'),
        fc.string({ unit: "binary" }),
      ),
    }),
  check: (input) => checkEncoder(input),
});
