import { bashScript } from "./bash.js";
import type { CommandWords } from "./words.js";

/** For zsh: what is for bash, through `bashcompinit`, which zsh has for that. */
export function zshScript(name: string, all: readonly CommandWords[]): string {
  return `# Completion of ${name} for zsh: source <(${name} completion zsh)
autoload -Uz compinit bashcompinit
whence compdef >/dev/null || compinit
bashcompinit
${bashScript(name, all)}`;
}
