import { describe, expect, it } from "vitest";
import { DATA_SUBJECT } from "../demo/payload.js";
import { MIN_SEALED, Seal } from "./seal.js";

describe.each([MIN_SEALED, 128])("a sealed payload of %d bytes", (size) => {
  const seal = new Seal(size);

  it("gives its sequence back", () => {
    for (const sequence of [0, 1, 77_777, 2 ** 31])
      expect(seal.read(seal.make(sequence, 1.5))).toBe(sequence);
  });

  it("is not whole once any byte was changed, and can be told which it was", () => {
    for (let at = 0; at < size; at++) {
      const payload = Uint8Array.from(seal.make(123_456, 98.7));
      payload[at] ^= 0x41;
      expect(seal.read(payload)).toBe(-1);
      expect(seal.guess(payload)).toBe(123_456);
    }
  });

  it("of which both copies were changed is nobody's", () => {
    const payload = Uint8Array.from(seal.make(123_456, 98.7));
    payload[0] ^= 1;
    payload[size - 8] ^= 2;
    expect(seal.guess(payload)).toBe(-1);
  });

  it("of another length is none", () => {
    expect(seal.read(seal.make(1, 1).subarray(1))).toBe(-1);
    expect(seal.guess(new Uint8Array(size + 1))).toBe(-1);
  });

  it("is read from a frame only under its own subject", () => {
    const frame = (subject: string) => {
      const head = `MSG ${subject} 1 ${size}\r\n`;
      return {
        bytes: Buffer.concat([Buffer.from(head), seal.make(9, 1), Buffer.from("\r\n")]),
        at: head.length,
      };
    };
    const { bytes, at } = frame(DATA_SUBJECT);
    expect(seal.readFrame(bytes, at)).toBe(9);
    expect(seal.readFrame(bytes.subarray(0, -3), at)).toBe(-1);
    const other = frame(DATA_SUBJECT.replace("d", "e"));
    expect(seal.readFrame(other.bytes, other.at)).toBe(-1);
  });
});
