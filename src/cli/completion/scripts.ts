import type { Command } from "commander";
import { bashScript } from "./bash.js";
import type { Shell } from "./command.js";
import { fishScript } from "./fish.js";
import { wordsOf } from "./words.js";
import { zshScript } from "./zsh.js";

/** The script that completes a program in a shell. */
export function completionFor(shell: Shell, program: Command): string {
  const words = wordsOf(program);
  const name = program.name();
  switch (shell) {
    case "bash":
      return bashScript(name, words);
    case "zsh":
      return zshScript(name, words);
    case "fish":
      return fishScript(name, words);
  }
}
