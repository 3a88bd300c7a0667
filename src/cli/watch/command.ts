import type { Command } from "commander";
import { action } from "../action.js";
import { addExamples } from "../help.js";
import { ageOf } from "../values.js";
import type { WatchCommandOptions } from "./run.js";

/** Adds `holdfast watch`. */
export function addWatchCommand(program: Command): void {
  const command = program
    .command("watch")
    .description("a live view of a process: what serve() of holdfast/observe tells at /health and /dashboard")
    .argument("<url>", "where the process is asked, such as http://127.0.0.1:9000")
    .option("--interval <duration>", "between two looks, such as 500ms or 5s", ageOf, 1000)
    .option("--once", "look once; exit code 0: healthy, 1: not")
    .option("--json", "a line of JSON for each look")
    .option("--token <token>", "of serve(); better by HOLDFAST_TOKEN, which nobody else sees")
    .action(
      action(async (url: string, options: WatchCommandOptions) => {
        const { runWatch } = await import("./run.js");
        return runWatch(url, options);
      }),
    );
  addExamples(command, [
    ["holdfast watch http://127.0.0.1:9000", "live; q quits"],
    ["holdfast watch localhost:9000 --interval 5s | tee orders.log", "a line for each look"],
    ["holdfast watch localhost:9000 --once || echo trouble", "for scripts"],
    ["holdfast watch localhost:9000 --json | jq .answer.buffer", "for programs"],
  ]);
}
