import type { CommandWords, Values } from "./words.js";

/**
 * For bash 3.2 and newer, without the package bash-completion. Words before the cursor are walked once: those that name a command lead into it,
 * values of options are passed over.
 */
export function bashScript(name: string, all: readonly CommandWords[]): string {
  return `# Completion of ${name} for bash: source <(${name} completion bash)
_${name}_contexts() {
  local file
  for file in "\${XDG_CONFIG_HOME:-$HOME/.config}"/nats/context/*.json; do
    [ -e "$file" ] || continue
    file="\${file##*/}"
    printf '%s\\n' "\${file%.json}"
  done
}

_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="" path="" word i skip=0
  [ "$COMP_CWORD" -gt 0 ] && previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [ "$skip" = 1 ]; then skip=0; continue; fi
    case "$path $word" in
${all.flatMap(steps).join("\n")}
    esac
  done
  COMPREPLY=()
  case "$path $previous" in
${all.flatMap(valueCases).join("\n")}
  esac
  case "$path" in
${all.map(commandCase).join("\n")}
  esac
}

complete -F _${name} ${name}`;
}

/** Words that lead on: names of commands, and options whose value is to be passed over. */
function steps({ path, commands, options }: CommandWords): string[] {
  const here = path.join("/");
  const into = commands.map((one) => {
    const next = [...path, one.name].join("/");
    return `      "${here} ${one.name}") path="${next}" ;;`;
  });
  const valued = options.filter(({ values }) => values !== undefined).flatMap(({ flags }) => flags);
  const over = valued.map((flag) => `"${here} ${flag}"`).join(" | ");
  return over === "" ? into : [...into, `      ${over}) skip=1 ;;`];
}

function valueCases({ path, options }: CommandWords): string[] {
  return options.flatMap(({ flags, values }) => {
    if (values === undefined) return [];
    const cases = flags.map((flag) => `"${path.join("/")} ${flag}"`).join(" | ");
    return [`    ${cases}) ${replies(values)} return ;;`];
  });
}

function commandCase({ path, commands, options, values }: CommandWords): string {
  const flags = options.flatMap((option) => option.flags).join(" ");
  const words = commands.map(({ name }) => name).join(" ");
  const other = words === "" ? replies(values) : `COMPREPLY=($(compgen -W "${words}" -- "$current"));`;
  return `    "${path.join("/")}")
      if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "${flags}" -- "$current")); else ${other} fi ;;`;
}

function replies(values: Values): string {
  switch (values.kind) {
    case "words":
      return `COMPREPLY=($(compgen -W "${values.words.join(" ")}" -- "$current"));`;
    case "files":
      return "local IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\"));";
    case "contexts":
      return 'local IFS=$\'\\n\'; COMPREPLY=($(compgen -W "$(_holdfast_contexts)" -- "$current"));';
    case "none":
      return "COMPREPLY=();";
  }
}
