import { Command } from "commander";
import { parsed, whole } from "../demo/command-line.js";

/** One campaign of `npm run chaos`, and how its command line is read. */
export interface CampaignCommand<T> {
  readonly description: string;
  /** Adds what it knows beside `--seed` and `--json`. */
  options(command: Command): Command;
  /** What was asked for; may end with `command.error()`. */
  read(command: Command): T;
}

const SEED = 1;

/**
 * Reads the command line of a campaign; what is wrong with it was said on standard error when this throws a {@link UsageExit}.
 *
 * @param say where to, instead
 */
export function readCampaign<T>(
  args: readonly string[],
  say: ((text: string) => void) | undefined,
  { description, options, read }: CampaignCommand<T>,
): T {
  const command = options(new Command("npm run chaos --").description(description))
    .option("--seed <n>", "for everything that is left to chance", whole(0, 0xffffffff), SEED)
    .option("--json", "print one JSON object on standard output, and nothing else", false)
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .exitOverride();
  if (say !== undefined) command.configureOutput({ writeErr: say, writeOut: say });
  return parsed(command, args, () => read(command));
}
