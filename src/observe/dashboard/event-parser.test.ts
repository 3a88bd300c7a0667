import { beforeEach, describe, expect, it } from "vitest";
import { EventParser, LONGEST_EVENT } from "./event-parser.js";
import { frameOf, HEARTBEAT, RETRY } from "./frames.js";

let got: [string, string][];
let parser: EventParser;
beforeEach(() => {
  got = [];
  parser = new EventParser((event, data) => got.push([event, data]));
});

describe("a stream", () => {
  it("of our own is read, in whatever pieces it comes", () => {
    const hello = { text: "line\nbreak, \u20ac, \u{1f600}, \u2028" };
    const stream = Buffer.concat([RETRY, frameOf("away", hello), HEARTBEAT, frameOf("log", { a: 1 })]);
    for (let size = 1; size <= stream.length; size++) {
      got = [];
      parser = new EventParser((event, data) => got.push([event, data]));
      for (let at = 0; at < stream.length; at += size) parser.read(stream.subarray(at, at + size));
      expect(got.map(([event, data]) => [event, JSON.parse(data)])).toEqual([
        ["away", hello],
        ["log", { a: 1 }],
      ]);
    }
  });

  it("may have other ends of lines, several lines of data, and what is not known", () => {
    parser.read(
      Buffer.from("id: 7\r\nevent:a\r\ndata:1\r\ndata: 2\r\n\r\nevent: empty\n\nnonsense\ndata\n\n"),
    );
    expect(got).toEqual([
      ["a", "1\n2"],
      ["", ""],
    ]);
  });

  it("may come a byte at a time, however long a line is", () => {
    const data = "x".repeat(10_000);
    for (const byte of Buffer.from(`event: a\ndata: ${data}\n\n`)) parser.read(Buffer.from([byte]));
    expect(got).toEqual([["a", data]]);
  });

  it("does not tell of an event that has not come to its end", () => {
    parser.read(Buffer.from("event: a\ndata: 1\n"));
    expect(got).toEqual([]);
  });
});

describe("an event that is too long is refused", () => {
  const megabyte = Buffer.alloc(1024 * 1024, "x");
  const feed = (line: Uint8Array, times: number) => {
    for (let i = 0; i < times; i++) parser.read(line);
  };

  it("as one line", () => {
    parser.read(Buffer.from("data: "));
    feed(megabyte, LONGEST_EVENT / megabyte.length - 1);
    expect(() => feed(megabyte, 1)).toThrow(RangeError);
  });

  it("as many lines, also empty ones", () => {
    expect(() => feed(Buffer.from("data:\n".repeat(10_000)), 100)).toThrow(RangeError);
    expect(got).toEqual([]);
  });

  it("and comments are no part of it", () => {
    feed(Buffer.from(`:${"x".repeat(100_000)}\n`), 200);
    parser.read(Buffer.from("data: 1\n\n"));
    expect(got).toEqual([["", "1"]]);
  });
});
