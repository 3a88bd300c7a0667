import { Command, InvalidArgumentError } from "commander";
import { type BaseRequest, gate, LEAST_ROUNDS, parsed, whole } from "../options.js";
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
    const { rounds, base, gate } = command.opts();
    const chosen = command.processedArgs[0] as Micro[] | undefined;
    if (gate !== undefined && base === undefined) command.error("error: --gate needs --base");
    if (gate !== undefined && rounds < LEAST_ROUNDS) {
      command.error(
        `error: --gate needs at least ${LEAST_ROUNDS} rounds: fewer have no interval to judge by`,
      );
    }
    return {
      micros: MICROS.filter((one) => chosen === undefined || chosen.length === 0 || chosen.includes(one)),
      rounds,
      base: base === undefined ? undefined : { ref: base, gate },
    };
  });
}

function collect(name: string, before: Micro[] = []): Micro[] {
  const found = MICROS.filter((one) => one.name.startsWith(name));
  if (found.length === 0) throw new InvalidArgumentError(`There is no "${name}".`);
  return [...before, ...found];
}
