/** Characters that take two columns: those of East Asia, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** What colours are made of. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what begins them
const STYLE = /\u001b\[[0-9;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const PIECES = /\u001b\[[0-9;]*m|[\s\S]/gu;

/** Columns that text takes on a terminal, without what only colours it. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replace(STYLE, "")) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** Text that fits, with an ellipsis where it was longer; its styles are ended. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let width = 0;
  let shown = "";
  let styled = false;
  for (const piece of text.match(PIECES) ?? []) {
    if (piece.length > 1 && piece.startsWith("\u001b")) {
      styled = true;
      shown += piece;
      continue;
    }
    const wide = WIDE.test(piece) ? 2 : 1;
    if (width + wide > columns - 1) break;
    width += wide;
    shown += piece;
  }
  return `${shown}…${styled ? "\u001b[0m" : ""}`;
}
