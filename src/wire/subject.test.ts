import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { checkPattern, checkQueue, checkSubject, matches } from "./subject.js";

function code(check: () => void): string | undefined {
  try {
    check();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return (error as CodedError).code;
  }
  return undefined;
}

const BREAKING = ["\r", "\n", "\0", " ", "\t", "\f", "\v", "\x1b", "\x7f", "\r\n"];

describe("subjects", () => {
  it.each([
    "a",
    "a.b",
    "$JS.API.INFO",
    "_INBOX.x.1",
    "ünïcode.主题.😀",
    "a*b",
    "a>b",
    "-",
    "*",
    "a.*",
    "a.>",
    "a\"b'c",
  ])("takes %j", (subject) => {
    expect(code(() => checkSubject(subject))).toBeUndefined();
  });

  it.each(["", ".", ".a", "a.", "a..b", "..", "a.b..c"])("refuses the empty token in %j", (subject) => {
    expect(code(() => checkSubject(subject))).toBe("INVALID_SUBJECT");
    expect(code(() => checkPattern(subject))).toBe("INVALID_SUBJECT");
  });

  it("refuses white space and control characters anywhere (CR, LF and NUL would break the line)", () => {
    for (const bad of BREAKING) {
      for (const subject of [bad, `${bad}a`, `a${bad}`, `a.${bad}.b`, `a${bad}b.c`]) {
        expect(code(() => checkSubject(subject))).toBe("INVALID_SUBJECT");
        expect(code(() => checkPattern(subject))).toBe("INVALID_SUBJECT");
      }
    }
  });

  it.each([undefined, null, 1, {}, [], ["a"], Symbol("a")])("refuses what is no text: %o", (subject) => {
    expect(code(() => checkSubject(subject as string))).toBe("INVALID_SUBJECT");
    expect(code(() => checkPattern(subject as string))).toBe("INVALID_SUBJECT");
  });

  it("tells what is wrong and with which subject, and shows only the beginning of a long one", () => {
    const subject = `${"a".repeat(10_000)} b`;
    try {
      checkSubject(subject, "reply subject");
      expect.unreachable();
    } catch (error) {
      const { message, detail } = error as CodedError;
      expect(message).toContain("reply subject");
      expect(message.length).toBeLessThan(300);
      expect(detail.subject).toBe(subject);
    }
  });

  it("that pass never change how many words a protocol line has (property)", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...BREAKING, "a", ".", "é", "😀"), maxLength: 6 }),
        (subject) => {
          fc.pre(code(() => checkSubject(subject)) === undefined);
          expect(`PUB ${subject} 5`.split(/[ \t\r\n\0\f\v]+/)).toHaveLength(3);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("patterns", () => {
  it.each(["a", "*", ">", "a.*", "a.*.b", "a.>", "*.*.>", "a>", ">a", "a>.b", "a*.b"])(
    "takes %j",
    (pattern) => {
      expect(code(() => checkPattern(pattern))).toBeUndefined();
    },
  );

  it.each([">.a", "a.>.b", ">.>", "a.>.>", "a>.>.b", "a.b>.>.c", ">a.>.b"])(
    "refuses %j: > may only be the last token",
    (pattern) => {
      expect(code(() => checkPattern(pattern))).toBe("INVALID_SUBJECT");
    },
  );

  it("pass exactly when > as a token is the last one (property)", () => {
    const token = fc.constantFrom("a", "*", ">", "a>", ">b", ">>", "*>");
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 5 }), (tokens) => {
        const legal = !tokens.slice(0, -1).includes(">");
        expect(code(() => checkPattern(tokens.join("."))) === undefined).toBe(legal);
      }),
      { numRuns: 500 },
    );
  });
});

describe("queue groups", () => {
  it.each(["workers", "a.b", "*", "ü"])("takes %j", (queue) => {
    expect(code(() => checkQueue(queue))).toBeUndefined();
  });

  it("refuses the empty name, white space and control characters, and what is no text", () => {
    for (const queue of ["", ...BREAKING, ...BREAKING.map((bad) => `a${bad}b`), undefined, null, 7]) {
      expect(code(() => checkQueue(queue as string))).toBe("INVALID_ARGUMENT");
    }
  });
});

describe("matching", () => {
  it.each([
    ["a", "a", true],
    ["a", "b", false],
    ["a.b", "a", false],
    ["a", "a.b", false],
    ["*", "a", true],
    ["*", "a.b", false],
    ["a.*", "a.b", true],
    ["a.*", "a", false],
    ["a.*.c", "a.b.c", true],
    [">", "a", true],
    [">", "a.b.c", true],
    ["a.>", "a", false],
    ["a.>", "a.b", true],
    ["a.>", "a.b.c", true],
    ["*.>", "a", false],
    ["a*", "ab", false],
    ["a>", "ab", false],
  ])("%s and %s: %s", (pattern, subject, wanted) => {
    expect(matches(pattern, subject)).toBe(wanted);
  });

  it("agrees with the rule written as a regular expression (property)", () => {
    const token = fc.constantFrom("a", "b", "ab");
    const wild = fc.constantFrom("a", "b", "ab", "*");
    fc.assert(
      fc.property(
        fc.array(wild, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.array(token, { minLength: 1, maxLength: 5 }),
        (wanted, open, tokens) => {
          const pattern = [...wanted, ...(open ? [">"] : [])];
          const parts = pattern.map((part) => (part === "*" ? "[^.]+" : part === ">" ? ".+" : part));
          const rule = new RegExp(`^${parts.join("\\.")}$`);
          expect(matches(pattern.join("."), tokens.join("."))).toBe(rule.test(tokens.join(".")));
        },
      ),
      { numRuns: 500 },
    );
  });
});
