import { expect, it } from "vitest";
import { columns, wrapped } from "./layout.js";
import { bytes, count, harmless, inMs, list, span } from "./words.js";

it.each([
  [bytes(0), "0 bytes"],
  [bytes(1), "1 byte"],
  [bytes(1536), "1.5 KiB"],
  [bytes(64 * 1024 ** 2), "64 MiB"],
  [bytes(300 * 1024 ** 3), "300 GiB"],
  [span(40), "40 ms"],
  [span(-3600), "3.6 s"],
  [span(60_000), "60 s"],
  [span(600_000), "10 minutes"],
  [span(3 * 86_400_000), "3 days"],
  [inMs(0.123), "0.12 ms"],
  [inMs(9.87), "9.9 ms"],
  [inMs(1234.5), "1235 ms"],
  [count(2, "address", "addresses"), "2 addresses"],
  [list([]), ""],
  [list(["a"]), "a"],
  [list(["a", "b", "c"]), "a, b and c"],
  [list(["a", "b", "c", "d"], 3), "a, b and 2 more"],
  [harmless("a\u001b[31mb\u202ec\n"), "a?[31mb?c?"],
  [harmless("x".repeat(99), 10), `${"x".repeat(9)}…`],
])("%s is written as %s", (written, text) => {
  expect(written).toBe(text);
});

it("lines are broken at spaces; a long word stays whole", () => {
  expect(wrapped("one two  three", 7)).toEqual(["one two", "three"]);
  expect(wrapped("nats://a-very-long-name:4222 x", 10)).toEqual(["nats://a-very-long-name:4222", "x"]);
  expect(wrapped("", 10)).toEqual([""]);
});

it("columns are as wide as their widest cell", () => {
  expect(
    columns([
      ["a", "b"],
      ["ccc", "d", ""],
    ]),
  ).toEqual(["a    b", "ccc  d"]);
});
