import { Command, InvalidArgumentError } from "commander";
import { parsed, whole } from "../../demo/command-line.js";
import { type BaseRequest, baseOf, gate } from "../options.js";
import { ENCODER } from "./encoder.js";
import type { Micro } from "./micro.js";
import { PARSER } from "./parser.js";
import { QUEUE } from "./queue.js";
import { WINDOW } from "./window.js";

/** All, in this order. */
export const MICROS: readonly Micro[] = [...ENCODER, ...PARSER, ...WINDOW, ...QUEUE];

/** What the user asked for. */
export interface MicroOptions {
  readonly micros: readonly Micro[];
  readonly rounds: number;
  /** The revision that this one is compared with. */
  readonly base: BaseRequest | undefined;
}

const ROUNDS = 50;

/** Reads the command line of `npm run bench:micro`; what is wrong with it was said when this throws a `UsageExit`. */
export function parseMicroOptions(args: readonly string[]): MicroOptions {
  const command = new Command("npm run bench:micro --")
    .description(
      "Measures encoder, parser, publish window and queues by themselves, in this process, in turns: some twenty seconds.",
    )
    .argument(
      "[names...]",
      `of ${MICROS.map(({ name }) => name).join(", ")}; the beginning is enough`,
      collect,
    )
    .option("--rounds <n>", "samples of each", whole(1, 10_000), ROUNDS)
    .option("--base <ref>", "compare with the Holdfast of this commit")
    .option("--gate <ratio>", "with --base: fail when the rate is surely below this ratio", gate)
    .allowExcessArguments(false)
    .exitOverride();
  return parsed(command, args, () => {
    const chosen = command.processedArgs[0] as Micro[] | undefined;
    return {
      micros: MICROS.filter((one) => chosen === undefined || chosen.length === 0 || chosen.includes(one)),
      rounds: command.opts().rounds,
      base: baseOf(command),
    };
  });
}

function collect(name: string, before: Micro[] = []): Micro[] {
  const found = MICROS.filter((one) => one.name.startsWith(name));
  if (found.length === 0) throw new InvalidArgumentError(`There is no "${name}".`);
  return [...before, ...found];
}
