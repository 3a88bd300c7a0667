/** Long texts are shown by their ends. */
export function shorten(text: string, most = 2000): string {
  if (text.length <= most) return text;
  const end = Math.min(200, most >> 2);
  return `${text.slice(0, most - end)} … ${text.length - most} characters … ${text.slice(-end)}`;
}

/** How a text is written in a file of the corpus that would be a long file otherwise: pieces, some of them repeated. */
interface Folded {
  readonly $text: readonly (string | readonly [text: string, times: number])[];
}

/** Runs of one character from this length on are folded. */
const LONG_RUN = 64;

/** A JSON value with its long texts folded. */
export function fold(value: unknown): unknown {
  if (typeof value === "string") return foldText(value);
  return mapParts(value, fold);
}

/** The JSON value that was folded, or written by hand that way. */
export function unfold(value: unknown): unknown {
  if (isFolded(value))
    return value.$text
      .map((piece) => (typeof piece === "string" ? piece : piece[0].repeat(piece[1])))
      .join("");
  return mapParts(value, unfold);
}

function mapParts(value: unknown, change: (part: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(change);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, change(part)]));
}

function isFolded(value: unknown): value is Folded {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "$text");
}

function foldText(text: string): string | Folded {
  const runs = [...text.matchAll(new RegExp(`([^])\\1{${LONG_RUN - 1},}`, "g"))];
  if (runs.length === 0) return text;
  let at = 0;
  const pieces: Folded["$text"][number][] = [];
  for (const { 0: run, 1: char, index } of runs) {
    if (index > at) pieces.push(text.slice(at, index));
    pieces.push([char, run.length]);
    at = index + run.length;
  }
  if (at < text.length) pieces.push(text.slice(at));
  return { $text: pieces };
}
