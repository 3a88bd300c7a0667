import { Command } from "commander";
import { parsed, whole } from "../../demo/command-line.js";

/** What the user asked for: which of the three runs, and how long. */
export interface FailoverOptions {
  /** Restarts by lame duck; undefined: none. */
  readonly restarts: number | undefined;
  /** Moves by `reconnect()`; undefined: none. */
  readonly moves: number | undefined;
  /** Kills of each client; undefined: none. */
  readonly kills: number | undefined;
  /** Messages a second. */
  readonly rate: number;
  /** The same with nats.js, but shorter. */
  readonly peer: boolean;
  /** Write docs/failover.md. */
  readonly write: boolean;
  readonly json: boolean;
}

const DEFAULTS = { restarts: 20, moves: 200, kills: 30, rate: 20_000 };
const MOST = 10_000;
/** The highest rate at which one process can publish and another one hear all of it, six times. */
const MOST_RATE = 100_000;

interface Given {
  rolling?: true;
  restarts?: number;
  moves?: number | true;
  failover?: number | true;
  rate: number;
  peer: boolean;
  write: boolean;
  json: boolean;
}

/** Whether the command line is about changes of server, and not about faults. */
export function isAboutFailover(args: readonly string[]): boolean {
  return args.some((arg) => /^--(rolling|moves|failover)(=|$)/.test(arg));
}

/**
 * Reads the command line; what is wrong with it was said on standard error when this throws a {@link UsageExit}.
 *
 * @param say where to, instead
 */
export function parseFailoverOptions(args: readonly string[], say?: (text: string) => void): FailoverOptions {
  const command = new Command("npm run chaos --")
    .description(
      "Three real nats-servers in a cluster, messages published and received on all of them, and connections that change" +
        " their server: what was lost, what came twice, and for how long nothing came.",
    )
    .option("--rolling", "restart each node in turn by lame duck")
    .option("--restarts <n>", `so many times, with --rolling (default: ${DEFAULTS.restarts})`, whole(1, MOST))
    .option(
      "--moves [n]",
      `call reconnect() so many times, on one connection after the other (default: ${DEFAULTS.moves})`,
      whole(1, MOST),
    )
    .option(
      "--failover [n]",
      `kill the connected node so many times, for Holdfast and for nats.js (default: ${DEFAULTS.kills})`,
      whole(1, MOST),
    )
    .option(
      "--rate <n>",
      "messages a second, of all publishers together",
      whole(100, MOST_RATE),
      DEFAULTS.rate,
    )
    .option("--peer", "the first two with nats.js as well, for a while", false)
    .option("--write", "write docs/failover.md; needs all three, and --peer", false)
    .option("--json", "print one JSON object on standard output, and nothing else", false)
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .exitOverride();
  if (say !== undefined) command.configureOutput({ writeErr: say, writeOut: say });
  return parsed(command, args, () => {
    const given = command.opts<Given>();
    const { rolling, restarts, moves, failover, ...rest } = given;
    if (restarts !== undefined && !rolling) command.error("error: --restarts is for --rolling");
    const complete = rolling && moves !== undefined && failover !== undefined && rest.peer;
    if (rest.write && !complete) {
      command.error("error: --write needs --rolling, --moves, --failover and --peer");
    }
    return {
      ...rest,
      restarts: rolling && (restarts ?? DEFAULTS.restarts),
      moves: moves === true ? DEFAULTS.moves : moves,
      kills: failover === true ? DEFAULTS.kills : failover,
    };
  });
}

/** The command line that leads to the same run again. */
export function failoverCommand({ restarts, moves, kills, rate, peer }: FailoverOptions): string {
  const words = [
    restarts !== undefined && `--rolling --restarts ${restarts}`,
    moves !== undefined && `--moves ${moves}`,
    kills !== undefined && `--failover ${kills}`,
    (restarts !== undefined || moves !== undefined) && `--rate ${rate}`,
    peer && "--peer",
  ];
  return `npm run chaos -- ${words.filter(Boolean).join(" ")}`;
}
