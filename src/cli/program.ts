import { Command } from "commander";
import { VERSION } from "../version.js";
import { showStacks } from "./action.js";
import { addBenchCommand } from "./bench/command.js";
import { addCompletionCommand } from "./completion/command.js";
import { addDoctorCommand } from "./doctor/command.js";
import { addEnvCommand } from "./env-command.js";
import { addExplainCommand } from "./explain-command.js";
import { addExamples, HELP_WIDTH } from "./help.js";
import { addHelpCommand, HELP } from "./help-command.js";
import { addOutboxCommands } from "./outbox/command.js";
import { addProxyCommand } from "./proxy/command.js";
import { safeLines, withoutCredentials } from "./safe.js";
import { addWatchCommand } from "./watch/command.js";

/** What commander says of wrong use, in one line as all errors are, with the help that tells more. */
function wrongUse(program: Command, text: string): string {
  const [first = "", ...hints] = safeLines(withoutCredentials(text))
    .trim()
    .split(/\s*\n\s*/);
  const said = first.replace(/^error: /, "").replace(/\.$/, "");
  const hint = hints.map((each) => `; ${each.replace(/^\(Did/, "did").replace(/\)$/, "")}`).join("");
  return `holdfast: ${said}${hint}; see "${pathOf(program, process.argv.slice(2))} --help"\n`;
}

/** The command that words lead to. */
function pathOf(program: Command, words: readonly string[]): string {
  let at = program;
  const path = [program.name()];
  for (const word of words.filter((one) => one !== HELP)) {
    const next = at.commands.find((one) => one.name() === word);
    if (next !== undefined) path.push(word);
    at = next ?? at;
  }
  return path.join(" ");
}

/**
 * The command line. It knows names, options and help texts; what a command does is imported when it runs, so that `--help` and a completion
 * come at once.
 */
export function makeProgram(): Command {
  const program = new Command("holdfast")
    .description(
      "A NATS client that keeps its connection and its promises: what goes with it on the command line.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain a command")
    .option("--debug", "show the stack of errors")
    .on("option:debug", showStacks)
    .configureHelp({
      sortSubcommands: true,
      sortOptions: true,
      showGlobalOptions: true,
      helpWidth: Math.min(process.stdout.columns ?? HELP_WIDTH, HELP_WIDTH),
    })
    // What was said in the wrong place may be the URL of a server, with its password.
    .configureOutput({ outputError: (text, write) => write(wrongUse(program, text)) })
    .showSuggestionAfterError()
    // Wrong use has an exit code of its own.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  addBenchCommand(program);
  addDoctorCommand(program);
  addEnvCommand(program);
  addExplainCommand(program);
  addOutboxCommands(program);
  addProxyCommand(program);
  addWatchCommand(program);
  addHelpCommand(program, [
    ["holdfast help bench", "how to measure"],
    ["holdfast help outbox replay", "of a command of a command"],
  ]);
  // The last one: it completes all of them.
  addCompletionCommand(program);
  addExamples(program, [
    ["holdfast doctor nats://127.0.0.1:4222", "what is wrong with it?"],
    ["holdfast bench --server nats://127.0.0.1:4222", "how fast is it?"],
    ["holdfast proxy 127.0.0.1:4222 --listen 127.0.0.1:4333", "a bad network in front of it"],
    ["holdfast watch http://127.0.0.1:9000", "a running process, live"],
    ["holdfast explain stale", "why a connection dropped, and what to do"],
  ]);
  program.addHelpText("after", "\nExit codes: 0 all is well, 1 it is not, 2 wrong use, 130 ended by Ctrl-C.");
  return program;
}
