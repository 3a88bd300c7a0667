import type { HoldfastError } from "../../index.js";

/** The command line was wrong: exit code 2. */
export class WrongUse extends Error {}

/** Options of the library whose names are others here. */
const FLAGS: Readonly<Record<string, string>> = { servers: "--server", path: "the path of the outbox" };

/** How a command ends with an error: a line on standard error, without a stack, and the exit code. */
export function endWith(error: unknown): { line: string; code: number } {
  const { message } = error as Error;
  const { code, option } = error as Partial<HoldfastError> & { option?: unknown };
  const text = flagged(typeof message === "string" ? message : String(error), option)
    .replace(/\s*\n\s*/g, "; ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "?");
  const named =
    typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code) && !text.includes(code) ? ` (${code})` : "";
  const wrong = error instanceof WrongUse || code === "INVALID_ARGUMENT" || code === "INVALID_OPTION";
  return { line: `holdfast: ${text}${named}\n`, code: wrong ? 2 : 1 };
}

/** The words of an option as the command line has it: `--older-than` for `option "olderThan"`. */
function flagged(text: string, option: unknown): string {
  if (typeof option !== "string" || option === "") return text;
  const flag = Object.hasOwn(FLAGS, option) ? FLAGS[option] : `--${option.replace(/[A-Z]/g, dashed)}`;
  return text.replace(`option "${option}"`, flag);
}

function dashed(letter: string): string {
  return `-${letter.toLowerCase()}`;
}
