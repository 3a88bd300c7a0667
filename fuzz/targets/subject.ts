import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_CONTROL_LINE } from "../../src/wire/limits.js";
import { checkPattern, checkQueue, checkSubject, checkSubLine, matches } from "../../src/wire/subject.js";
import { expectCode } from "../expect-code.js";
import { mutated } from "../mutations.js";
import { target } from "../target.js";

export interface SubjectInput {
  readonly subject: string;
  /** Another one: a pattern to match, or a queue. */
  readonly other: string;
}

const TOKENS = /^[^\0- \x7f.]+(\.[^\0- \x7f.]+)*$/;
const WORD = /^[^\0- \x7f]+$/;

/** The rules of subjects as one regular expression: `*` is any token, `>` one token or more at the end. */
function toRegExp(pattern: string): RegExp {
  const tokens = pattern.split(".").map((token) => {
    if (token === "*") return "[^.]*";
    return token === ">" ? "[^]*" : token.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  });
  return new RegExp(`^${tokens.join("\\.")}$`);
}

/** What is under test: the product's, or spoilt ones of a test. */
const PRODUCT = { checkSubject, checkPattern, matches };

export function checkSubjects({ subject, other }: SubjectInput, rules = PRODUCT): void {
  const good = TOKENS.test(subject);
  assert.equal(
    expectCode(() => rules.checkSubject(subject), "INVALID_SUBJECT").error === undefined,
    good,
    "subject",
  );
  const goodPattern = good && !subject.split(".").slice(0, -1).includes(">");
  assert.equal(
    expectCode(() => rules.checkPattern(subject), "INVALID_SUBJECT").error === undefined,
    goodPattern,
    "pattern",
  );
  const queue = expectCode(() => checkQueue(other), "INVALID_ARGUMENT");
  assert.equal(queue.error === undefined, WORD.test(other), "queue");
  if (goodPattern) {
    const line = expectCode(() => checkSubLine(subject, other), "MAX_CONTROL_LINE_EXCEEDED");
    if (line.error === undefined)
      assert(
        Buffer.byteLength(`SUB ${subject} ${other} 9007199254740991`) <= MAX_CONTROL_LINE + 10,
        "SUB line",
      );
    if (TOKENS.test(other))
      assert.equal(rules.matches(subject, other), toRegExp(subject).test(other), "matches");
  }
}

const token = fc.oneof(
  fc.constantFrom("*", ">", "a", "b", "*a", ">>", "$JS", "(", "\\", "é", "\ud800"),
  fc.string({ maxLength: 3 }),
);
const dotted = fc.array(token, { maxLength: 5 }).map((tokens) => tokens.join("."));

export const subject = target<SubjectInput>({
  name: "subject",
  about:
    "any subject, pattern and queue: taken or refused as the rules say; matching as a regular expression",
  inputs: (known) => {
    const texts = known.flatMap((entry) => [entry.subject, entry.other]).filter((text) => text.length < 1000);
    const text = fc.oneof(
      dotted,
      mutated(texts, [".", "*", ">", " ", "\r\n", "\t", "\0", "\x7f", "\u00a0"]),
      fc.string(),
    );
    return fc.record({ subject: text, other: text });
  },
  check: (input) => checkSubjects(input),
});
