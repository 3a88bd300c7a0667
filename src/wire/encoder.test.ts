import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { Chunk, PING_BYTES } from "./chunk.js";
import {
  checkControlLine,
  decodePublish,
  encodePing,
  encodeProtocol,
  encodePublish,
  publishBound,
  publishBytes,
  publishSize,
} from "./encoder.js";
import { hasHeaders, Kind, kindOf, sizeOf } from "./frame.js";
import { MAX_CONTROL_LINE } from "./limits.js";
import { subLine, unsubLine } from "./lines.js";
import { SubjectCache } from "./subject-cache.js";

/** A frame as a server would read it. */
interface Frame {
  verb: string;
  args: string[];
  headers: Buffer;
  payload: Buffer;
}

/** Reads frames as a server does, with none of the code under test. Throws on anything that is not one. */
function read(bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  let rest = Buffer.from(bytes);
  while (rest.length > 0) {
    const eol = rest.indexOf("\r\n");
    if (eol === -1) throw new Error("a line without an end");
    const [verb, ...args] = rest.toString("utf8", 0, eol).split(" ");
    rest = rest.subarray(eol + 2);
    const sizes = verb === "PUB" ? 1 : verb === "HPUB" ? 2 : 0;
    if (sizes === 0) {
      frames.push({ verb, args, headers: Buffer.alloc(0), payload: Buffer.alloc(0) });
      continue;
    }
    for (const size of args.slice(-sizes)) {
      if (!/^(0|[1-9][0-9]*)$/.test(size)) throw new Error(`not a size: ${size}`);
    }
    if (args.length !== 1 + sizes && args.length !== 2 + sizes) throw new Error(`so many words: ${args}`);
    if (args.includes("")) throw new Error("two blanks in a row");
    const total = Number(args.at(-1));
    const head = sizes === 2 ? Number(args.at(-2)) : 0;
    if (rest.toString("latin1", total, total + 2) !== "\r\n")
      throw new Error("no line end behind the payload");
    frames.push({ verb, args, headers: rest.subarray(0, head), payload: rest.subarray(head, total) });
    rest = rest.subarray(total + 2);
  }
  return frames;
}

const subjects = new SubjectCache();

function written(chunk: Chunk): Buffer {
  return chunk.bytes.subarray(0, chunk.fill);
}

interface Publish {
  subject: string;
  reply: string;
  headers: Uint8Array | undefined;
  payload: Uint8Array | string;
}

/** Encodes into a chunk made to measure: one byte too many would be cut off or throw. */
function encodeExactly({ subject, reply, headers, payload }: Publish): Chunk {
  const entry = subjects.get(subject);
  const chunk = new Chunk(publishBytes(entry, reply, headers, payload), 1);
  encodePublish(chunk, Kind.Data, entry, reply, headers, payload);
  return chunk;
}

function expectRoundTrip(publish: Publish): void {
  const { subject, reply, headers, payload } = publish;
  const entry = subjects.get(subject);
  const wanted = Buffer.from(payload as string);
  const chunk = encodeExactly(publish);
  expect(chunk.fill).toBe(chunk.bytes.length);
  expect(publishBound(entry, reply, headers, payload)).toBeGreaterThanOrEqual(chunk.fill);
  const [frame, ...more] = read(written(chunk));
  expect(more).toEqual([]);
  expect(frame.verb).toBe(headers === undefined ? "PUB" : "HPUB");
  expect(frame.args.slice(0, headers === undefined ? -1 : -2)).toEqual(
    reply === "" ? [subject] : [subject, reply],
  );
  expect(frame.headers.equals(headers ?? Buffer.alloc(0))).toBe(true);
  expect(frame.payload.equals(wanted)).toBe(true);
  const size = wanted.length + (headers?.length ?? 0);
  expect(publishSize(headers, payload)).toBe(size);
  expect(sizeOf(chunk.meta[0])).toBe(size);
  expect(hasHeaders(chunk.meta[0])).toBe(headers !== undefined);
  expect(decodePublish(chunk, 0)).toEqual({
    subject,
    reply,
    hasHeaders: headers !== undefined,
    start: chunk.fill - 2 - size,
    end: chunk.fill - 2,
    headers: headers?.length ?? 0,
  });
}

