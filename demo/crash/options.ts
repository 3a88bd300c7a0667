import { Command } from "commander";
import { parsed, whole } from "../command-line.js";

/** What `npm run demo -- --crash` was asked for. */
export interface CrashOptions {
  readonly json: boolean;
  /** How often the publisher is killed. */
  readonly kills: number;
  /** Messages per second, while a publisher lives. */
  readonly rate: number;
  /** Payload of a message, bytes. */
  readonly size: number;
  readonly seed: number;
  /** Where the servers cannot be had: there is nothing to show then, for test servers have no JetStream on disk. */
  readonly testServers: boolean;
}

const DEFAULTS = { kills: 12, rate: 2000, size: 128, seed: 1 };

/** Reads the command line; what is wrong with it was said on standard error when this throws a `UsageExit`. */
export function parseCrashOptions(args: readonly string[]): CrashOptions {
  const command = new Command("npm run demo -- --crash")
    .description(
      "SIGKILLs a publisher with a durable outbox again and again, in an outage of all servers, too, and counts what is in" +
        " the stream at the end.",
    )
    .option("--crash", "this demo", true)
    .option("--json", "print one JSON object on standard output, and nothing else", false)
    .option("--kills <n>", "how often the publisher is killed", whole(3, 200), DEFAULTS.kills)
    .option("--rate <n>", "messages per second", whole(1, 50_000), DEFAULTS.rate)
    .option("--size <bytes>", "payload of a message", whole(24, 100_000), DEFAULTS.size)
    .option("--seed <n>", "when the kills come", whole(0, 0xffffffff), DEFAULTS.seed)
    .option("--test-servers", "not for this demo: it needs nats-server", false)
    .allowExcessArguments(false)
    .exitOverride();
  return parsed(command, args, () => command.opts<CrashOptions>());
}

/** The command line that leads to the same run again. */
export function crashCommandLine({ kills, rate, size, seed }: CrashOptions): string {
  return `npm run demo -- --crash --seed ${seed} --kills ${kills} --rate ${rate} --size ${size}`;
}
