import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameScanner, type Place } from "./frame-scanner.js";

/** Payloads that look like the protocol are the point. */
const payload = fc.oneof(
  fc.constantFrom("", "PONG\r\n", "\r\n", "MSG a 1 5\r\n", "PUB a 100\r\nx", "\n", "-ERR 'x'\r\n", "\r"),
  fc.string({ maxLength: 40 }),
);
const size = (text: string) => Buffer.byteLength(text);
const frame = fc.oneof(
  fc.constantFrom(
    "PING\r\n",
    "PONG\r\n",
    "+OK\r\n",
    "-ERR 'Unknown Protocol Operation'\r\n",
    "SUB a.b q 12\r\n",
    "UNSUB 12 5\r\n",
    'INFO {"a":1, "x":"MSG a 1 5"}\r\n',
    "CONNECT {}\r\n",
    "ping\r\n",
    "PING \r\n",
    "PONG\n",
  ),
  payload.map((text) => `PUB a.b ${size(text)}\r\n${text}\r\n`),
  payload.map((text) => `PUB a.b reply.1 ${size(text)}\r\n${text}\r\n`),
  payload.map((text) => `pub\ta.b  ${size(text)} \r\n${text}\r\n`),
  payload.map((text) => `MSG a.b 7 ${size(text)}\r\n${text}\r\n`),
  payload.map((text) => `MSG 5 5 5 ${size(text)}\r\n${text}\r\n`),
  payload.map((text) => `HMSG a.b 7 12 ${12 + size(text)}\r\nNATS/1.0\r\n\r\n${text}\r\n`),
  payload.map((text) => `HPUB a.b 12 ${12 + size(text)}\r\nNATS/1.0\r\n\r\n${text}\r\n`),
  payload.map((text) => `PUB a.b 00${size(text)}\r\n${text}\r\n`),
);

/** Cuts `data` at some of its offsets. */
function pieces(data: Buffer, cuts: number[]): Buffer[] {
  const at = [...new Set(cuts.map((cut) => cut % (data.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => data.subarray(from, [...at, data.length][i]));
}

/** The offsets at which frames end, and their verbs. */
function scanned(parts: Buffer[]): { ends: number[]; verbs: string[]; place: Place } {
  const scanner = new FrameScanner();
  const [ends, verbs]: [number[], string[]] = [[], []];
  let offset = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      at = scanner.scan(part, at);
      if (scanner.place !== "boundary") continue;
      ends.push(offset + at);
      verbs.push(scanner.verb!);
    }
    offset += part.length;
  }
  return { ends, verbs, place: scanner.place };
}

const cuts = fc.array(fc.nat(), { maxLength: 30 });

describe("a scanner", () => {
  it("finds every frame and its verb, in whatever pieces they come", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), cuts, (frames, at) => {
        const data = Buffer.from(frames.join(""));
        const result = scanned(pieces(data, at));
        let end = 0;
        expect(result.ends).toEqual(frames.map((text) => (end += size(text))));
        expect(result.verbs).toEqual(frames.map((text) => /^\S+/.exec(text)![0].toUpperCase()));
        expect(result.place).toBe("boundary");
      }),
    );
  });

  it("is at the same place when it only skips", () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 12 }), cuts, fc.nat(), (frames, at, end) => {
        const all = Buffer.from(frames.join(""));
        const data = all.subarray(0, end % (all.length + 1));
        const scanner = new FrameScanner();
        for (const piece of pieces(data, at)) scanner.skip(piece);
        const { ends, place } = scanned([data]);
        expect([scanner.place, scanner.frames]).toEqual([place, ends.length]);
      }),
    );
  });

  it.each([
    ["an unknown verb", "HELLO\r\n"],
    ["no verb", "\r\n"],
    ["a verb that is too long", "CONNECTED {}\r\n"],
    ["a TLS handshake", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x0a, 0xff])],
    ["a TLS record whose length looks like a space", Buffer.from([0x16, 0x03, 0x01, 0x01, 0x20, 0x01, 0x02])],
    ["a TLS alert", Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x30])],
    ["no length", "PUB\r\n"],
    ["a length that is none", "PUB a 5x\r\nhello\r\n"],
    ["a negative length", "MSG a 1 -1\r\n\r\n"],
    ["a length beyond all limits", "MSG a 1 99999999999\r\n"],
    ["a length that is too short", "PUB a 3\r\nhello\r\n"],
    ["a length that is too long", "PUB a 6\r\nhello\r\nPING\r\n"],
    ["a line that never ends", `SUB ${"x".repeat(100_000)}`],
  ])("%s loses it, for good, in whatever pieces it comes", (_, text) => {
    const data = Buffer.from(text as string);
    const good = Buffer.from("PING\r\n");
    for (const parts of [[data], [...data].map((byte) => Buffer.of(byte))]) {
      expect(scanned([good, ...parts]).place).toBe("lost");
      const scanner = new FrameScanner();
      for (const part of [good, ...parts, good]) scanner.skip(part);
      expect([scanner.place, scanner.frames]).toEqual(["lost", 1]);
    }
  });

  it("takes an INFO that is longer than any other line", () => {
    const text = `INFO {"connect_urls":"${"x".repeat(200_000)}"}\r\n`;
    expect(scanned(pieces(Buffer.from(text), [70_000, 140_000]))).toMatchObject({ verbs: ["INFO"] });
  });
});
