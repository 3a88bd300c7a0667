import { normalizeSubject } from "../../index.js";
import { shown } from "../safe-text.js";

/** What nobody has given a name. */
export const NAMELESS = "unnamed";

/** A name that is longer helps nobody. */
const LONGEST = 256;

/**
 * The name of a component, a stream or a breaker's subject as it may be shown to everybody and be a label: names are often subjects, so ids in them are
 * replaced as {@link normalizeSubject} does, and there are few different ones.
 */
export function componentName(given: unknown): string {
  if (typeof given !== "string") return NAMELESS;
  const name = shown(normalizeSubject(given));
  return name.slice(0, LONGEST).toWellFormed() || NAMELESS;
}
