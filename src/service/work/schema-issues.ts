import type { StandardSchemaV1 } from "@standard-schema/spec";
import { oneLine } from "./plain-text.js";

/** Issues that a text has, at most. */
const MOST = 5;
/** Characters of a message and of a path, at most. */
const LONGEST_MESSAGE = 160;
const LONGEST_PATH = 80;

/** Where libraries begin to quote the value that they refuse, which may be a secret. */
const QUOTES: Readonly<Record<string, RegExp>> = {
  arktype: /\(was /,
  valibot: /\bbut received /,
};

/**
 * What a schema has against a value: paths and messages of the first issues, without the values. Custom messages are as the schema's
 * author has written them.
 */
export function issuesText(issues: readonly StandardSchemaV1.Issue[], vendor: string): string {
  try {
    const quote = Object.hasOwn(QUOTES, vendor) ? QUOTES[vendor] : undefined;
    const texts = Array.from(issues.slice(0, MOST), (issue) => textOf(issue, quote));
    const more = issues.length > MOST ? ` (and ${issues.length - MOST} more)` : "";
    return texts.join("; ") + more;
  } catch {
    return "with issues that cannot be read";
  }
}

function textOf({ message, path }: StandardSchemaV1.Issue, quote: RegExp | undefined): string {
  const end = quote === undefined ? -1 : message.search(quote);
  const what = oneLine(end === -1 ? message : message.slice(0, end), LONGEST_MESSAGE);
  if (path === undefined || path.length === 0) return what;
  const keys = Array.from(path, (part) => String(typeof part === "object" ? part.key : part));
  return `${oneLine(keys.join("."), LONGEST_PATH)}: ${what}`;
}
