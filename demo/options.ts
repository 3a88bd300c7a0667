import { Command, InvalidArgumentError, Option } from "commander";
import { parsed, whole } from "./command-line.js";
import { MIN_PAYLOAD } from "./payload.js";
import type { ClientKind, Rate } from "./protocol.js";
import { FULL_SECONDS, MIN_SECONDS } from "./schedule.js";

/** What the user asked for. */
export interface Options {
  readonly json: boolean;
  readonly seconds: number;
  readonly rate: Rate;
  readonly seed: number;
  readonly size: number;
  readonly replayMargin: number;
  readonly clients: readonly ClientKind[];
  /** On the test servers of `holdfast/testing`, where no nats-server can be had. */
  readonly testServers: boolean;
}

const DEFAULTS = { seconds: FULL_SECONDS, rate: 20_000, seed: 1, size: 128, replayMargin: 0 };
/** Below the servers' `max_payload` of 1 MiB. */
const MAX_SIZE = 1_000_000;

/** Reads the command line; what is wrong with it was said on standard error when this throws a {@link UsageExit}. */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command("npm run demo --")
    .description(
      "Kills, freezes and restarts real nats-servers under Holdfast and under nats.js, by the same schedule, and counts" +
        " what is lost.",
    )
    .option("--json", "print one JSON object on standard output, and nothing else", false)
    .option(
      "--seconds <n>",
      `how long each client publishes; below ${FULL_SECONDS} some faults are left out`,
      number(MIN_SECONDS, 3600),
      DEFAULTS.seconds,
    )
    .option("--rate <n|max>", "messages per second, or as fast as it goes", rate, DEFAULTS.rate)
    .option("--seed <n>", "the schedule of faults", whole(0, 0xffffffff), DEFAULTS.seed)
    .option("--size <bytes>", "payload of a message", whole(MIN_PAYLOAD, MAX_SIZE), DEFAULTS.size)
    .option("--no-peer", "leave the official client out: Holdfast alone")
    .addOption(
      new Option("--only <client>", "one client alone: holdfast (the same as --no-peer) or natsjs")
        .argParser(client)
        .conflicts("peer"),
    )
    .option(
      "--replay-margin <ms>",
      "Holdfast keeps what was confirmed that much longer, and replays it after a kill",
      whole(0, 60_000),
      DEFAULTS.replayMargin,
    )
    .option("--test-servers", "use the embedded test servers of holdfast/testing, no nats-server", false)
    .addHelpText(
      "after",
      "\nAnother demo, of the durable outbox: npm run demo -- --crash (--crash --help has its options)",
    )
    .allowExcessArguments(false)
    .exitOverride();
  return parsed(command, args, () => optionsOf(command));
}

function optionsOf(command: Command): Options {
  const { only, peer, ...rest } = command.opts<
    Omit<Options, "clients"> & { only?: ClientKind; peer: boolean }
  >();
  const all: readonly ClientKind[] = peer ? ["holdfast", "natsjs"] : ["holdfast"];
  return { ...rest, clients: only === undefined ? all : [only] };
}

/** The command line that leads to the same run again. */
export function commandLine(options: Options): string {
  const { seconds, rate, seed, size, replayMargin, clients, testServers } = options;
  const words = [`--seed ${seed}`, `--seconds ${seconds}`, `--rate ${rate}`, `--size ${size}`];
  if (replayMargin > 0) words.push(`--replay-margin ${replayMargin}`);
  if (testServers) words.push("--test-servers");
  if (!clients.includes("natsjs")) words.push("--no-peer");
  else if (clients.length === 1) words.push(`--only ${clients[0]}`);
  return `npm run demo -- ${words.join(" ")}`;
}

function number(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a number from ${low} to ${high}.`);
  };
}

function rate(text: string): Rate {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (text === "max") return "max";
  if (value >= 1 && value <= 10_000_000) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 10000000, or "max".');
}

function client(text: string): ClientKind {
  if (text === "holdfast" || text === "natsjs") return text;
  throw new InvalidArgumentError('It must be "holdfast" or "natsjs".');
}
