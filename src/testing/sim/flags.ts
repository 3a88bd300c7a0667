import { Command, InvalidArgumentError, Option } from "commander";
import { LEVELS, type Level } from "./batch.js";
import { INGREDIENTS } from "./profile.js";

/** What the command line says. */
export interface Flags {
  level: Level;
  seeds: number;
  first: number;
  seed?: number;
  steps?: number;
  jobs: number;
  twice: boolean;
  keepGoing: boolean;
  hashes: boolean;
  mutations: boolean;
  without: readonly string[];
}

const MAX_JOBS = 64;

function integer(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("It must be a whole number.");
  return value;
}

function jobs(text: string): number {
  const value = integer(text);
  if (value < 1 || value > MAX_JOBS) throw new InvalidArgumentError(`It must be 1 to ${MAX_JOBS}.`);
  return value;
}

function ingredients(text: string): string[] {
  const names = text.split(",").filter((name) => name !== "");
  const unknown = names.find((name) => !(INGREDIENTS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`"${unknown}" is none of: ${INGREDIENTS.join(", ")}`);
  return names;
}

/** Reads the arguments; says what is wrong with them, and ends the process, when they are not understood. */
export function readFlags(args: readonly string[]): Flags {
  const command = new Command("sim")
    .description(
      "Runs the engine, or the whole client, against simulated networks and servers, in virtual time; every run is decided by its seed.",
    )
    .addOption(new Option("--level <name>", "what is run").choices(LEVELS).default("engine"))
    .option("--seeds <n>", "how many seeds to run", integer, 1000)
    .option("--first <n>", "the first seed", integer, 1)
    .option("--seed <n>", "run one seed and print its trace", integer)
    .option("--jobs <n>", "threads that run seeds at the same time", jobs, 1)
    .option("--steps <n>", "steps of a run after which there is no more trouble", integer)
    .option("--twice", "run each seed twice and compare the hashes of the traces", false)
    .option("--hashes", "print the hash of each seed's trace", false)
    .option("--keep-going", "do not stop at the first seed that fails", false)
    .option("--mutations", "switch off one safeguard of the engine at a time: each must be noticed", false)
    .option("--without <names>", "ingredients to leave out, separated by commas", ingredients, []);
  command.parse([...args], { from: "user" });
  return command.opts<Flags>();
}
