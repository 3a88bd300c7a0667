import { Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { whole } from "../demo/command-line.js";
import type { Leak } from "./faults/protocol.js";
import { report } from "./faults/report.js";
import { soakWithFaults } from "./faults/run.js";
import { reportMemory } from "./memory/report.js";
import { type Finding, SCENARIOS } from "./memory/scenarios.js";

const MEMORY = Object.keys(SCENARIOS);
const NAMES = [...MEMORY, "faults"];
const DAY = 24 * 3600;
/** In tests alone: see protocol.ts. */
const leak = process.env.HOLDFAST_SOAK_LEAK as Leak | undefined;

function duration(unit: number, name: string) {
  return (text: string): number => {
    const value = Number(text);
    if (value > 0 && value * unit <= DAY) return value;
    throw new InvalidArgumentError(`a number of ${name}, up to a day`);
  };
}

function names(text: string): string[] {
  const list = text.split(",");
  if (list.every((name) => NAMES.includes(name))) return list;
  throw new InvalidArgumentError(`some of ${NAMES.join(", ")}`);
}

const command = new Command("npm run soak --")
  .description(
    "Watches what a connection holds: for minutes under random faults of real servers (--minutes), or in one long outage per" +
      " overflow policy and before a server that does not read (--seconds).",
  )
  .addOption(
    new Option("--minutes <n>", "random faults (scenario faults) for that long")
      .argParser(duration(60, "minutes"))
      .conflicts("seconds"),
  )
  .option(
    "--seconds <n>",
    `length of each scenario; without --minutes, of ${MEMORY.join(", ")}`,
    duration(1, "seconds"),
    60,
  )
  .option("--only <names>", `scenarios, separated by commas: ${NAMES.join(", ")}`, names)
  .option("--seed <n>", "which faults, and when", whole(0, 0xffffffff), 1)
  .allowExcessArguments(false)
  .parse();

const options = command.opts<{ minutes?: number; seconds: number; only?: string[]; seed: number }>();
const seconds = options.minutes === undefined ? options.seconds : options.minutes * 60;
const only = options.only ?? (options.minutes === undefined ? MEMORY : ["faults"]);

const findings: Finding[] = [];
for (const name of only.filter((one) => one !== "faults")) {
  console.log(`${name}: ${seconds} s …`);
  findings.push(await SCENARIOS[name](seconds));
}
let kept = findings.length === 0 || reportMemory(findings);
if (only.includes("faults")) {
  const held = await faults().catch((error: Error) => {
    console.log(pc.red(`✖ ${error.message}`));
    return false;
  });
  kept &&= held;
}
process.exitCode = kept ? 0 : 1;

async function faults(): Promise<boolean> {
  console.log(`faults: ${seconds} s, seed ${options.seed} …`);
  let told = 0;
  const outcome = await soakWithFaults({
    seconds,
    seed: options.seed,
    leak,
    onFault({ seconds: at, faults: count, reading }) {
      if (at < told + 60) return;
      told = at;
      const mib = (reading.heap / 1024 / 1024).toFixed(2);
      console.log(
        `${(at / 60).toFixed(0)} min: ${count} faults, heap ${mib} MiB, ${reading.descriptors} descriptors`,
      );
    },
  });
  return report(outcome);
}
