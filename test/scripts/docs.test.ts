import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "./fakes.js";

type Options = { read?: (path: string) => string | undefined; texts?: Record<string, string> };
const { eventsPage } = (await import(inCheckout("scripts/docs/page.mjs"))) as {
  eventsPage: (options?: Options) => string;
};
const { supplements } = (await import(inCheckout("scripts/docs/supplements.mjs"))) as {
  supplements: Record<string, string>;
};

/** The page of this checkout with one change in one file, which must be there to be changed. */
function changed(path: string, from: RegExp | string, to: string): string {
  return eventsPage({
    read(file) {
      if (!existsSync(inCheckout(file))) return undefined;
      const text = readFileSync(inCheckout(file), "utf8");
      if (file !== path) return text;
      const edited = text.replace(from, to);
      expect(edited, `${path} has no ${from}`).not.toBe(text);
      return edited;
    },
  });
}

const EVENTS = "src/client/events.ts";
const CALLBACKS = "src/client/callbacks.ts";
const REPORTER = "src/client/reporter.ts";
const CLASSES = "src/interop/errors.ts";

describe("docs/events.md", () => {
  it("is what the sources say; if it is not: npm run docs", () => {
    expect(readFileSync(inCheckout("docs/events.md"), "utf8")).toBe(eventsPage());
  });

  it("has no path of a machine in it", () => {
    expect(eventsPage()).not.toContain(inCheckout(""));
  });

  it("follows a change of a docstring, a field, a class", () => {
    expect(changed(EVENTS, /(\/\*\*)[^/]*(\*\/\s*close: \[)/, "$1 Over and out. $2")).toContain(
      "\nOver and out.\n",
    );
    expect(changed(EVENTS, "  attempts: number;", "  attempts: number[];")).toMatch(
      /`attempts` \| `number\[]` \|/,
    );
    expect(changed(CLASSES, "new ProtocolError(", "new TimeoutError(")).toMatch(
      /`PROTOCOL_ERROR` .*`TimeoutError` \|/,
    );
  });
});

describe("the page is not made, and the place is named, when", () => {
  it.each([
    [
      "an event",
      EVENTS,
      /\/\*\*[^/]*\*\/(\s*close: \[)/,
      /events\.ts:\d+: ConnectionEvents\.close has no docstring/,
    ],
    [
      "a field",
      "src/causes.ts",
      /\/\*\*[^/]*\*\/(\s*message: string)/,
      /causes\.ts:\d+: Cause\.message has no/,
    ],
    [
      "a kind",
      "src/causes.ts",
      /\/\*\*[^/]*\*\/(\s*\| "refused")/,
      /causes\.ts:\d+: CauseKind\.refused has no/,
    ],
    [
      "a reason",
      "src/core/books.ts",
      /\/\*\*[^/]*\*\/(\s*\| "ttl")/,
      /books\.ts:\d+: DropReason\.ttl has no/,
    ],
    ["a code", "src/errors.ts", /\/\*\*[^/]*\*\/(\s*TIMEOUT:)/, /errors\.ts:\d+: ErrorCode\.TIMEOUT has no/],
  ])("%s has no docstring", (_, path, docstring, message) => {
    expect(() => changed(path, docstring, "$1")).toThrow(message);
  });

  it("a docstring makes a supplement needless", () => {
    const texts = { ...supplements, "Cause.message": "Text." };
    expect(() => eventsPage({ texts })).toThrow(
      /supplements\.mjs: "Cause\.message" has a docstring or is gone/,
    );
  });

  it.each([
    ["an event has no constant", EVENTS, '  Close: "close",', "", /close is not in Events/],
    [
      "a constant names no event",
      EVENTS,
      '  Close: "close",',
      '$&\n  More: "more",',
      /"more", which is no event/,
    ],
    ["a callback option names no event", CALLBACKS, '"lameDuck">', '"more">', /"more", which is no event/],
    ["a status is new", REPORTER, '"staleConnection"', '"more"', /the reporter pushes .*more/],
    [
      "a status belongs to another event",
      REPORTER,
      'emit("lameDuck"',
      'emit("update"',
      /reporter\.ts:\d+: status "ldm" belongs to update/,
    ],
    [
      "a type is unknown",
      EVENTS,
      "info: CloseInfo",
      "info: More",
      /events\.ts:\d+: .* does not know the type More/,
    ],
    [
      "a case makes no new error",
      CLASSES,
      "return new ProtocolError(",
      "return made(",
      /errors\.ts:\d+: a case of/,
    ],
    [
      "a case is no code",
      "src/errors.ts",
      /.*PROTOCOL_ERROR: .*\n/,
      "",
      /errors\.ts:\d+: .*a case that is no code/,
    ],
    [
      "a row is no row",
      "src/core/server-errors.ts",
      'row("stale ',
      'other("stale ',
      /:\d+: the page cannot read/,
    ],
    ["a file is gone", EVENTS, "../core/cause.js", "../core/more.js", /src\/core\/more\.ts is not there/],
  ])("%s", (_, path, from, to, message) => {
    expect(() => changed(path, from, to)).toThrow(message);
  });
});
