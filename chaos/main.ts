import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readEnvironment } from "../bench/environment.js";
import { Cleanup } from "../demo/cleanup.js";
import { UsageExit } from "../demo/command-line.js";
import { consumer } from "./consumer/main.js";
import { isAboutConsumer, parseConsumerOptions } from "./consumer/options.js";
import { failover } from "./failover/main.js";
import { isAboutFailover, parseFailoverOptions } from "./failover/options.js";
import { FAULTS } from "./faults/catalogue.js";
import { commandLine, type Options, parseOptions } from "./options.js";
import { outbox } from "./outbox/main.js";
import { isAboutOutbox, parseOutboxOptions } from "./outbox/options.js";
import { failed, type Result, runSuite } from "./suite.js";
import { jsonReport } from "./view/json.js";
import { listing } from "./view/listing.js";
import { page } from "./view/page.js";
import { Progress, Silence } from "./view/progress.js";
import { summary } from "./view/summary.js";

const PAGE = join("docs", "faults.md");

const cleanup = new Cleanup();
cleanup.guard();

const args = process.argv.slice(2);
try {
  if (isAboutConsumer(args)) process.exitCode = await consumer(parseConsumerOptions(args), cleanup);
  else if (isAboutOutbox(args)) process.exitCode = await outbox(parseOutboxOptions(args), cleanup);
  else if (isAboutFailover(args)) process.exitCode = await failover(parseFailoverOptions(args), cleanup);
  else process.exitCode = await chaos(parseOptions(args));
} catch (error) {
  if (!(error instanceof UsageExit)) throw error;
  process.exitCode = error.status;
}

/** Does what was asked for, and returns the exit code. */
async function chaos(options: Options): Promise<number> {
  const write = (text: string) => process.stdout.write(text);
  if (options.list) {
    write(listing(FAULTS));
    return 0;
  }
  const listener = options.json ? new Silence() : new Progress(options, write);
  const began = performance.now();
  const results = await runSuite(options, listener, cleanup);
  const run = {
    command: commandLine(options),
    options,
    minutes: (performance.now() - began) / 60_000,
    environment: readEnvironment(serverVersion(results)),
    results,
  };
  if (options.write) writeFileSync(PAGE, page(run));
  write(options.json ? `${JSON.stringify(jsonReport(run), null, 2)}\n` : summary(run));
  if (options.write && !options.json) write(`${PAGE} is written.\n`);
  return results.some(failed) ? 1 : 0;
}

function serverVersion(results: readonly Result[]): string {
  for (const result of results) if ("account" in result) return result.evidence.witness.serverVersion;
  return "unknown";
}
