import type { Found, LintContext, Rule } from "../rule.js";

/** Subjects that are shown, and characters of each. */
const SHOWN = 3;
const LONGEST = 64;

function wildcards({ running }: LintContext): Found | undefined {
  const subjects = running?.wildcards ?? [];
  if (subjects.length === 0) return undefined;
  const others = subjects.length - SHOWN;
  const shown = subjects.slice(0, SHOWN).map(quoted).join(", ");
  return {
    level: "hint",
    option: undefined,
    message: `wildcards were published to: ${shown}${others > 0 ? ` and ${others} more` : ""}`,
    why: 'a server takes "*" and ">" of a published subject literally: who subscribes to "a.b" gets nothing of "a.*", and nobody is told',
    advice: [
      "publish to each subject that is meant; wildcards are for subscriptions",
      "where a part of the subject comes from outside, refuse or replace these characters in it",
    ],
  };
}

/** As text, with nothing that a terminal would obey. */
function quoted(subject: string): string {
  const text = subject.length > LONGEST ? `${subject.slice(0, LONGEST)}…` : subject;
  return JSON.stringify(text.replace(/[\p{Cc}\p{Cf}]/gu, "?"));
}

/** What a connection was asked to publish. */
export const PUBLISHING: readonly Rule[] = [{ name: "wildcard-publish", check: wildcards }];
