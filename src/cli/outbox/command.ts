import type { Command } from "commander";
import { action, print } from "../action.js";
import { addConnectionOptions } from "../connection-options.js";
import { addExamples } from "../help.js";
import { addHelpCommand } from "../help-command.js";
import { ageOf, positive } from "../values.js";
import type { ExportCommandOptions } from "./export.js";
import type { PurgeCommandOptions } from "./purge.js";
import type { ReplayCommandOptions } from "./replay.js";
import type { InspectCommandOptions } from "./run-inspect.js";

/** Adds `holdfast outbox inspect|export|purge|replay`. */
export function addOutboxCommands(program: Command): void {
  const outbox = program
    .command("outbox")
    .description("look at an outbox on disk, take messages out of it, and send what it holds");
  addExamples(outbox, [
    ["holdfast outbox inspect /var/lib/orders/outbox", "what it holds"],
    ["holdfast help outbox replay", "how to send it"],
  ]);
  addInspect(outbox);
  addExport(outbox);
  addPurge(outbox);
  addReplay(outbox);
  addHelpCommand(outbox, [["holdfast outbox help replay", "how to send what it holds"]]);
}

function addInspect(outbox: Command): void {
  const command = outbox
    .command("inspect")
    .description("what an outbox holds, also while a process has it open; changes nothing")
    .argument("<path>", "folder of the outbox")
    .option("--json", "print the report as JSON")
    .option("--subjects", "count by subject, and check every message: reads all of them")
    .action(
      action(async (path: string, options: InspectCommandOptions) => {
        const { runInspect } = await import("./run-inspect.js");
        return runInspect(path, options);
      }),
    );
  addExamples(command, [
    ["holdfast outbox inspect ./outbox", "messages, bytes, what is parked or damaged"],
    ["holdfast outbox inspect ./outbox --subjects --json", "by subject, for a program"],
  ]);
}

function addExport(outbox: Command): void {
  const command = outbox
    .command("export")
    .description("print messages as lines of JSON, the oldest first; changes nothing")
    .argument("<path>", "folder of the outbox")
    .option("--parked", "those that a server has refused for good, instead of those that wait")
    .option("--subject <filter>", "only these; * and > as in subscriptions")
    .option("--limit <n>", "so many at most", positive)
    .option("--out <file>", "write them to a file, for its owner alone, that has its name when it is whole")
    .action(
      action(async (path: string, options: ExportCommandOptions) => {
        const { runExport } = await import("./export.js");
        return runExport(path, options);
      }),
    );
  addExamples(command, [
    ["holdfast outbox export ./outbox --limit 10", "the ten oldest"],
    ["holdfast outbox export ./outbox --parked | jq .subject", "what was refused"],
  ]);
}

function addPurge(outbox: Command): void {
  const command = outbox
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
      action(async (path: string, options: PurgeCommandOptions) => {
        const { runPurge } = await import("./purge.js");
        print(await runPurge(path, options));
        return 0;
      }),
    );
  addExamples(command, [
    ["holdfast outbox purge ./outbox --parked", "what would go"],
    ["holdfast outbox purge ./outbox --older-than 7d --yes", "and it is gone"],
  ]);
}

function addReplay(outbox: Command): void {
  const command = outbox
    .command("replay")
    .description("send what an outbox holds, in order, where its own program does not run any more")
    .argument("<path>", "folder of the outbox, which no process has open")
    .option("--stream <name>", "the stream that everything goes to: each message is stored there once")
    .option("--domain <name>", "the JetStream domain that the stream is in")
    .option("--core", "to core NATS, whatever the outbox was for: no stream acknowledges anything")
    .option("--instead-of <stream>", "confirms that --stream is another one than the outbox was for")
    .option("--parked", "those that a server had refused for good as well, behind the others")
    .option("--patience <age>", "give up when nothing has gone on for so long (default: 60s)", ageOf);
  addConnectionOptions(command).action(
    action(async (path: string, options: ReplayCommandOptions) => {
      const { runReplay } = await import("./replay.js");
      return runReplay(path, options);
    }),
  );
  command.addHelpText(
    "after",
    `
The server has to be named, by --server or --context: what is sent cannot be
taken back.

An outbox remembers the stream that it was for (holdfast outbox inspect shows
it): say --stream with that name, or --core, or --stream with another name and
--instead-of with the one it was for. One that was for core NATS needs none of
these.

Exit code: 0 all is confirmed; 1 something is left, parked or unreadable, or
it cannot be done; 2 wrong use; 130 Ctrl-C.`,
  );
  addExamples(command, [
    [
      "holdfast outbox replay ./outbox --server nats://10.0.0.7 --stream ORDERS",
      "each message is stored once",
    ],
    ["holdfast outbox replay ./outbox --context prod --parked", "by a context of the nats command"],
  ]);
}
