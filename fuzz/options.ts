import { Command, InvalidArgumentError } from "commander";
import { parsed } from "../demo/command-line.js";
import { nearestName } from "../src/client/nearest-name.js";
import type { Target } from "./target.js";

/** What the user asked for. */
export interface Options {
  /** Length of the campaign. */
  readonly minutes: number;
  readonly targets: readonly Target[];
  readonly seed: number;
  /** fast-check's path to the one case that is run. */
  readonly path: string | undefined;
  /** The one entry of the corpus that is run. */
  readonly replay: { readonly target: Target; readonly name: string } | undefined;
  readonly list: boolean;
}

/**
 * Reads the command line; what is wrong with it was said on standard error when this throws a {@link UsageExit}.
 *
 * @param freshSeed the seed if none is given
 */
export function parseOptions(
  args: readonly string[],
  targets: readonly Target[],
  freshSeed: number,
): Options {
  const command = new Command("npm run fuzz --")
    .description("Feeds what comes in from outside with hostile input: mutated from a corpus, and made up.")
    .option("--minutes <n>", "how long, shared by the targets", minutes, 1)
    .option("--only <targets>", "only these, separated by commas", (text) => named(text, targets), targets)
    .option("--seed <n>", "seed of the campaign (default: a fresh one, which is printed)", integer, freshSeed)
    .option("--path <path>", "with --only TARGET --seed N: the one case with this path")
    .option("--replay <target/entry>", "run one entry of the corpus, and say what is wrong")
    .option("--list", "list the targets", false)
    .allowExcessArguments(false)
    .exitOverride();
  return parsed(command, args, () => {
    const given = command.opts();
    if (
      given.path !== undefined &&
      (given.only.length !== 1 || command.getOptionValueSource("seed") === "default")
    )
      command.error("error: --path needs --seed, and --only with one target", { exitCode: 2 });
    return {
      minutes: given.minutes,
      targets: given.only,
      seed: given.seed,
      path: given.path,
      replay: given.replay === undefined ? undefined : entryOf(command, given.replay, targets),
      list: given.list,
    };
  });
}

function minutes(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 24 * 60) return value;
  throw new InvalidArgumentError("It must be a number of minutes, up to a day.");
}

function integer(text: string): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value === (value | 0)) return value;
  throw new InvalidArgumentError("It must be a whole number of 32 bits.");
}

function named(text: string, targets: readonly Target[]): Target[] {
  return [...new Set(text.split(",").map((name) => find(name.trim(), targets)))];
}

function find(name: string, targets: readonly Target[]): Target {
  const found = targets.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = targets.map((one) => one.name);
  const near = nearestName(name, names);
  const hint = near !== undefined ? `did you mean "${near}"?` : `There are ${names.join(", ")}.`;
  throw new InvalidArgumentError(`There is no target "${name}"; ${hint}`);
}

function entryOf(
  command: Command,
  text: string,
  targets: readonly Target[],
): { target: Target; name: string } {
  const [name, entry, ...more] = text
    .replace(/^fuzz\/corpus\//, "")
    .replace(/\.json$/, "")
    .split("/");
  if (entry === undefined || entry === "" || more.length > 0)
    command.error(`error: --replay wants TARGET/ENTRY, as in parser/found-0123456789ab`, { exitCode: 2 });
  try {
    return { target: find(name, targets), name: entry };
  } catch (error) {
    return command.error(`error: ${(error as Error).message}`, { exitCode: 2 });
  }
}
