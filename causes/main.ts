import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readEnvironment } from "../bench/environment.js";
import { Cleanup } from "../demo/cleanup.js";
import { UsageExit } from "../demo/command-line.js";
import { sumOf } from "./judge.js";
import { type Options, parseOptions } from "./options.js";
import { playAll } from "./play.js";
import { serverVersion } from "./server-version.js";
import { jsonReport } from "./view/json.js";
import { listing } from "./view/listing.js";
import { page } from "./view/page.js";
import { Progress } from "./view/progress.js";
import { type Run, summary } from "./view/summary.js";

const RESULTS = join("causes", "results.json");
const PAGE = join("docs", "causes.md");

const cleanup = new Cleanup();
cleanup.guard();

try {
  process.exitCode = await causes(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageExit)) throw error;
  process.exitCode = error.status;
}

/** Does what was asked for, and returns the exit code. */
async function causes({ scenarios, parallel, list, write, json }: Options): Promise<number> {
  const print = (text: string) => process.stdout.write(text);
  if (list) {
    print(listing(scenarios));
    return 0;
  }
  const environment = readEnvironment(await serverVersion());
  const listener = json ? { ended() {} } : new Progress(scenarios, print);
  const began = performance.now();
  const results = await playAll(scenarios, parallel, listener, (stage) =>
    cleanup.add("a stage", () => stage[Symbol.asyncDispose]()),
  );
  const run: Run = { environment, seconds: (performance.now() - began) / 1000, results };
  const report = `${JSON.stringify(jsonReport(run), null, 2)}\n`;
  if (write) {
    writeFileSync(RESULTS, report);
    writeFileSync(PAGE, page(run));
  }
  print(json ? report : summary(run));
  if (write && !json) print(`${RESULTS} and ${PAGE} are written.\n`);
  return sumOf(results).kept ? 0 : 1;
}
