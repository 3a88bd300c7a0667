import pc from "picocolors";
import { UsageExit } from "../../demo/command-line.js";
import { seeded } from "../../demo/random.js";
import { buildRevision } from "../compare/build.js";
import type { BaseRequest } from "../options.js";
import { ratio } from "../report/ratio.js";
import { table } from "../report/tables.js";
import { estimate, ratios } from "../statistics.js";
import { loadFrom, type Micro, type Repeat } from "./micro.js";
import { type MicroOptions, parseMicroOptions } from "./options.js";
import { measureAll } from "./runner.js";

const TIMING = { now: () => performance.now(), warm: 150, sample: 4 };
const HERE = new URL("../../", import.meta.url);

/** Nanoseconds of one operation, of this checkout and of the base. */
interface Found {
  readonly micro: Micro;
  readonly mine: readonly number[];
  readonly base: readonly number[] | undefined;
}

try {
  const options = parseMicroOptions(process.argv.slice(2));
  if (options.base === undefined) console.log(report(await measure(options)));
  else await compare(options, options.base);
} catch (error) {
  if (!(error instanceof UsageExit))
    console.error(`bench:micro: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof UsageExit ? error.status : 1;
}

async function compare(options: MicroOptions, { ref, gate }: BaseRequest): Promise<void> {
  const { commit, library } = await buildRevision(ref);
  console.log(`Holdfast of this checkout against ${ref} (${commit})`);
  const root = new URL("../", library);
  const found = await measure(options, root);
  console.log(report(found));
  if (gate === undefined) return;
  const suspects = slower(found, gate);
  const worse =
    suspects.length === 0 ? [] : slower(await measure({ ...options, micros: suspects }, root), gate);
  if (worse.length === 0) console.log(pc.green(`\nNothing is surely slower than ${gate} × the base.`));
  else
    console.error(
      pc.red(`\nSurely slower than ${gate} × the base, twice: ${worse.map(({ name }) => name).join(", ")}`),
    );
  process.exitCode = worse.length === 0 ? 0 : 1;
}

async function measure({ micros, rounds }: MicroOptions, base?: URL): Promise<Found[]> {
  const mine = new Map<Micro, Repeat>();
  const theirs = new Map<Micro, Repeat>();
  for (const micro of micros) {
    mine.set(micro, await micro.prepare(loadFrom(HERE)));
    if (base !== undefined) theirs.set(micro, await micro.prepare(loadFrom(base)));
  }
  const all = new Map([...tagged(mine, "mine"), ...tagged(theirs, "base")]);
  const samples = measureAll(all, { ...TIMING, rounds });
  return micros.map((micro) => ({
    micro,
    mine: samples.get(`mine ${micro.name}`)!,
    base: samples.get(`base ${micro.name}`),
  }));
}

function tagged(repeats: ReadonlyMap<Micro, Repeat>, tag: string): [string, Repeat][] {
  return [...repeats].map(([{ name }, repeat]) => [`${tag} ${name}`, repeat]);
}

/** Those whose rate is surely below the gate. */
function slower(found: readonly Found[], gate: number): Micro[] {
  return found
    .filter(({ mine, base }) => base !== undefined && rateAgainst(mine, base).high < gate)
    .map(({ micro }) => micro);
}

/** Operations a second, as a multiple of the base's. */
function rateAgainst(mine: readonly number[], base: readonly number[]) {
  return estimate(ratios(base, mine), seeded(1));
}

function report(found: readonly Found[]): string {
  const compared = found.some(({ base }) => base !== undefined);
  const rows = table(
    ["", "of one", "its interval", "per second", ...(compared ? ["rate / base"] : []), ""],
    [0, compared ? 5 : 4],
  );
  for (const { micro, mine, base } of found) {
    const { median, low, high } = estimate(mine, seeded(1));
    rows.push([
      micro.name,
      nanos(median),
      `${nanos(low)} – ${nanos(high)}`,
      `${(1e3 / median).toFixed(median < 100 ? 1 : 2)} M`,
      ...(base === undefined ? [] : [ratio(rateAgainst(mine, base))]),
      micro.title,
    ]);
  }
  return `Medians of ${found[0].mine.length} samples in turns, with their 95 % interval\n${rows}`;
}

function nanos(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ns`;
}
