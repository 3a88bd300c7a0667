import type { Command } from "commander";

/** Columns of help texts, at most. */
export const HELP_WIDTH = 80;

/** Puts examples below the help of a command: what to type, and what it is for. */
export function addExamples(command: Command, examples: readonly (readonly [string, string])[]): Command {
  const lines = examples.map(([line, what]) => `  $ ${line}\n      ${what}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}