const HEADERS = Buffer.from("NATS/1.0\r\nA: b\r\n\r\n");

describe("one frame", () => {
  it("carries subjects, headers and payloads of every small length whole", () => {
    for (let length = 0; length <= 100; length++) {
      const payload = Buffer.from(Array.from({ length }, (_, i) => 1 + ((i * 7) % 255)));
      const headers = Buffer.from(`NATS/1.0\r\nA: ${"abc".repeat(length).slice(0, length)}\r\n\r\n`);
      const subject = "abcdefghij".repeat(11).slice(0, length + 1);
      expectRoundTrip({ subject, reply: "", headers: undefined, payload });
      expectRoundTrip({ subject, reply: "r", headers, payload });
    }
  });

  it("is what the protocol says", () => {
    const text = (publish: Publish) => written(encodeExactly(publish)).toString();
    expect(text({ subject: "a.b", reply: "", headers: undefined, payload: "hi" })).toBe(
      "PUB a.b 2\r\nhi\r\n",
    );
    expect(text({ subject: "a.b", reply: "r", headers: undefined, payload: new Uint8Array(0) })).toBe(
      "PUB a.b r 0\r\n\r\n",
    );
    expect(text({ subject: "a", reply: "r", headers: HEADERS, payload: "é" })).toBe(
      "HPUB a r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\né\r\n",
    );
  });

  const around = [
    0, 1, 9, 10, 11, 47, 48, 49, 98, 99, 100, 101, 999, 1000, 1001, 9999, 10_000, 65_535, 65_536, 99_999,
    100_000,
  ];

  it.each(around)("round-trips text and bytes of length %i, with and without reply and headers", (length) => {
    for (const payload of ["x".repeat(length), Buffer.alloc(length, "\r\nPUB a 1\r\n"), "é".repeat(length)]) {
      for (const reply of ["", "_INBOX.abc.1"]) {
        for (const headers of [undefined, HEADERS])
          expectRoundTrip({ subject: "a.b", reply, headers, payload });
      }
    }
  });

  it("round-trips texts whose size in bytes has more digits than their length", () => {
    for (const [character, bytes] of [
      ["é", 2],
      ["€", 3],
      ["😀", 4],
      ["\ud800", 3],
      ["\udc00x", 4],
    ] as const) {
      for (const size of [10, 100, 1000, 10_000]) {
        for (let count = Math.floor(size / bytes) - 2; count < size / bytes + 2; count++) {
          for (const pad of ["", "a", "ab", "abc"]) {
            const payload = character.repeat(Math.max(0, count)) + pad;
            expectRoundTrip({ subject: "a", reply: "", headers: undefined, payload });
            expectRoundTrip({ subject: "a", reply: "r", headers: HEADERS, payload });
          }
        }
      }
    }
  });

  it("writes a lone surrogate as the replacement character, as Buffer.from does", () => {
    const chunk = encodeExactly({ subject: "a", reply: "", headers: undefined, payload: "a\ud83d" });
    expect(read(written(chunk))[0].payload.toString("hex")).toBe("61efbfbd");
  });

  it("does not grow the bytes in front of it nor behind it", () => {
    const entry = subjects.get("a");
    const chunk = new Chunk(100, 4);
    chunk.bytes.fill(0xee);
    chunk.fill = 10;
    encodePublish(chunk, Kind.Data, entry, "", undefined, "hello");
    expect(chunk.bytes.subarray(0, 10).every((byte) => byte === 0xee)).toBe(true);
    expect(chunk.bytes.subarray(chunk.fill).every((byte) => byte === 0xee)).toBe(true);
  });

  it("round-trips anything, its bound is a bound, and its exact size is exact (property)", () => {
    const token = fc.string({
      unit: fc.constantFrom("a", "Z", "9", "-", "é", "中", "😀"),
      minLength: 1,
      maxLength: 12,
    });
    const subject = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join("."));
    const text = fc.string({
      unit: fc.oneof(
        fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
        fc.constantFrom("a", "é", "\r\n"),
      ),
      maxLength: 120,
    });
    fc.assert(
      fc.property(
        subject,
        fc.option(subject, { nil: "" }),
        fc.option(fc.uint8Array({ minLength: 1, maxLength: 120 }), { nil: undefined }),
        fc.oneof(text, fc.uint8Array({ maxLength: 300 })),
        (subject, reply, headers, payload) => expectRoundTrip({ subject, reply, headers, payload }),
      ),
      { numRuns: 500 },
    );
  });
});

