import type { HoldfastError } from "../../index.js";

/** The command line was wrong: exit code 2. */
export class WrongUse extends Error {}

/** How a command ends with an error: a line on standard error, without a stack, and the exit code. */
export function endWith(error: unknown): { line: string; code: number } {
  const { message } = error as Error;
  const { code } = error as Partial<HoldfastError>;
  const text = (typeof message === "string" ? message : String(error))
    .replace(/\s*\n\s*/g, "; ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "?");
  const named =
    typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code) && !text.includes(code) ? ` (${code})` : "";
  const wrong = error instanceof WrongUse || code === "INVALID_ARGUMENT" || code === "INVALID_OPTION";
  return { line: `holdfast: ${text}${named}\n`, code: wrong ? 2 : 1 };
}
