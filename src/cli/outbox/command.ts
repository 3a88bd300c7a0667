import { type Command, InvalidArgumentError } from "commander";
import { inspectOutbox } from "../../outbox/index.js";
import { AGES, parseAge } from "./age.js";
import { endWith } from "./ended.js";
import { type ExportCommandOptions, runExport } from "./export.js";
import { describeOutbox, needsAttention } from "./inspect.js";
import { makeBar } from "./progress-bar.js";
import { type PurgeCommandOptions, runPurge } from "./purge.js";
import { type ReplayCommandOptions, runReplay } from "./replay.js";

/** Adds `holdfast outbox inspect|export|purge|replay`. */
export function addOutboxCommands(program: Command): void {
  const outbox = program
    .command("outbox")
    .description("look at an outbox on disk, take messages out of it, and send what it holds")
    .addHelpText(
      "after",
      "\nExit code: 0 done; 1 it cannot be done, or something wants a look; 2 wrong use; 130 Ctrl-C.",
    );

  outbox
    .command("inspect")
    .description("what an outbox holds, also while a process has it open; changes nothing")
    .argument("<path>", "folder of the outbox")
    .option("--json", "print the report as JSON")
    .option("--subjects", "count by subject, and check every message: reads all of them")
    .action(
      guarded(async (path: string, { json, subjects }: { json?: boolean; subjects?: boolean }) => {
        const bar = makeBar("inspect");
        const report = await inspectOutbox(path, { subjects, progress: bar.update }).finally(bar.stop);
        print(json === true ? JSON.stringify(report, null, 2) : describeOutbox(report, Date.now()));
        return needsAttention(report) ? 1 : 0;
      }),
    );

  outbox
    .command("export")
    .description("print messages as lines of JSON, the oldest first; changes nothing")
    .argument("<path>", "folder of the outbox")
    .option("--parked", "those that a server has refused for good, instead of those that wait")
    .option("--subject <filter>", "only these; * and > as in subscriptions")
    .option("--limit <n>", "so many at most", positive)
    .option("--out <file>", "write them to a file, for its owner alone, that has its name when it is whole")
    .action(guarded((path: string, options: ExportCommandOptions) => runExport(path, options)));

  outbox
    .command("purge")
    .description("remove messages for good; says what would go, and does it with --yes")
    .argument("<path>", "folder of the outbox, which no process has open")
    .option("--all", "everything, what is parked or damaged as well")
    .option("--damaged", "what cannot be read; looks at all of it")
    .option("--parked", "those that a server has refused for good")
    .option("--older-than <age>", "those that were taken longer ago: 90s, 15m, 12h, 7d", ageOf)
    .option("--subject <filter>", "these; * and > as in subscriptions")
    .option("--yes", "do it")
    .action(
      guarded(async (path: string, options: PurgeCommandOptions) => {
        print(await runPurge(path, options));
        return 0;
      }),
    );

  outbox
    .command("replay")
    .description("send what an outbox holds, in order, where its own program does not run any more")
    .argument("<path>", "folder of the outbox, which no process has open")
    .requiredOption(
      "--server <url>",
      "host:port or nats://[user:pass@]host:port; several with a comma between, or the option again",
      addServers,
    )
    .option("--creds <file>", "file with a JWT and its seed")
    .option("--stream <name>", "the stream that everything goes to: each message is stored there once")
    .option("--domain <name>", "the JetStream domain that the stream is in")
    .option("--core", "to core NATS, whatever the outbox was for: no stream acknowledges anything")
    .option("--instead-of <stream>", "confirms that --stream is another one than the outbox was for")
    .option("--parked", "those that a server had refused for good as well, behind the others")
    .option("--patience <age>", "give up when nothing has gone on for so long (default: 60s)", ageOf)
    .addHelpText(
      "after",
      `
An outbox remembers the stream that it was for (holdfast outbox inspect shows it): say --stream with that
name, or --core, or --stream with another name and --instead-of with the one it was for. One that was for
core NATS needs none of these. Exit code: 0 all is confirmed; 1 something is left, parked or unreadable, or
it cannot be done; 2 wrong use; 130 Ctrl-C.`,
    )
    .action(guarded((path: string, options: ReplayCommandOptions) => runReplay(path, options)));
}

/** What goes wrong becomes a line and an exit code. */
function guarded<A extends unknown[]>(run: (...args: A) => Promise<number>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await run(...args);
    } catch (error) {
      const { line, code } = endWith(error);
      process.stderr.write(line);
      process.exitCode = code;
    }
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function ageOf(text: string): number {
  const ms = parseAge(text);
  if (ms === undefined) throw new InvalidArgumentError(`It must be ${AGES}.`);
  return ms;
}

/** A list of options would swallow the path behind it. */
function addServers(text: string, before: readonly string[] = []): string[] {
  const given = text.split(",").map((one) => one.trim());
  return [...before, ...given.filter((one) => one !== "")];
}

function positive(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return value;
}
