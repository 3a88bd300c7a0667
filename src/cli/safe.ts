/** What a terminal obeys, but for the end of a line, and what turns the direction of writing. */
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;
/** From `//`, or the beginning of a word, to the last `@`: there may be user, password or token. */
const BEHIND_SLASHES = /\/\/[^\n]*@/g;
const WORD = /(?<![^\s'"])[^\s'"/]+@/g;

/** An `@` as URLs write it, and all of the word before it. */
const ENCODED = /[^\s'"]*%40/gi;

/** Lines that a terminal only shows. */
export function safeLines(text: string): string {
  return text.replace(OBEYED, "?");
}

/** JSON that a terminal only shows, and that is the same to programs: `JSON.stringify()` escapes only the old control characters. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(OBEYED, escaped);
}

function escaped(character: string): string {
  // Those beyond the first 65536 are two.
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** What stands in files of credentials: several lines, PEM, JWTs, seeds. */
const CONTENTS = /[\r\n]|-----|eyJ[\w-]{20,}|\bS[A-Z][A-Z2-7]{40,}/;

/** Whether a text that should be the path of a file is what stands in one: it must not be shown then. */
export function isContents(path: string): boolean {
  return CONTENTS.test(path);
}

/** A line without what may be credentials of a URL that was encoded as a whole, so that no parser has found them: `nats%3A%2F%2Fme%3A…%40host`. */
export function withoutEncodedCredentials(text: string): string {
  return text.replace(ENCODED, "***%40");
}

/** A text in which somebody may have put a URL, without what may be its credentials. */
export function withoutCredentials(text: string): string {
  return text.replace(BEHIND_SLASHES, "//***@").replace(WORD, "***@").replace(ENCODED, "***%40");
}
