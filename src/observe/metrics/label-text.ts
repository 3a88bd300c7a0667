/** A label that is longer helps nobody. */
export const LONGEST_LABEL = 256;

/** A text from elsewhere as the value of a label: valid Unicode, or two that differ would become one on the wire, and not too long. */
export function labelText(text: string): string {
  return text.slice(0, LONGEST_LABEL).toWellFormed();
}
