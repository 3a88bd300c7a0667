import type { Command } from "commander";
import { addExamples } from "./help.js";

/** Name of the command that explains the others. */
export const HELP = "help";

/**
 * Adds `help` to a command that has others. It stands for commander's own, which prints how to use the program for a command that there is not, and
 * knows one word only.
 */
export function addHelpCommand(parent: Command, examples: readonly (readonly [string, string])[]): void {
  const help = parent
    .helpCommand(false)
    .command(HELP)
    .description("explain a command")
    .argument("[command...]", "its words")
    .action((words: readonly string[]) => explain(parent, words));
  addExamples(help, examples);
}

/** Prints the help of the command that words lead to from `parent`, or says which word leads nowhere; ends the process. */
function explain(parent: Command, words: readonly string[]): void {
  let at = parent;
  for (const word of words) {
    const next = at.commands.find((one) => one.name() === word);
    // It says so itself, as without "help", with the name that is meant.
    if (next === undefined && at.commands.length > 0) at.parse(["--", word], { from: "user" });
    if (next === undefined) at.error(`error: there is no command "${word}" of "${at.name()}"`);
    at = next ?? at;
  }
  at.help();
}