describe("a chunk of frames", () => {
  it("holds them one behind the other, each with its end, kind and size in the index", () => {
    const chunk = new Chunk(4096, 64);
    const entry = subjects.get("s.1");
    encodePublish(chunk, Kind.DataOnce, entry, "", undefined, "one");
    encodeProtocol(chunk, Buffer.from(subLine(7, "a.*", "q")));
    encodePublish(chunk, Kind.Request, entry, "r", HEADERS, "");
    encodePing(chunk);
    encodeProtocol(chunk, Buffer.from(unsubLine(7, 3)));
    encodePublish(chunk, Kind.Pull, entry, "", undefined, Buffer.from("two"));
    expect(read(written(chunk)).map(({ verb, args }) => [verb, ...args].join(" "))).toEqual([
      "PUB s.1 3",
      "SUB a.* q 7",
      "HPUB s.1 r 18 18",
      "PING",
      "UNSUB 7 3",
      "PUB s.1 3",
    ]);
    expect(chunk.count).toBe(6);
    expect(Array.from(chunk.meta.subarray(0, 6), kindOf)).toEqual([
      Kind.DataOnce,
      Kind.Protocol,
      Kind.Request,
      Kind.Ping,
      Kind.Protocol,
      Kind.Pull,
    ]);
    expect(Array.from(chunk.meta.subarray(0, 6), sizeOf)).toEqual([3, 0, 18, 0, 0, 3]);
    expect(chunk.pings).toEqual([3]);
    for (let i = 0; i < 6; i++) {
      expect(read(chunk.bytes.subarray(chunk.startOf(i), chunk.ends[i]))).toHaveLength(1);
    }
    expect(decodePublish(chunk, 2)).toMatchObject({ subject: "s.1", reply: "r", headers: 18 });
    expect(decodePublish(chunk, 5)).toMatchObject({ subject: "s.1", reply: "", hasHeaders: false });
  });

  it("a PING is as long as the room that is kept for it", () => {
    const chunk = new Chunk(PING_BYTES, 1);
    encodePing(chunk);
    expect(chunk.fill).toBe(PING_BYTES);
    expect(written(chunk).toString()).toBe("PING\r\n");
  });

  it("keeps the kind apart from size and headers for every kind and the largest size", () => {
    const entry = subjects.get("a");
    for (const kind of [0, 1, 2, 3, 4, 5]) {
      for (const headers of [undefined, HEADERS]) {
        const chunk = new Chunk(100, 1);
        encodePublish(chunk, kind, entry, "", headers, "abc");
        expect(chunk.kindAt(0)).toBe(kind);
      }
    }
  });
});

describe("control lines", () => {
  const code = (subject: string, reply: string): string | undefined => {
    try {
      checkControlLine(subjects.get(subject), reply);
    } catch (error) {
      return (error as CodedError).code;
    }
    return undefined;
  };

  it("of the usual kind pass", () => {
    expect(code("a", "")).toBeUndefined();
    expect(code("a".repeat(2000), "b".repeat(2000))).toBeUndefined();
  });

  it("longer than a server takes are refused, counted in bytes, with a typed error", () => {
    expect(code("a".repeat(MAX_CONTROL_LINE), "")).toBe("MAX_CONTROL_LINE_EXCEEDED");
    expect(code("a", "é".repeat(MAX_CONTROL_LINE / 2))).toBe("MAX_CONTROL_LINE_EXCEEDED");
    expect(() => checkControlLine(subjects.get("a".repeat(5000)), "")).toThrow(CodedError);
  });

  it("that pass are never longer than a server takes, with the largest sizes and headers (property)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), fc.integer({ min: 0, max: 4096 }), (a, b) => {
        const subject = "s".repeat(a);
        const reply = "r".repeat(b);
        fc.pre(code(subject, reply) === undefined);
        const line = `HPUB ${subject} ${reply} 134217727 134217727`;
        expect(line.length).toBeLessThanOrEqual(MAX_CONTROL_LINE);
      }),
      { numRuns: 300 },
    );
  });
});
