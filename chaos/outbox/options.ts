import { InvalidArgumentError } from "commander";
import { whole } from "../../demo/command-line.js";
import { readCampaign } from "../campaign-command.js";

/** What takes the messages: a stream, which stores each once, or whoever is subscribed. */
export type Target = "stream" | "core";

/** What the user asked for. */
export interface OutboxOptions {
  readonly target: Target;
  /** Processes that are killed. */
  readonly cycles: number;
  /** For what each process does, and when it dies. */
  readonly seed: number;
  /** The store says that it has written before it has: a campaign that finds nothing then is blind. */
  readonly sabotage: boolean;
  /** Bytes of a backlog that is filled, opened and replayed, instead of killing anybody. */
  readonly backlog: number | undefined;
  readonly json: boolean;
}

const CYCLES = 1_000;
const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
/** Bytes: less says nothing, and more than this takes long to fill. */
const BACKLOG = { least: 1024 ** 2, most: 8 * 1024 ** 3 };

interface Given extends OutboxOptions {
  outbox: true;
}

/** Whether the command line is about the outbox. */
export function isAboutOutbox(args: readonly string[]): boolean {
  return args.includes("--outbox");
}

/**
 * Reads the command line; what is wrong with it was said on standard error when this throws a {@link UsageExit}.
 *
 * @param say where to, instead
 */
export function parseOutboxOptions(args: readonly string[], say?: (text: string) => void): OutboxOptions {
  return readCampaign(args, say, {
    description:
      "A process with an outbox on disk is killed (SIGKILL) while it opens it, publishes, replays and removes, again and again; now and then its server" +
      " is killed or frozen, or the disk is full. What becomes of each message that was said to be on disk.",
    options: (command) =>
      command
        .requiredOption("--outbox", "run this one")
        .option("--cycles <n>", "processes that are killed", whole(1, 100_000), CYCLES)
        .option("--target <kind>", "stream, or core: a subscriber", target, "stream")
        .option("--sabotage", "say that messages are on disk before they are: it must be found", false)
        .option(
          "--backlog <size>",
          "fill an outbox with so much (64MiB, 1GiB), and measure how it is opened and replayed; kills nobody",
          size,
        ),
    read: (command) => {
      const { cycles, target, seed, sabotage, backlog, json } = command.opts<Given>();
      const given = (name: string) => command.getOptionValueSource(name) === "cli";
      if (backlog !== undefined && ["cycles", "target", "seed", "sabotage"].some(given)) {
        command.error("error: --backlog kills nobody, and goes with --json alone");
      }
      return { cycles, target, seed, sabotage, backlog, json };
    },
  });
}

/** The command line that leads to the same run again. */
export function outboxCommand({ cycles, target, seed, sabotage, backlog }: OutboxOptions): string {
  const what =
    backlog === undefined
      ? `--cycles ${cycles}${target === "stream" ? "" : ` --target ${target}`} --seed ${seed}${sabotage ? " --sabotage" : ""}`
      : `--backlog ${backlog}`;
  return `npm run chaos -- --outbox ${what}`;
}

function target(text: string): Target {
  if (text === "stream" || text === "core") return text;
  throw new InvalidArgumentError("It must be stream or core.");
}

function size(text: string): number {
  const [, digits, unit] = /^(\d+)(|KiB|MiB|GiB)$/.exec(text) ?? [];
  const bytes = digits === undefined ? Number.NaN : Number(digits) * UNITS[unit];
  if (bytes >= BACKLOG.least && bytes <= BACKLOG.most) return bytes;
  throw new InvalidArgumentError("It must be from 1MiB to 8GiB.");
}
