import { Argument, type Command } from "commander";
import { action, print } from "../action.js";
import { addExamples } from "../help.js";

const SHELLS = ["bash", "fish", "zsh"] as const;

/** A shell for which there is a completion. */
export type Shell = (typeof SHELLS)[number];

/** Adds `holdfast completion`, which completes all commands of `program`. */
export function addCompletionCommand(program: Command): void {
  const command = program
    .command("completion")
    .description("a script that completes commands and options in your shell")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action(
      action(async (shell: Shell) => {
        const { completionFor } = await import("./scripts.js");
        print(completionFor(shell, program));
        return 0;
      }),
    );
  addExamples(command, [
    ["source <(holdfast completion bash)", "in ~/.bashrc"],
    ["source <(holdfast completion zsh)", "in ~/.zshrc, behind compinit"],
    ["holdfast completion fish | source", "in ~/.config/fish/config.fish"],
  ]);
}
