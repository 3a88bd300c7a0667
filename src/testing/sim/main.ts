import { runClient } from "../sim-client/run-client.js";
import type { Finding } from "./batch.js";
import { Campaign } from "./campaign.js";
import { Threads } from "./crew.js";
import { type Flags, readFlags } from "./flags.js";
import { missing } from "./judge.js";
import { runMutations } from "./mutation-run.js";
import { run as runEngine } from "./run.js";
import { Violation } from "./violation.js";

const PROGRESS_MS = 5000;
/** Exit code of a program that SIGINT has ended. */
const INTERRUPTED = 130;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Says which rule a run has broken, and how to see it again. */
function report(
  { seed, failure, hash }: Pick<Finding, "seed" | "failure" | "hash">,
  { level, without, steps }: Flags,
): void {
  print(`seed ${seed} FAILED (trace ${hash})`);
  print(`  ${failure}`);
  const left = without.length === 0 ? "" : ` --without ${without.join(",")}`;
  const short = steps === undefined ? "" : ` --steps ${steps}`;
  print(
    `  to see it again: npm run sim -- ${level === "engine" ? "" : `--level ${level} `}--seed ${seed}${short}${left}`,
  );
}

async function replay(flags: Flags, seed: number): Promise<number> {
  const run = flags.level === "client" ? runClient : runEngine;
  const result = await run({ seed, without: new Set(flags.without), steps: flags.steps, keepTrace: true });
  print(JSON.stringify(result.profile, null, 1));
  for (const line of result.trace) print(line);
  for (const line of result.coverage.lines()) print(line);
  const { failure, hash, steps, virtualMs } = result;
  if (failure === undefined) {
    print(`seed ${seed}: ${steps} steps, ${Math.round(virtualMs)} virtual ms, trace ${hash}, no rule broken`);
    return 0;
  }
  const text = failure instanceof Violation ? `rule ${failure.message}` : failure.stack;
  report({ seed, hash, failure: text }, flags);
  return 1;
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`;
}

function progress({ done, failures, steps, seconds, options }: Campaign): string {
  const rate = done / seconds;
  const left = duration((options.seeds - done) / rate);
  return `${done} of ${options.seeds} seeds, ${failures.length} failed, ${rate.toFixed(1)} seeds/s, ${Math.round(steps / seconds)} steps/s, ${left} left`;
}

function summary(campaign: Campaign, { first, twice, jobs, hashes }: Flags): void {
  const { coverage, history, done, failures, steps, virtualMs, seconds } = campaign;
  if (hashes) for (const [seed, hash] of campaign.traces) print(`seed ${seed}: trace ${hash}`);
  for (const line of coverage.lines()) print(line);
  const totals = Object.entries(history).map(([name, n]) => `${name} ${n}`);
  print(`history: ${totals.join(", ")}`);
  const { names, fatal } = missing(campaign);
  if (names.length > 0) print(`${fatal ? "NEVER SEEN" : "not seen"}: ${names.join("; ")}`);
  const hours = (virtualMs / 3_600_000).toFixed(1);
  const again = twice ? ", each run twice" : "";
  print(
    `${done} seeds from ${first}, ${failures.length} failed, ${steps} steps, ${hours} virtual hours in ${seconds.toFixed(1)} s with ${jobs} ${jobs === 1 ? "job" : "jobs"}: ${(done / seconds).toFixed(1)} seeds/s, ${Math.round(steps / seconds)} steps/s, traces ${campaign.hash}${again}`,
  );
}

async function campaign(flags: Flags): Promise<number> {
  const { level, seeds, first, without, twice, keepGoing, steps, jobs } = flags;
  let shown = performance.now();
  let reported = 0;
  const onProgress = (current: Campaign) => {
    for (; reported < current.failures.length; reported++) report(current.failures[reported], flags);
    if (performance.now() - shown < PROGRESS_MS) return;
    shown = performance.now();
    print(progress(current));
  };
  const all = new Campaign({ level, first, seeds, without, steps, twice, keepGoing, onProgress });
  const crew = new Threads(jobs);
  process.once("SIGINT", () => {
    summary(all, flags);
    print("interrupted");
    process.exit(INTERRUPTED);
  });
  try {
    await all.run(crew);
  } finally {
    await crew.close();
  }
  summary(all, flags);
  return all.failures.length > 0 || missing(all).fatal ? 1 : 0;
}

const flags = readFlags(process.argv.slice(2));
if (flags.mutations) process.exitCode = runMutations(print);
else if (flags.seed !== undefined) process.exitCode = await replay(flags, flags.seed);
else process.exitCode = await campaign(flags);
