import { Command, InvalidArgumentError } from "commander";
import { whole } from "../demo/command-line.js";
import { CLIENTS } from "./limits.js";
import { SCENARIOS, type ScenarioName } from "./scenarios.js";
import { STRATEGIES, type StrategyName } from "./strategies.js";

/** What the user asked for. */
export interface Options {
  readonly clients: number;
  readonly seed: number;
  readonly scenario: readonly ScenarioName[];
  readonly strategy: readonly StrategyName[];
  /** Write docs/storms.md and its pictures. */
  readonly write: boolean;
}

/** Those that are simulated when nothing is said: nats.js without its limit is played where its clients give up. */
const USUAL = Object.keys(STRATEGIES).filter((name) => name !== "nats.js-forever") as StrategyName[];

function names<T extends string>(known: readonly T[]) {
  return (text: string): T[] => {
    const list = text.split(",") as T[];
    if (list.every((name) => known.includes(name))) return list;
    throw new InvalidArgumentError(`some of ${known.join(", ")}, separated by commas`);
  };
}

/** Reads the command line; ends the process when it is wrong, or asks for help. */
export function parseOptions(args: readonly string[]): Options {
  const scenarios = Object.keys(SCENARIOS) as ScenarioName[];
  const strategies = Object.keys(STRATEGIES) as StrategyName[];
  const command = new Command("npm run sim:storm --")
    .description(
      "Simulates thousands of clients that lose their servers all at once, in virtual time: how many come back in the same" +
        " second, and when the last one is served. Holdfast's real engine beside nats.js, nats.go and plain rules.",
    )
    .option("--clients <n>", "with fewer, the servers are weaker in proportion", whole(30, 100_000), CLIENTS)
    .option("--seed <n>", "everything that is left to chance", whole(0, 0xffffffff), 1)
    .option("--scenario <names>", `of ${scenarios.join(", ")}`, names(scenarios), scenarios)
    .option("--strategy <names>", `of ${strategies.join(", ")}`, names(strategies), USUAL)
    .option("--write", "write docs/storms.md and docs/storms/; only with all scenarios and strategies", false)
    .allowExcessArguments(false)
    .parse(args, { from: "user" });
  const options = command.opts<Options>();
  const isWhole = options.scenario === scenarios && options.strategy === USUAL;
  if (options.write && !isWhole) {
    command.error("error: --write needs all scenarios and strategies: leave --scenario and --strategy out");
  }
  return options;
}
