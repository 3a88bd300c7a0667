import { describe, expect, it } from "vitest";
import { coloured, paintFor, plain } from "./colours.js";
import { cut, widthOf } from "./cut.js";
import { keysOf } from "./keys.js";
import { renderPage } from "./markdown.js";
import { listed, parseSize, sizeBetween, wholeNumber } from "./values.js";

it("keys are told one by one, an arrow is one", () => {
  expect(keysOf("q?\u001b[A\u001bOPx\u0003é")).toEqual([
    "q",
    "?",
    "\u001b[A",
    "\u001bOP",
    "x",
    "\u0003",
    "é",
  ]);
  expect(keysOf("")).toEqual([]);
});

it("text is cut to columns, with its colours ended", () => {
  expect(cut("abc", 3)).toBe("abc");
  expect(cut("abcd", 3)).toBe("ab…");
  expect(widthOf("注文")).toBe(4);
  expect(cut("注文a", 4)).toBe("注…");
  const red = coloured("red", "abcdef");
  expect(widthOf(red)).toBe(6);
  expect(cut(red, 4)).toBe("\u001b[31mabc…\u001b[0m");
});

it("colours are for terminals that want them", () => {
  expect(paintFor({ isTTY: true }, {})).toBe(coloured);
  for (const [stream, variables] of [
    [{}, {}],
    [{ isTTY: true }, { NO_COLOR: "1" }],
    [{ isTTY: true }, { TERM: "dumb" }],
  ] as const)
    expect(paintFor(stream, variables)).toBe(plain);
});

describe("values", () => {
  it("are sizes", () => {
    const sizes = ["128", "4KiB", "1k", "1MB", "1.5MiB", " 2 gib"].map(parseSize);
    expect(sizes).toEqual([128, 4096, 1024, 1_000_000, 1_572_864, 2_147_483_648]);
    for (const text of ["", "-1", "1x", "KiB", "1e9", "0x10"]) expect(parseSize(text)).toBeUndefined();
    expect(() => sizeBetween(0, 10)("11")).toThrow("It must be bytes");
  });

  it("are whole numbers in bounds", () => {
    expect(["7", "1_000", "1,000,000"].map(wholeNumber(0, 1e6))).toEqual([7, 1000, 1_000_000]);
    for (const text of ["", "1.5", "-1", "1e3", "1,0", "1000001", "x"])
      expect(() => wholeNumber(0, 1e6)(text)).toThrow("0 to 1,000,000");
  });

  it("come several times, or with commas", () => {
    expect(listed("b, c,", listed("a"))).toEqual(["a", "b", "c"]);
  });
});

it("a page is told without its markup", () => {
  const page = [
    "# `stale`: a **title**",
    "",
    "Some `code` and [a link](x.md)",
    "over two lines.",
    "",
    "| what | value |",
    "|---|---|",
    "| `a`, `b \\| c` | 5 |",
    "",
    "- one",
    "```sh",
    "curl | x  # y",
    "```",
  ];
  expect(renderPage(page.join("\n"), 80, plain)).toBe(
    [
      "stale: a title",
      "",
      "Some code and a link over two lines.",
      "",
      `  a, b | c${" ".repeat(28)}5`,
      "",
      "- one",
      "    curl | x  # y",
    ].join("\n"),
  );
  for (const line of renderPage(page.join("\n"), 30, plain).split("\n"))
    expect(line.length).toBeLessThanOrEqual(66);
});
