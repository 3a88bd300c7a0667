import { describe, expect, it } from "vitest";
import { errorLine, oneLine } from "./plain-text.js";

describe("oneLine", () => {
  it.each([
    ["one line", "one line"],
    ["two\r\nlines\n", "two lines"],
    ["NATS/1.0\r\n\r\nPUB x", "NATS/1.0 PUB x"],
    ["a\0b\u001b[31mc", "a b [31mc"],
    ["", ""],
  ])("of %j is %j", (text, line) => {
    expect(oneLine(text, 100)).toBe(line);
  });

  it("is cut, never in the middle of a character", () => {
    expect(oneLine("abcdef", 3)).toBe("abc...");
    expect(oneLine("ab\u{1F600}cd", 3)).toBe("ab\uFFFD...");
    expect(oneLine("x".repeat(10_000_000), 5)).toBe("xxxxx...");
  });
});

describe("errorLine", () => {
  it("has a text for anything that can be thrown", () => {
    const hostile = {
      toString() {
        throw new Error("no");
      },
    };
    expect(errorLine(new Error("bad\nthing"), 50)).toBe("bad thing");
    expect(errorLine(undefined, 50)).toBe("undefined");
    expect(errorLine(hostile, 50)).toBe("something that has no text");
  });
});
