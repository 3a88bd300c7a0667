import { describeCause } from "../../errors.js";

/** Anything that ends a line or is no text, so that a value stays one line of a header. */
const CONTROLS = /\p{Cc}+/gu;

/** A text as one line of at most `longest` characters. */
export function oneLine(text: string, longest: number): string {
  // Cut first: what is thrown away need not be cleaned.
  const line = text
    .slice(0, 2 * longest)
    .replace(CONTROLS, " ")
    .trim();
  return line.length <= longest ? line : `${line.slice(0, longest).toWellFormed()}...`;
}

/** The text of what was thrown, as one line; never throws. */
export function errorLine(error: unknown, longest: number): string {
  return oneLine(describeCause(error), longest);
}
