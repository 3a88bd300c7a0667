import { Violation } from "./violation.js";

/** The rule that a story breaks; `none` when it breaks none. Any other error is thrown on. */
export function brokenBy(story: () => unknown): string {
  try {
    story();
  } catch (error) {
    if (error instanceof Violation) return error.rule;
    throw error;
  }
  return "none";
}
