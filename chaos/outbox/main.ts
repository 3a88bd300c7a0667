import type { Cleanup } from "../../demo/cleanup.js";
import { brokenByBacklog, describeBacklog, measureBacklog } from "./backlog.js";
import { Campaign, type CampaignListener, median, type Tally } from "./campaign.js";
import { type OutboxOptions, outboxCommand } from "./options.js";
import { broken, type Verdict } from "./verdict.js";

const write = (text: string) => void process.stdout.write(text);

/** Does what was asked for, and returns the exit code. */
export async function outbox(options: OutboxOptions, cleanup: Cleanup): Promise<number> {
  if (options.backlog !== undefined) return backlog(options, options.backlog, cleanup);
  const once = options.target === "stream";
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const listener: CampaignListener = {
    part(killed, verdict) {
      if (options.json) return;
      const { resolved, arrived } = verdict;
      const bad = broken(verdict, once);
      write(
        `  ${seconds().toFixed(0).padStart(4)} s  ${killed} killed; since the last line ${resolved} on disk, ${arrived} arrived${bad.length > 0 ? `: ${bad.join("; ")}` : ""}\n`,
      );
    },
  };
  if (!options.json) write(`${options.cycles} processes, seed ${options.seed}, into a ${options.target}\n`);
  const campaign = new Campaign(options, listener);
  const verdict = await campaign.run(cleanup);
  await cleanup.run();
  const promises = broken(verdict, once);
  if (options.json) {
    const tally = Object.fromEntries(
      Object.entries(campaign.tally).map(([name, value]) => [
        name,
        value instanceof Map ? Object.fromEntries(value) : value,
      ]),
    );
    write(
      `${JSON.stringify({ command: outboxCommand(options), seconds: seconds(), verdict, broken: promises, tally })}\n`,
    );
  } else {
    write(report(campaign.tally, verdict, seconds(), promises));
    write(`again: ${outboxCommand(options)}\n`);
  }
  return promises.length > 0 ? 1 : 0;
}

async function backlog(options: OutboxOptions, bytes: number, cleanup: Cleanup): Promise<number> {
  const result = await measureBacklog(bytes, cleanup, (text) => {
    if (!options.json) write(`  ${text} …\n`);
  });
  await cleanup.run();
  const promises = brokenByBacklog(result);
  if (options.json)
    write(`${JSON.stringify({ command: outboxCommand(options), ...result, broken: promises })}\n`);
  else write(`${describeBacklog(result)}${promises.map((one) => `BROKEN: ${one}\n`).join("")}`);
  return promises.length > 0 ? 1 : 0;
}

function report(tally: Tally, verdict: Verdict, seconds: number, promises: readonly string[]): string {
  const { resolved, arrived, unheard, missing, twice } = verdict;
  const { openings, recovered, compared, rejected, blows } = tally;
  const opening = `${(median(openings) ?? 0).toFixed(1)} ms, ${Math.max(0, ...openings).toFixed(0)} ms at the most`;
  return [
    "",
    `on disk        ${resolved} times publishDurable() has resolved; ${missing.length} of these are lost`,
    `arrived        ${arrived}: ${unheard} that their process did not hear of any more, ${twice.length} twice`,
    `killed         ${list(tally.killed)}`,
    `meant          ${list(tally.kinds)}`,
    `server         ${list(blows) || "left alone"}`,
    `disk full      ${rejected} rejected`,
    `recovered      ${recovered} by later processes; ${compared} openings compared with what was on disk`,
    `opening        ${opening}`,
    `took           ${seconds.toFixed(0)} s`,
    ...promises.map((one) => `BROKEN: ${one}`),
    "",
  ].join("\n");
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${count} ${name}`)
    .join(" · ");
}
