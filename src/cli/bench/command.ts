import type { Command } from "commander";
import { action } from "../action.js";
import { addConnectionOptions, WHERE_HELP } from "../connection-options.js";
import { addExamples } from "../help.js";
import { sizeBetween, wholeNumber } from "../values.js";
import { MOST } from "./limits.js";
import type { BenchCommandOptions } from "./run.js";

/** Adds `holdfast bench`. */
export function addBenchCommand(program: Command): void {
  const command = program
    .command("bench")
    .description(
      "measure how fast a server takes and delivers messages, or answers requests; it loads the server",
    )
    .argument("[subject]", "what is published to; default: one of its own, which nobody else reads")
    .option("--pub <n>", "connections that publish, or ask", wholeNumber(0, MOST.connections), 1)
    .option("--sub <n>", "connections that subscribe, or answer", wholeNumber(0, MOST.connections), 1)
    .option("--msgs <n>", "messages, or requests, all together; default: 100,000", wholeNumber(1, MOST.msgs))
    .option("--seconds <n>", "so long instead of --msgs", wholeNumber(1, MOST.seconds))
    .option("--size <bytes>", "of a payload, such as 128 or 4KiB", sizeBetween(0, MOST.size), 128)
    .option(
      "--rate <n>",
      "messages per second, all together; default: as many as possible",
      wholeNumber(1, MOST.rate),
    )
    .option("--request", "requests in place of messages; with --sub 0 a service of yours answers")
    .option("--json", "print the result as JSON");
  addConnectionOptions(command).action(
    action(async (subject: string | undefined, options: BenchCommandOptions) => {
      const { runBench } = await import("./run.js");
      return runBench(subject, options);
    }),
  );
  command.addHelpText(
    "after",
    `${WHERE_HELP}

Latency is the time from publish() to the subscriber's callback, in this one
process. At full speed that is mostly time in queues: --rate shows that of a
server under a load that it bears. Ctrl-C ends it with what was measured.`,
  );
  addExamples(command, [
    ["holdfast bench --msgs 1000000", "publish and subscribe, 128 bytes each"],
    ["holdfast bench --sub 4 --rate 10000 --seconds 30 --context prod", "latency under load"],
    ["holdfast bench --pub 10 --request --seconds 10", "ten that ask, one that answers"],
    ["holdfast bench orders.price --request --sub 0 --msgs 1000", "a service of yours"],
  ]);
}
