import { writeFileSync } from "node:fs";
import pc from "picocolors";
import { UsageExit } from "../demo/command-line.js";
import type { Case } from "./case.js";
import { NAMES } from "./clients/names.js";
import { versionOf } from "./clients/raw-link.js";
import { buildRevision } from "./compare/build.js";
import { again, failures } from "./compare/gate.js";
import { measureDials } from "./dials.js";
import { describeEnvironment, readEnvironment } from "./environment.js";
import { Ground } from "./ground.js";
import { type Measured, measureCase } from "./measured.js";
import { type BaseRequest, type Options, parseOptions } from "./options.js";
import { profileCase, topFunctions } from "./profile/run.js";
import { merged, readResults, toJson, writeResults } from "./report/file.js";
import { writePage } from "./report/page.js";
import { Progress } from "./report/progress.js";
import { describe } from "./report/tables.js";
import { type Result, resultOf } from "./results.js";
import { measureStandby } from "./standby.js";

/** Functions of a profile on the page. */
const SHOWN_FUNCTIONS = 8;

const progress = new Progress();

try {
  await bench(parseOptions(process.argv.slice(2)));
} catch (error) {
  progress.clear();
  if (!(error instanceof UsageExit))
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof UsageExit ? error.status : 1;
}

async function bench(options: Options): Promise<void> {
  if (options.dials) console.log(await measureDials(options.kills));
  else if (options.standby) console.log(await measureStandby(options.kills));
  else if (options.profile !== undefined) console.log(await profileCase(options.profile));
  else if (options.page) console.log(`written: ${writePage(readResults())}`);
  else if (options.base !== undefined) await compare(options, options.base);
  else await measure(options);
}

async function measure(options: Options): Promise<void> {
  const environment = readEnvironment(await serverVersion(), options.node?.version);
  console.log(describeEnvironment(environment));
  const cases: Measured[] = [];
  const results = await measureAll(options.cases, options, async (result) => {
    cases.push(options.write ? await withProfile(result, options.node?.path) : result.measured);
    // After each case, so that a run that is interrupted was not for nothing.
    if (options.write) writeResults(merged(readResults(), { environment, cases }));
  });
  console.log(summary(results));
  if (options.json !== undefined) writeFileSync(options.json, toJson([{ environment, cases }]));
  if (options.write) console.log(`\nwritten: ${writePage(readResults())}`);
}

async function serverVersion(): Promise<string> {
  await using ground = new Ground({ ms: 0 });
  return await versionOf((await ground.server()).url);
}

/** Measures one case after the other; one that cannot be measured is told, and the others go on. */
async function measureAll(
  cases: readonly Case[],
  { rounds, ms, node }: Pick<Options, "rounds" | "ms" | "node">,
  each: (result: Result) => Promise<void> = async () => {},
  base?: string,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const one of cases) {
    // Its own servers and helpers: what one has broken or filled is not the next one's.
    await using ground = new Ground({ ms, base, node: node?.path });
    const most = Math.min(rounds, one.most ?? rounds);
    try {
      const measured = await measureCase(one, most, ground, (client, round) => {
        progress.show(`${one.name}  round ${round + 1} of ${most}  ${NAMES[client]}`);
      });
      progress.clear();
      const result = resultOf(measured);
      console.log(describe(result));
      await each(result);
      results.push(result);
    } catch (error) {
      progress.clear();
      console.error(
        pc.red(`\n${one.name} could not be measured: ${error instanceof Error ? error.message : error}`),
      );
      process.exitCode = 1;
    }
  }
  return results;
}

/** A target that is not reached is shown with where the time goes. */
async function withProfile({ measured, verdicts }: Result, node: string | undefined): Promise<Measured> {
  const { of } = measured;
  const missed = verdicts.find(({ met }) => !met);
  if (of.group === "recovery" || missed === undefined) return measured;
  progress.show(`${of.name}  profile`);
  try {
    const what = missed.figure === "memory" ? "memory" : "time";
    return { ...measured, profile: await topFunctions(what, SHOWN_FUNCTIONS, { of, node }) };
  } catch (error) {
    console.error(
      pc.red(`${of.name} could not be profiled: ${error instanceof Error ? error.message : error}`),
    );
    return measured;
  } finally {
    progress.clear();
  }
}

function summary(results: readonly Result[]): string {
  const verdicts = results.flatMap((result) => result.verdicts);
  if (verdicts.length === 0) return "";
  const met = verdicts.filter((one) => one.met).length;
  return `\n${met} of ${verdicts.length} targets reached.`;
}

/** Holdfast as it is here against that of another revision, in turns. */
async function compare(options: Options, { ref, gate }: BaseRequest): Promise<void> {
  progress.show(`building ${ref}`);
  const { commit, library } = await buildRevision(ref);
  progress.clear();
  console.log(`Holdfast of this checkout against ${ref} (${commit})`);
  const cases = options.cases.map((one): Case => ({ ...one, clients: ["holdfast", "base"], targets: [] }));
  const look = (some: readonly Case[]) => measureAll(some, options, undefined, library);
  const results = await look(cases);
  if (gate === undefined) return;
  const suspects = failures(results, gate);
  const suspected = cases.filter(({ name }) => suspects.some((one) => one.name === name));
  if (suspected.length > 0) console.log(pc.bold("\nWhat looks worse is measured once more."));
  const worse = again(suspects, failures(await look(suspected), gate));
  if (worse.length === 0) console.log(pc.green(`\nNothing is surely worse than ${gate} × the base.`));
  else
    console.error(
      pc.red(`\nSurely worse than ${gate} × the base:\n${worse.map(({ text }) => text).join("\n")}`),
    );
  if (worse.length > 0) process.exitCode = 1;
}
