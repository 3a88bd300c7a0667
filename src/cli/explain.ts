import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { closest, distance } from "fastest-levenshtein";
import { type ErrorCode, isRetryable } from "../errors.js";
import { print } from "./action.js";
import { paintFor } from "./colours.js";
import { ERROR_TEXTS, KIND_OF_CODE } from "./error-texts.js";
import { HELP_WIDTH } from "./help.js";
import { renderPage, wrap } from "./markdown.js";
import { WrongUse } from "./outbox/ended.js";
import { printable } from "./outbox/inspect.js";
import { withoutCredentials } from "./safe.js";

/** The pages, as the package has them. */
const FOLDER = fileURLToPath(new URL("../../docs/causes/", import.meta.url));

/** Prints a page of the guide, what a code means, or what there is; returns the exit code. Rejects with `WrongUse`. */
export async function runExplain(what: string | undefined): Promise<number> {
  const columns = Math.min(process.stdout.columns || HELP_WIDTH, HELP_WIDTH + 20);
  const paint = paintFor(process.stdout);
  const kinds = pages();
  if (what === undefined) {
    print(listOf(kinds, columns));
    return 0;
  }
  const wanted = what.trim();
  const kind = wanted.toLowerCase().replaceAll("_", "-");
  if (kinds.includes(kind)) {
    print(renderPage(readFileSync(`${FOLDER}${kind}.md`, "utf8"), columns, paint));
    return 0;
  }
  const code = wanted.toUpperCase().replaceAll("-", "_");
  if (Object.hasOwn(ERROR_TEXTS, code)) {
    print(codeText(code as ErrorCode, columns, (text) => paint("bold", text)));
    return 0;
  }
  const known = [...kinds, ...Object.keys(ERROR_TEXTS)];
  const near = closest(/^[a-z-]+$/.test(wanted) ? kind : code, known);
  const away = near === undefined ? 0 : distance(kind.toUpperCase(), near.replaceAll("_", "-").toUpperCase());
  // Four letters of a short word are another word.
  const hint = near !== undefined && away <= Math.min(4, Math.ceil(wanted.length / 3));
  throw new WrongUse(
    `there is no kind of cause and no code "${printable(withoutCredentials(wanted))}"${hint ? `; did you mean ${near}?` : ""}; "holdfast explain" lists them`,
  );
}

/** All that can be explained. */
export function explained(): string[] {
  return [...pages(), ...Object.keys(ERROR_TEXTS)];
}

/** Kinds that have a page. */
function pages(): string[] {
  try {
    return readdirSync(FOLDER)
      .filter((file) => /^[a-z-]+\.md$/.test(file))
      .map((file) => file.slice(0, -".md".length))
      .sort();
  } catch {
    // Where somebody has taken the pages away, codes are explained all the same.
    return [];
  }
}

function listOf(kinds: readonly string[], columns: number): string {
  const lines = (words: readonly string[]) => wrap(words.join("  "), columns - 2).map((line) => `  ${line}`);
  return [
    "Kinds of causes, as in cause.kind of a disconnect:",
    ...(kinds.length === 0 ? ["  the pages are not in this package"] : lines(kinds)),
    "",
    "Codes of errors, as in error.code:",
    ...lines(Object.keys(ERROR_TEXTS)),
  ].join("\n");
}

function codeText(code: ErrorCode, columns: number, bold: (text: string) => string): string {
  const kind = KIND_OF_CODE[code];
  const again = isRetryable(code)
    ? "It may pass by itself: trying again later makes sense (retryable)."
    : "Trying again changes nothing by itself (not retryable).";
  const more = kind === undefined ? [] : ["", `Ends of connections with this code: holdfast explain ${kind}`];
  return [bold(code), "", ...wrap(ERROR_TEXTS[code], columns), "", ...wrap(again, columns), ...more].join(
    "\n",
  );
}
