import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gather, maskedFrame, reuse } from "./websocket-frame.js";

/** A frame taken apart, byte by byte as RFC 6455 says. */
function read(frame: Buffer) {
  const short = frame[1] & 0x7f;
  const at = short === 126 ? 4 : short === 127 ? 10 : 2;
  const length =
    short === 126 ? frame.readUInt16BE(2) : short === 127 ? Number(frame.readBigUInt64BE(2)) : short;
  const key = frame.subarray(at, at + 4);
  const payload = Buffer.from(frame.subarray(at + 4).map((byte, i) => byte ^ key[i & 3]));
  return { first: frame[0], masked: frame[1] >= 0x80, length, key: key.toString("hex"), payload };
}

describe("a masked frame", () => {
  it.each([0, 1, 3, 4, 125, 126, 127, 128, 65_535, 65_536, 65_537, 1_000_003])(
    "of %i bytes is read back",
    (size) => {
      const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) & 255));
      const frame = maskedFrame([bytes]);
      const { first, masked, length, payload } = read(frame);
      expect([first, masked, length]).toEqual([0x82, true, size]);
      expect(payload.equals(bytes)).toBe(true);
      expect(frame.length).toBe(size + (size < 126 ? 6 : size < 65_536 ? 8 : 14));
    },
  );

  it("of any pieces, wherever they lie, is read back, and they stay as they are (property)", () => {
    const piece = fc
      .tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(7))
      .map(([bytes, from]) => bytes.subarray(Math.min(from, bytes.length)));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const before = Buffer.concat(pieces);
        const { payload } = read(maskedFrame(pieces));
        expect(payload.equals(before)).toBe(true);
        expect(Buffer.concat(pieces).equals(before)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("does not write behind what is its own", () => {
    const frames = Array.from({ length: 300 }, (_, i) => maskedFrame([Buffer.alloc(i % 23, i)]));
    for (const [i, frame] of frames.entries()) {
      expect(read(frame).payload.equals(Buffer.alloc(i % 23, i))).toBe(true);
    }
  });

  it("takes small pieces together, and a large one by itself", () => {
    const sizes = (...kib: number[]) => kib.map((size) => Buffer.alloc(size * 1024));
    const groups = (pieces: Buffer[]) => {
      const found: number[] = [];
      for (let from = 0; from < pieces.length; from = found.at(-1)!) found.push(gather(pieces, from));
      return found;
    };
    expect(groups(sizes(1, 1, 1))).toEqual([3]);
    expect(groups(sizes(64, 64, 1))).toEqual([1, 2, 3]);
    expect(groups(sizes(1, 64, 1, 1))).toEqual([2, 4]);
    expect(groups([])).toEqual([]);
  });

  it("has memory of its own until it is said that the system has copied it, and not twice the same then", () => {
    const large = (fill: number) => Buffer.alloc(60_000, fill);
    const [a, b] = [maskedFrame([large(1)]), maskedFrame([large(2)])];
    reuse(a);
    reuse(b);
    const frames = [3, 4, 5].map((fill) => maskedFrame([large(fill)]));
    for (const [i, frame] of frames.entries()) expect(read(frame).payload.equals(large(i + 3))).toBe(true);
    expect(new Set(frames.map(({ buffer }) => buffer)).size).toBe(3);
    expect(frames.some(({ buffer }) => buffer === a.buffer)).toBe(true);
  });

  it("has a key of its own", () => {
    const seen = Array.from({ length: 3000 }, () => read(maskedFrame([Buffer.from("x")])).key);
    expect(new Set(seen).size).toBeGreaterThan(2990);
  });
});
