import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeEnvironment, readEnvironment } from "../../bench/environment.js";
import type { Cleanup } from "../../demo/cleanup.js";
import { runCampaigns } from "./campaigns.js";
import { type FailoverOptions, failoverCommand } from "./options.js";
import { brokenPromises } from "./verdict.js";
import { failoverPage } from "./view/page.js";
import { Progress, Silence } from "./view/progress.js";

const PAGE = join("docs", "failover.md");

/** Does what was asked for, and returns the exit code. */
export async function failover(options: FailoverOptions, cleanup: Cleanup): Promise<number> {
  const write = (text: string) => process.stdout.write(text);
  const began = performance.now();
  const listener = options.json ? new Silence() : new Progress(write);
  const campaigns = await runCampaigns(options, listener, cleanup);
  const run = {
    command: failoverCommand(options),
    minutes: (performance.now() - began) / 60_000,
    environment: readEnvironment(campaigns[0].serverVersion),
    campaigns,
  };
  const broken = campaigns.flatMap(brokenPromises);
  if (options.write) writeFileSync(PAGE, failoverPage(run));
  if (options.json) write(`${JSON.stringify({ ...run, broken })}\n`);
  else write(`\n${describeEnvironment(run.environment)}\nagain: ${run.command}\n`);
  if (options.write && !options.json) write(`${PAGE} is written.\n`);
  return broken.length > 0 ? 1 : 0;
}
