import type { Command, Option } from "commander";
import { explained } from "../explain.js";
import { HELP } from "../help-command.js";

/** What is completed where a value is wanted. */
export type Values =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" }
  | { readonly kind: "contexts" }
  | { readonly kind: "none" };

/** An option as a shell sees it. */
export interface OptionWords {
  /** `--server` and `-s`. */
  readonly flags: readonly string[];
  readonly about: string;
  /** Undefined: it takes no value. */
  readonly values: Values | undefined;
}

/** What may be typed behind a command. */
export interface CommandWords {
  /** Its words: `[]` for the program, `["outbox", "replay"]`. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly options: readonly OptionWords[];
  /** Of its arguments. */
  readonly values: Values;
}

/** Toxics as they may stand on the command line, each with a value that makes sense. */
export const TOXICS: readonly string[] = [
  "bandwidth=64KiB",
  "blackhole",
  "corrupt=0.001",
  "delay_pong=10s",
  "drop_line=PING",
  "freeze",
  "half_open",
  "latency=200",
  "limit_data=100000",
  "reset_peer=1000",
  "slicer=16",
  "slow_close=1000",
  "timeout=1000",
];

const NONE: Values = { kind: "none" };

/** All commands of a program, itself first, with what each takes: of the very definitions that it runs by. */
export function wordsOf(program: Command): CommandWords[] {
  const shared = program.options.map(optionWords);
  const all: CommandWords[] = [];
  const walk = (command: Command, path: readonly string[]): void => {
    // What "help" explains is the same as what there is.
    const commands = command.commands
      .filter((one) => one.name() !== HELP)
      .sort((a, b) => a.name().localeCompare(b.name()));
    const help: OptionWords = { flags: ["--help", "-h"], about: "explain it", values: undefined };
    const own = command === program ? [] : command.options.map(optionWords);
    all.push({
      path,
      commands: [
        ...commands.map((one) => ({ name: one.name(), about: firstOf(one.description()) })),
        ...(command === program ? [{ name: HELP, about: "explain a command" }] : []),
      ],
      options: [...own, ...shared, help],
      values: argumentValues(command),
    });
    for (const one of commands) walk(one, [...path, one.name()]);
  };
  walk(program, []);
  const [root] = all;
  all.push({ path: [HELP], commands: root.commands, options: [], values: NONE });
  return all;
}

function optionWords(option: Option): OptionWords {
  const flags = [option.long, option.short].filter((flag): flag is string => typeof flag === "string");
  const takes = option.required || option.optional;
  return { flags, about: firstOf(option.description), values: takes ? optionValues(option) : undefined };
}

function optionValues(option: Option): Values {
  if (option.argChoices !== undefined) return { kind: "words", words: option.argChoices };
  const name = /<([^>]+)>|\[([^\]]+)\]/.exec(option.flags)?.[1] ?? "";
  if (option.long === "--context") return { kind: "contexts" };
  if (option.long === "--toxic") return { kind: "words", words: TOXICS };
  return /^(?:file|path|folder)/.test(name) ? { kind: "files" } : NONE;
}

function argumentValues(command: Command): Values {
  const [argument] = command.registeredArguments;
  if (command.name() === "explain") return { kind: "words", words: explained() };
  if (argument === undefined) return NONE;
  if (argument.argChoices !== undefined) return { kind: "words", words: argument.argChoices };
  return /^(?:file|path|folder)$/.test(argument.name()) ? { kind: "files" } : NONE;
}

/** The first part of a sentence: there is one line for it. */
function firstOf(text: string): string {
  return text.split(/[;:(]/)[0].trim();
}
