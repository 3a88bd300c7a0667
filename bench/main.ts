import { writeFileSync } from "node:fs";
import pc from "picocolors";
import { NatsServer } from "../src/testing/server.js";
import { type Case, RECOVERING, type RecoveryCase, type ThroughputCase } from "./cases.js";
import { CLIENTS } from "./clients/client.js";
import { versionOf } from "./clients/raw-link.js";
import { measureDials } from "./dials.js";
import { describeEnvironment, readEnvironment } from "./environment.js";
import { type Options, parseOptions, UsageExit } from "./options.js";
import { profileCase } from "./profile/run.js";
import { RecoveryGround } from "./recovery/trial.js";
import { NAMES } from "./report/figures.js";
import { jsonReport } from "./report/json.js";
import { Progress } from "./report/progress.js";
import { describe } from "./report/tables.js";
import { type Result, recoveryResult, throughputResult } from "./results.js";
import { interleave } from "./rounds.js";
import { measureStandby } from "./standby.js";
import { measureThroughput } from "./throughput.js";

/** Bytes that may wait for a receiver: all that one receives in a measurement, and then some. */
const SERVER_MAX_PENDING = 1024 * 1024 * 1024;

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
  if (options.dials) {
    console.log(await measureDials(options.kills));
    return;
  }
  if (options.standby) {
    console.log(await measureStandby(options.kills));
    return;
  }
  await using server = await NatsServer.start({ maxPending: SERVER_MAX_PENDING });
  if (options.profile !== undefined) {
    console.log(await profileCase(options.profile, server.url));
    return;
  }
  const environment = readEnvironment(await versionOf(server.url));
  console.log(describeEnvironment(environment));
  const results: Result[] = [];
  for (const one of options.cases) {
    const result = await run(one, options, server.url);
    progress.clear();
    console.log(describe(result));
    results.push(result);
  }
  if (options.json === undefined) {
    console.log(
      pc.dim("\nAll samples: --json FILE. Where the time goes: --profile CASE [--client NAME] [--apart]."),
    );
  } else {
    writeFileSync(options.json, jsonReport(environment, results));
    console.log(`\nAll samples are in ${options.json}.`);
  }
}

function run(one: Case, options: Options, server: string): Promise<Result> {
  return one.kind === "throughput" ? runThroughput(one, options, server) : runRecovery(one, options);
}

async function runThroughput(of: ThroughputCase, options: Options, server: string): Promise<Result> {
  const { pairs, amount } = options;
  const samples = await interleave(CLIENTS, pairs, (client, round) => {
    progress.show(`${of.name}  round ${round + 1} of ${pairs}  ${NAMES[client]}`);
    return measureThroughput({ of, client, server, amount });
  });
  return throughputResult(of, samples);
}

async function runRecovery(of: RecoveryCase, { kills }: Options): Promise<Result> {
  await using ground = await RecoveryGround.open();
  const samples = await interleave(RECOVERING, kills, (client, round) => {
    progress.show(`${of.name}  kill ${round + 1} of ${kills}  ${NAMES[client]}`);
    return ground.kill(of, client, round);
  });
  return recoveryResult(of, samples);
}
