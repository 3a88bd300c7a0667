import { readFileSync } from "node:fs";
import { inCheckout } from "../scripts/fakes.js";

/** A piece of code on a page. */
export interface Block {
  /** From the root of the checkout. */
  readonly page: string;
  /** Line of the page that the code begins on. */
  readonly line: number;
  readonly language: "ts" | "js";
  readonly code: string;
  /** What `<!-- given: name: type -->` above it declares. */
  readonly given: readonly string[];
  /** Why it is not to be compiled: as `<!-- not checked: … -->` says, or because it imports a file that is the reader's. */
  readonly unchecked: string | undefined;
}

const FENCE = /^( {0,3})(`{3,})(ts|js|typescript|javascript|mjs|mts)\b[^\n]*\n([\s\S]*?)^ {0,3}\2`*[ \t]*$/gm;
const NOTES = /((?:<!--(?:(?!-->)[\s\S])*-->\s*)+)$/;

/**
 * Every piece of TypeScript or JavaScript on a page.
 *
 * @param page from the root of the checkout
 */
export function blocksOf(
  page: string,
  markdown: string = readFileSync(inCheckout(page), "utf8"),
): readonly Block[] {
  return [...markdown.matchAll(FENCE)].map(({ 0: whole, 3: language, 4: code, index }) => {
    const before = markdown.slice(0, index);
    const [notes = ""] = NOTES.exec(before) ?? [];
    const said = (word: string) =>
      [...notes.matchAll(new RegExp(`<!-- ${word}:\\s*([\\s\\S]*?)\\s*-->`, "g"))].map(([, text]) => text);
    return {
      page,
      line: (before + whole.slice(0, whole.indexOf("\n") + 1)).split("\n").length,
      language: language.startsWith("t") || language === "mts" ? "ts" : "js",
      code,
      given: said("given"),
      unchecked:
        said("not checked")[0] ?? (/from "\.\.?\//.test(code) ? "imports a file of the reader's" : undefined),
    };
  });
}
