import fc from "fast-check";
import { expect, it } from "vitest";
import { breaksLine, HeaderBlock, isHeaderName } from "./header-block.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

function write(block: HeaderBlock, lines: readonly (readonly [string, string])[]): Uint8Array | undefined {
  block.begin();
  for (const [name, value] of lines) if (!block.line(name, value)) return undefined;
  return block.end();
}

it("are written one after another, and none is changed by the next (property)", () => {
  const value = fc.string({
    unit: fc.constantFrom("a", " ", "é", "主", "\ud83d", "\ude00", "\r", "\n", "\0"),
    maxLength: 200,
  });
  const lines = fc.array(fc.tuple(fc.constantFrom("A", "Nats-Msg-Id"), value), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(lines, { minLength: 1, maxLength: 60 }), (all) => {
      const block = new HeaderBlock();
      const made = all.map((each) => write(block, each));
      expect(made.map((bytes) => bytes && text(bytes))).toEqual(
        all.map((each) =>
          each.some(([, value]) => breaksLine(value))
            ? undefined
            : // Half of a surrogate pair has no bytes of its own.
              `NATS/1.0${each.map(([name, value]) => `\r\n${name}: ${value}`).join("")}\r\n\r\n`.toWellFormed(),
        ),
      );
    }),
    { numRuns: 100 },
  );
});

it.each([1, 95, 96, 97, 200])("refuses a line break at any place of a value of %i characters", (length) => {
  const block = new HeaderBlock();
  for (const bad of ["\r", "\n", "\0"]) {
    for (let at = 0; at < length; at++) {
      const value = `${"x".repeat(at)}${bad}${"x".repeat(length - at - 1)}`;
      expect(write(block, [["A", value]])).toBeUndefined();
      expect(write(block, [["A", `é${value}`]])).toBeUndefined();
    }
  }
  expect(text(write(block, [["A", "x".repeat(length)]])!)).toHaveLength(length + 17);
});

it("holds what is larger than many blocks together, and keeps no memory for it", () => {
  const block = new HeaderBlock();
  const value = "主".repeat(100_000);
  expect(text(write(block, [["A", value]])!)).toBe(`NATS/1.0\r\nA: ${value}\r\n\r\n`);
  const small = write(block, [["A", "1"]])!;
  expect(text(small)).toBe("NATS/1.0\r\nA: 1\r\n\r\n");
  expect(small.buffer.byteLength).toBeLessThan(10_000);
});

it("keeps a status", () => {
  const block = new HeaderBlock();
  block.begin();
  block.status(" 503 No Respönders");
  expect(text(block.end())).toBe("NATS/1.0 503 No Respönders\r\n\r\n");
});

it("takes the same names as the regular expression that says what a name is", () => {
  for (let code = 0; code < 300; code++) {
    for (const name of [String.fromCharCode(code), `A${String.fromCharCode(code)}`]) {
      expect(isHeaderName(name)).toBe(/^[!-9;-~]+$/.test(name));
    }
  }
  expect(isHeaderName("")).toBe(false);
});
