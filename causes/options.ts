import { Command, InvalidArgumentError } from "commander";
import { parsed, whole } from "../demo/command-line.js";
import { nearestName } from "../src/client/nearest-name.js";
import type { Scenario } from "./scenario.js";
import { SCENARIOS } from "./scenarios/catalogue.js";

/** What the user asked for. */
export interface Options {
  readonly scenarios: readonly Scenario[];
  /** How many are played at the same time. */
  readonly parallel: number;
  readonly list: boolean;
  /** Write causes/results.json and docs/causes.md. */
  readonly write: boolean;
  readonly json: boolean;
}

/** Most of the time all wait for servers and deadlines. */
const PARALLEL = 3;

interface Given extends Omit<Options, "scenarios"> {
  only?: Scenario[];
}

/**
 * Reads the command line; what is wrong with it was said on standard error when this throws a `UsageExit`.
 *
 * @param say where to, instead
 */
export function parseOptions(args: readonly string[], say?: (text: string) => void): Options {
  const command = new Command("npm run causes --")
    .description(
      "Provokes disconnects, closes and failed attempts of every kind against real servers, and compares what the client says of" +
        " each with what was done.",
    )
    .option("--only <names>", "some scenarios or kinds, separated by commas", chosen)
    .option("--parallel <n>", "how many at the same time", whole(1, 20), PARALLEL)
    .option("--list", "name the scenarios, and do nothing", false)
    .option("--write", "write causes/results.json and docs/causes.md", false)
    .option("--json", "print one JSON object on standard output, and nothing else", false)
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .exitOverride();
  if (say !== undefined) command.configureOutput({ writeErr: say, writeOut: say });
  return parsed(command, args, () => {
    const { only, ...given } = command.opts<Given>();
    if (given.write && only !== undefined)
      command.error("error: --write needs every scenario: leave out --only");
    return { ...given, scenarios: only ?? SCENARIOS };
  });
}

function chosen(text: string): Scenario[] {
  const found = text.split(",").flatMap((name) => {
    const some = SCENARIOS.filter((scenario) => scenario.name === name || scenario.kind === name);
    if (some.length > 0) return some;
    const known = SCENARIOS.flatMap((scenario) => [scenario.name, scenario.kind]);
    const near = nearestName(name, known);
    const meant = near === undefined ? "" : ` Did you mean "${near}"?`;
    throw new InvalidArgumentError(`There is no scenario "${name}".${meant} See --list.`);
  });
  return [...new Set(found)];
}
