import type { CommandWords, OptionWords, Values } from "./words.js";

/** For fish 3 and newer: a line for each thing that may be typed, with the words before which it stands. */
export function fishScript(name: string, all: readonly CommandWords[]): string {
  return `# Completion of ${name} for fish: ${name} completion fish | source
function __${name}_contexts
    set -l config $XDG_CONFIG_HOME
    test -n "$config"; or set config $HOME/.config
    for file in $config/nats/context/*.json
        string replace -r '^.*/(.*)\\.json$' '$1' -- $file
    end
end
complete -c ${name} -f
${all.flatMap((words) => lines(name, words)).join("\n")}`;
}

function lines(name: string, { path, commands, options, values }: CommandWords): string[] {
  const names = commands.map((one) => one.name);
  const inside = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const before = names.length === 0 ? [] : [`not __fish_seen_subcommand_from ${names.join(" ")}`];
  const conditions = (parts: readonly string[]) =>
    parts.length === 0 ? "" : ` -n '${parts.join("; and ")}'`;
  const at = conditions([...inside, ...before]);
  return [
    ...commands.map((one) => `complete -c ${name}${at} -a ${one.name} -d ${quoted(one.about)}`),
    ...(values.kind === "none" ? [] : [`complete -c ${name}${at}${given(name, values)}`]),
    ...options.map((option) => `complete -c ${name}${conditions(inside)}${optionWords(name, option)}`),
  ];
}

function optionWords(name: string, { flags, about, values }: OptionWords): string {
  const long = flags.filter((flag) => flag.startsWith("--")).map((flag) => ` -l ${flag.slice(2)}`);
  const short = flags.filter((flag) => !flag.startsWith("--")).map((flag) => ` -s ${flag.slice(1)}`);
  const value = values === undefined ? "" : values.kind === "none" ? " -x" : ` -r${given(name, values)}`;
  return `${long.join("")}${short.join("")}${value} -d ${quoted(about)}`;
}

function given(name: string, values: Values): string {
  switch (values.kind) {
    case "words":
      return ` -f -a ${quoted(values.words.join(" "))}`;
    case "files":
      return " -F";
    case "contexts":
      return ` -f -a '(__${name}_contexts)'`;
    case "none":
      return "";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
