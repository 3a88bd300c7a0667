import type { StandardSchemaV1 } from "@standard-schema/spec";
import { oneLine } from "./plain-text.js";

/** Issues that a text has, at most. */
const MOST = 5;
/** Characters of a message and of a path, at most. */
const LONGEST_MESSAGE = 160;
const LONGEST_PATH = 80;

/** Where libraries begin to quote the value that they refuse, which may be a secret. Zod quotes none. */
const QUOTES: Readonly<Record<string, RegExp>> = {
  arktype: / \(/,
  valibot: /[:,]? (?:but )?received /i,
  zod: /$/,
};
/** Where libraries may begin to do so that are not known here. */
const ANY_QUOTE = /[:,;]? (?:\(|["'`]|(?:but |and )?(?:was|is|got|has|received|actual|the final)\b)/i;

/**
 * What a schema has against a value: paths and messages of the first issues, without the values. Names of keys are told; messages that the
 * schema's author has written are told up to what looks like a value.
 */
export function issuesText(issues: readonly StandardSchemaV1.Issue[], vendor: string): string {
  try {
    const quote = Object.hasOwn(QUOTES, vendor) ? QUOTES[vendor] : ANY_QUOTE;
    const texts = Array.from(issues.slice(0, MOST), (issue) => textOf(issue, quote));
    const more = issues.length > MOST ? ` (and ${issues.length - MOST} more)` : "";
    return texts.join("; ") + more;
  } catch {
    return "with issues that cannot be read";
  }
}

function textOf({ message, path }: StandardSchemaV1.Issue, quote: RegExp): string {
  const end = message.search(quote);
  const what = oneLine(end === -1 ? message : message.slice(0, end), LONGEST_MESSAGE);
  if (path === undefined || path.length === 0) return what;
  const keys = Array.from(path, (part) => String(typeof part === "object" ? part.key : part));
  const where = oneLine(keys.join("."), LONGEST_PATH);
  if (what === "" || what === where) return `${where}: it is not valid`;
  return what.startsWith(where) ? what : `${where}: ${what}`;
}
