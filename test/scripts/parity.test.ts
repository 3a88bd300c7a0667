import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "./fakes.js";

type Tests = { path: string; code: string }[];
type List = Record<string, { title: string; lines: Record<number, string> }>;
type Options = { files?: Tests; list?: List; why?: Record<number, string> };
const { parityPage } = (await import(inCheckout("scripts/docs/parity/page.mjs"))) as {
  parityPage: (options?: Options) => { page: string; open: number[] };
};

const list: List = { a: { title: "Ends", lines: { 1: "begins", 2: "ends" } } };
const made = (code: string, why: Record<number, string> = {}) =>
  parityPage({ list, why, files: [{ path: "test/x.test.ts", code }] });

describe("docs/parity.md", () => {
  it("is what the tests' names say; if it is not: npm run docs", () => {
    expect(readFileSync(inCheckout("docs/parity.md"), "utf8")).toBe(parityPage().page);
  });

  it("has a test, or a reason, for every line", () => {
    expect(parityPage().open).toEqual([]);
  });

  it("names a test by file and title, with the group that it is in", () => {
    const { page, open } = made(
      'describe("a [parity 2]", () => { it.each([1])("b *%s* [parity 1, 2]", async () => {}); it("c", () => {}); });',
    );
    const b = "[test/x.test.ts](../test/x.test.ts): a › b \\*%s\\*";
    expect(page).toContain(
      `\n| 1 | begins | ${b} |\n| 2 | ends | [test/x.test.ts](../test/x.test.ts): a<br>${b} |`,
    );
    expect(open).toEqual([]);
  });

  it("says of a line without a test why, or that it is open", () => {
    const { page, open } = made("", { 1: "Threads." });
    expect(page).toContain("\n| 1 | begins | *Threads.* |\n| 2 | ends | **open** |");
    expect(page).toContain("\n2 lines: 0 with tests, 1 with the reason why there is none, 1 open: 2.\n");
    expect(open).toEqual([2]);
  });

  it("counts a line once that has a test and a remark", () => {
    expect(made('it("b [parity 1]", () => {});', { 1: "Otherwise." }).page).toContain(
      "\n2 lines: 1 with tests, 0 with the reason why there is none, 1 open: 2.\n",
    );
  });

  it.each([
    [
      "names no line",
      'it("a [parity 3]", () => {});',
      /x\.test\.ts: "a" is tagged with line 3: there is none/,
    ],
    ["is not at the end", 'it("a [parity 1] b", () => {});', /x\.test\.ts:1: a parity tag stands at the end/],
    ["is misspelt", 'it("a [parity 1,2]", () => {});', /a parity tag stands at the end/],
    ["is of a test that is skipped", 'it.skip("a [parity 1]", () => {});', /is tagged and does not run/],
    [
      "is in a group that is skipped",
      'describe.skip("a", () => { it("b [parity 1]", () => {}); });',
      /is tagged and does not run/,
    ],
  ])("is not made when a tag %s", (_, code, message) => {
    expect(() => made(code)).toThrow(message);
  });

  it("is not made when a reason is for no line", () => {
    expect(() => made("", { 3: "Threads." })).toThrow(/a reason for line 3/);
  });
});
