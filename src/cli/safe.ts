/** What a terminal obeys, but for the end of a line, and what turns the direction of writing. */
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;
/** From `//`, or the beginning of a word, to the last `@`: there may be user, password or token. */
const BEHIND_SLASHES = /\/\/[^\n]*@/g;
const WORD = /(?<![^\s'"])[^\s'"/]+@/g;

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

/** A text in which somebody may have put a URL, without what may be its credentials. */
export function withoutCredentials(text: string): string {
  return text.replace(BEHIND_SLASHES, "//***@").replace(WORD, "***@");
}
