import { describe, expect, it } from "vitest";
import { headerLines } from "./header-lines.js";

describe("encoded headers", () => {
  it("are read as names and values, in their order, with those that come twice", () => {
    const encoded = Buffer.from("NATS/1.0\r\nA: 1\r\nB:two: 2\r\nA: ä\r\nEmpty: \r\n\r\n");
    expect(headerLines(encoded)).toEqual([
      ["A", "1"],
      ["B", "two: 2"],
      ["A", "ä"],
      ["Empty", ""],
    ]);
  });

  it.each(["", "NATS/1.0", "NATS/1.0\r\n: x\r\nnothing\r\n\r\n", "\xff\xfe"])("%j has none", (text) => {
    expect(headerLines(Buffer.from(text, "latin1"))).toEqual([]);
  });

  it("are not there when there are none", () => {
    expect(headerLines(undefined)).toEqual([]);
  });
});
