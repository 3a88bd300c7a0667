import Table from "cli-table3";
import pc from "picocolors";
import { UsageExit } from "../demo/command-line.js";
import { campaign, type Observer, type Tally } from "./campaign.js";
import { readCorpus } from "./corpus.js";
import { type Options, parseOptions } from "./options.js";
import { errorOf, firstLine, runSlice } from "./slice.js";
import { TARGETS } from "./targets.js";
import { fold, shorten } from "./text.js";
import { Watchdog } from "./watchdog.js";

const figure = (value: number) => Math.round(value).toLocaleString("en-US");

try {
  process.exitCode = await fuzz(parseOptions(process.argv.slice(2), TARGETS, Date.now() & 0x7fff_ffff));
} catch (error) {
  if (!(error instanceof UsageExit)) throw error;
  process.exitCode = error.status;
}

async function fuzz(options: Options): Promise<number> {
  if (options.list) return list();
  if (options.replay !== undefined) return replay(options.replay);
  if (options.path !== undefined) return one(options, options.path);
  console.log(`seed ${options.seed}, ${options.targets.length} targets, ${options.minutes} minutes`);
  await using watchdog = new Watchdog();
  const known = await corpusFails(options, watchdog);
  const tallies = await run(options, watchdog);
  console.log(table(tallies));
  return known || tallies.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

function list(): number {
  for (const { name, about } of TARGETS) console.log(`${name.padEnd(16)} ${about}`);
  return 0;
}

/** Runs the whole corpus once; says what fails. */
async function corpusFails({ targets }: Options, watchdog: Watchdog): Promise<boolean> {
  let failed = false;
  for (const target of targets) {
    for (const entry of readCorpus(target.name)) {
      const command = `npm run fuzz -- --replay ${target.name}/${entry.name}`;
      watchdog.begin({ command, counted: false });
      const error = await errorOf(target, entry.input);
      watchdog.end();
      if (error === undefined) continue;
      failed = true;
      console.log(pc.red(`✖ corpus ${target.name}/${entry.name}: ${firstLine(error)}`));
      console.log(`  to see it again: ${command}`);
    }
  }
  return failed;
}

async function run({ targets, seed, minutes }: Options, watchdog: Watchdog): Promise<Tally[]> {
  let stopped = false;
  const stop = () => {
    stopped = true;
    console.log("\nstopping: this is what was done");
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const observer: Observer = {
    slice: ({ name }, sliceSeed) =>
      watchdog.begin({ command: `npm run fuzz -- --only ${name} --seed ${sliceSeed} --path`, counted: true }),
    run: (number) => watchdog.run(number),
    idle: () => watchdog.end(),
    failed: reportFailure,
    round: (tallies) => console.log(pc.dim(progress(tallies))),
  };
  const tallies = await campaign(targets, { seed, ms: minutes * 60_000, observer, stopped: () => stopped });
  process.off("SIGINT", stop);
  process.off("SIGTERM", stop);
  return tallies;
}

function progress(tallies: readonly Tally[]): string {
  return tallies
    .map(({ target, runs, ms, failure }) => {
      const rate = failure === undefined ? `${figure((runs / Math.max(ms, 1)) * 1000)}/s` : "failed";
      return `${target.name} ${figure(runs)} (${rate})`;
    })
    .join(", ");
}

function reportFailure({ target, failure }: Tally): void {
  const { input, error, seed, path, kept } = failure!;
  console.log(pc.red(`\n✖ ${target.name}: ${shorten(error.message)}`));
  console.log(`  input: ${shorten(JSON.stringify(fold(input)))}`);
  console.log(pc.dim(error.stack?.split("\n").slice(-8).join("\n") ?? ""));
  console.log(`  kept as fuzz/corpus/${target.name}/${kept}.json`);
  console.log(`  to see it again: npm run fuzz -- --replay ${target.name}/${kept}`);
  console.log(`  or, found anew: npm run fuzz -- --only ${target.name} --seed ${seed} --path ${path}\n`);
}

async function replay({ target, name }: NonNullable<Options["replay"]>): Promise<number> {
  const entries = readCorpus(target.name);
  const entry = entries.find((other) => other.name === name);
  if (entry === undefined) {
    console.error(`error: there is no fuzz/corpus/${target.name}/${name}.json`);
    return 2;
  }
  console.log(`${entry.note}\n${shorten(JSON.stringify(fold(entry.input), null, 2))}`);
  const error = await errorOf(target, entry.input);
  console.log(error === undefined ? pc.green("✔ holds") : pc.red(`✖ ${error.stack}`));
  return error === undefined ? 0 : 1;
}

/** Runs the one case at `path`. */
async function one({ targets: [target], seed }: Options, path: string): Promise<number> {
  const { failure } = await runSlice(target, readCorpus(target.name), { seed, path, runs: 1 });
  if (failure === undefined) {
    console.log(pc.green("✔ holds"));
    return 0;
  }
  console.log(
    `${shorten(JSON.stringify(fold(failure.input), null, 2))}\n${pc.red(`✖ ${failure.error.stack}`)}`,
  );
  return 1;
}

function table(tallies: readonly Tally[]): string {
  const rows = new Table({
    head: ["target", "corpus", "runs", "runs/s", "result"],
    colAligns: ["left", "right", "right", "right", "left"],
    style: { head: [], border: [] },
  });
  for (const { target, entries, runs, ms, failure } of tallies) {
    const held = runs > 0 ? pc.green("holds") : pc.dim("no time for it");
    const result = failure === undefined ? held : pc.red(firstLine(failure.error).slice(0, 60));
    rows.push([target.name, entries.length, figure(runs), figure((runs / Math.max(ms, 1)) * 1000), result]);
  }
  return rows.toString();
}
