import { Command, InvalidArgumentError } from "commander";
import { Coverage } from "./coverage.js";
import { INGREDIENTS, makeProfile } from "./profile.js";
import { type RunResult, run } from "./run.js";
import { Trace } from "./trace.js";
import { Violation } from "./violation.js";

/** What the command line says. */
interface Flags {
  seeds: number;
  first: number;
  seed?: number;
  steps?: number;
  twice: boolean;
  keepGoing: boolean;
  hashes: boolean;
  without: Set<string>;
}

const PROGRESS_MS = 2000;

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("It must be a whole number.");
  return value;
}

function ingredients(text: string): Set<string> {
  const names = text.split(",").filter((name) => name !== "");
  const unknown = names.find((name) => !(INGREDIENTS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`"${unknown}" is none of: ${INGREDIENTS.join(", ")}`);
  return new Set(names);
}

function parse(args: readonly string[]): Flags {
  const command = new Command("sim")
    .description(
      "Runs the engine against simulated networks and servers, in virtual time; every run is decided by its seed.",
    )
    .option("--seeds <n>", "how many seeds to run", integer, 1000)
    .option("--first <n>", "the first seed", integer, 1)
    .option("--seed <n>", "run one seed and print its trace", integer)
    .option("--steps <n>", "steps of a run after which there is no more trouble", integer)
    .option("--twice", "run each seed twice and compare the hashes of the traces", false)
    .option("--hashes", "print the hash of each seed's trace", false)
    .option("--keep-going", "do not stop at the first seed that fails", false)
    .option(
      "--without <names>",
      "ingredients to leave out, separated by commas",
      ingredients,
      new Set<string>(),
    );
  command.parse([...args], { from: "user" });
  return command.opts<Flags>();
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Says which rule a run has broken, and how to see it again. */
function report(
  { seed, failure, hash }: RunResult,
  { without, steps }: Pick<Flags, "without" | "steps">,
): void {
  print(`seed ${seed} FAILED (trace ${hash})`);
  print(failure instanceof Violation ? `  rule ${failure.message}` : `  ${failure?.stack}`);
  const left = without.size === 0 ? "" : ` --without ${[...without].join(",")}`;
  const short = steps === undefined ? "" : ` --steps ${steps}`;
  print(`  to see it again: npm run sim -- --seed ${seed}${short}${left}`);
}

function replay({ without, steps }: Flags, seed: number): number {
  const result = run({ seed, without, steps, keepTrace: true });
  const { setups, options, ...rest } = makeProfile(seed, without);
  print(JSON.stringify({ ...rest, servers: setups.length, options }, null, 1));
  for (const line of result.trace) print(line);
  for (const line of result.coverage.lines()) print(line);
  if (result.failure !== undefined) report(result, { without, steps });
  else
    print(
      `seed ${seed}: ${result.steps} steps, ${Math.round(result.virtualMs)} virtual ms, trace ${result.hash}, no rule broken`,
    );
  return result.failure === undefined ? 0 : 1;
}

function campaign(flags: Flags): number {
  const { seeds, first, without, twice, keepGoing, hashes, steps: enough } = flags;
  const coverage = new Coverage();
  const began = performance.now();
  const all = new Trace(() => 0, false);
  let shown = began;
  let steps = 0;
  let virtualMs = 0;
  let failed = 0;
  let done = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const result = run({ seed, without, steps: enough });
    done++;
    steps += result.steps;
    virtualMs += result.virtualMs;
    coverage.add(result.coverage);
    all.note(result.hash);
    if (hashes) print(`seed ${seed}: trace ${result.hash}, ${result.steps} steps`);
    if (result.failure !== undefined) {
      failed++;
      report(result, flags);
    } else if (twice && run({ seed, without, steps: enough }).hash !== result.hash) {
      failed++;
      print(`seed ${seed} FAILED: the second run went differently`);
    }
    if (failed > 0 && !keepGoing) break;
    const now = performance.now();
    if (now - shown > PROGRESS_MS) {
      shown = now;
      print(
        `${done} of ${seeds} seeds, ${failed} failed, ${Math.round(steps / ((now - began) / 1000))} steps/s`,
      );
    }
  }
  for (const line of coverage.lines()) print(line);
  const seconds = (performance.now() - began) / 1000;
  const hours = (virtualMs / 3_600_000).toFixed(1);
  print(
    `${done} seeds from ${first}, ${failed} failed, ${steps} steps, ${hours} virtual hours in ${seconds.toFixed(1)} s, ${Math.round(steps / seconds)} steps/s, traces ${all.hash}${twice ? ", each run twice" : ""}`,
  );
  return failed > 0 ? 1 : 0;
}

const flags = parse(process.argv.slice(2));
process.exitCode = flags.seed === undefined ? campaign(flags) : replay(flags, flags.seed);
