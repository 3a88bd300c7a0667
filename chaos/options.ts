import { Command, InvalidArgumentError } from "commander";
import { parsed, whole } from "../demo/command-line.js";
import type { ClientKind } from "../demo/protocol.js";
import { seeded } from "../demo/random.js";
import { nearestName } from "../src/client/nearest-name.js";
import type { Subject } from "./evidence.js";
import {
  alone,
  drawPairs,
  FAULTS,
  faultsOver,
  findTrouble,
  overTls,
  short,
  type Trouble,
} from "./faults/catalogue.js";
import type { Delivery } from "./protocol.js";

/** What the user asked for. */
export interface Options {
  readonly troubles: readonly Trouble[];
  /** How many of them are pairs that were drawn. */
  readonly pairs: number;
  /** What narrows the choice, as it stands on the command line. */
  readonly narrowed: readonly string[];
  readonly subjects: readonly Subject[];
  /** How long each trial publishes, at the least. */
  readonly seconds: number;
  /** Messages a second. */
  readonly rate: number;
  readonly seed: number;
  readonly list: boolean;
  /** Write docs/faults.md. */
  readonly write: boolean;
  readonly json: boolean;
}

const DEFAULTS = { pairs: 5, seconds: 4, rate: 10_000, seed: 1 };
const CLIENTS: Readonly<Record<string, ClientKind>> = { holdfast: "holdfast", "nats.js": "natsjs" };
const DELIVERIES: readonly Delivery[] = ["at-least-once", "at-most-once"];

interface Given {
  only?: Trouble[];
  /** Over TLS alone; false: not over TLS. */
  tls?: boolean;
  pairs?: number;
  clients: ClientKind[];
  delivery: Delivery[];
  seconds?: number;
  rate: number;
  seed: number;
  list: boolean;
  write: boolean;
  short: boolean;
  json: boolean;
}

/**
 * Reads the command line; what is wrong with it was said on standard error when this throws a {@link UsageExit}.
 *
 * @param say where to, instead
 */
export function parseOptions(args: readonly string[], say?: (text: string) => void): Options {
  const command = new Command("npm run chaos --")
    .description(
      "Real nats-servers behind a fault proxy, a steady stream of messages, and every fault there is: what becomes of the" +
        " messages with Holdfast, and with nats.js.",
    )
    .option(
      "--only <names>",
      "some faults, separated by commas; a pair is two names with a plus between, over TLS with tls: before it",
      troubles,
    )
    .option(
      "--pairs <n>",
      `random pairs of faults at the same time (default: ${DEFAULTS.pairs}; none with --only or --short)`,
      whole(0, 1000),
    )
    .option(
      "--seconds <n>",
      `how long each client publishes in each fault, at the least (default: ${DEFAULTS.seconds})`,
      seconds,
    )
    .option("--rate <n>", "messages a second", whole(1, 1_000_000), DEFAULTS.rate)
    .option(
      "--seed <n>",
      "for pairs, moments and everything else that is left to chance",
      whole(0, 0xffffffff),
      DEFAULTS.seed,
    )
    .option("--clients <names>", "holdfast, nats.js", listOf(CLIENTS), Object.values(CLIENTS))
    .option(
      "--delivery <kinds>",
      "of Holdfast: at-least-once, at-most-once",
      listOf(Object.fromEntries(DELIVERIES.map((kind) => [kind, kind]))),
      [...DELIVERIES],
    )
    .option("--short", `${short().faults.length} telling faults in turn on one server, with Holdfast`, false)
    .option("--tls", "over TLS alone, without the faults that have to read what is said")
    .option("--no-tls", "not over TLS (default: all faults without TLS, and then those that can be with it)")
    .option("--list", "name the faults, and do nothing", false)
    .option("--write", "write docs/faults.md", false)
    .option("--json", "print one JSON object on standard output, and nothing else", false)
    .addHelpText(
      "after",
      "\nOf planned moves and the time that a failover takes: --rolling, --moves, --failover; of an outbox on disk: --outbox; each knows --help.",
    )
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .exitOverride();
  if (say !== undefined) command.configureOutput({ writeErr: say, writeOut: say });
  return parsed(command, args, () => {
    const given = command.opts<Given>();
    if (given.short && given.only) command.error("error: --short and --only exclude each other");
    const wrong = given.only?.find((trouble) => !fits(trouble, given.tls));
    if (wrong) command.error(`error: --${given.tls ? "" : "no-"}tls: ${wrong.name} cannot happen so`);
    const options = complete(given);
    if (given.write && !isComplete(options)) {
      command.error(
        "error: --write needs every fault with every client: leave out --only, --short, --tls, --clients, --delivery",
      );
    }
    return options;
  });
}

function fits(trouble: Trouble, tls: boolean | undefined): boolean {
  return tls ? overTls(trouble) !== undefined : tls === undefined || trouble.wire === "plain";
}

function chosen({ only, short: few, tls }: Pick<Given, "only" | "short" | "tls">): Trouble[] {
  if (only) return tls ? only.flatMap((trouble) => overTls(trouble) ?? []) : only;
  if (few) return [short(tls ? "tls" : "plain")];
  const plain = tls ? [] : faultsOver("plain").map((fault) => alone(fault));
  return tls === false ? plain : [...plain, ...faultsOver("tls").map((fault) => alone(fault, "tls"))];
}

function complete({ only, pairs, clients, delivery, short: few, tls, ...rest }: Given): Options {
  const single = chosen({ only, short: few, tls });
  const count = pairs ?? (only || few ? 0 : DEFAULTS.pairs);
  const drawn = drawPairs(seeded(rest.seed), count, tls ? "tls" : "plain");
  const holdfast = delivery.map((kind): Subject => ({ client: "holdfast", delivery: kind }));
  const natsjs: Subject = { client: "natsjs", delivery: "at-most-once" };
  const all = Object.keys(CLIENTS);
  const named = all.filter((name) => clients.includes(CLIENTS[name]));
  const narrowed = [
    only && `--only ${only.map(({ name }) => name).join(",")}`,
    few && "--short",
    tls !== undefined && (tls ? "--tls" : "--no-tls"),
    named.length < all.length && `--clients ${named.join(",")}`,
    delivery.length < DELIVERIES.length && `--delivery ${delivery.join(",")}`,
  ];
  return {
    ...rest,
    narrowed: narrowed.filter((word) => typeof word === "string"),
    seconds: rest.seconds ?? DEFAULTS.seconds,
    troubles: [...single, ...drawn],
    pairs: drawn.length,
    subjects: clients.flatMap((client) => (client === "holdfast" ? holdfast : few ? [] : [natsjs])),
  };
}

function isComplete({ troubles, subjects }: Options): boolean {
  const names = troubles.map(({ name }) => name);
  const all = chosen({ short: false });
  return all.every(({ name }) => names.includes(name)) && subjects.length === DELIVERIES.length + 1;
}

/** The command line that leads to the same run again; of one trouble alone where it is named. */
export function commandLine({ seconds, rate, seed, pairs, narrowed }: Options, only?: string): string {
  const choice = only === undefined ? [...narrowed, `--pairs ${pairs}`] : [`--only ${only}`];
  if (only === short().name) choice.splice(0, 1, "--short");
  if (only === short("tls").name) choice.splice(0, 1, "--short", "--tls");
  return `npm run chaos -- ${[...choice, `--seed ${seed}`, `--seconds ${seconds}`, `--rate ${rate}`].join(" ")}`;
}

function troubles(text: string): Trouble[] {
  return text.split(",").map((name) => {
    const found = findTrouble(name);
    if (found !== undefined) return found;
    const parts = name.replace(/^tls:/, "").split("+");
    const unknown = parts.find((part) => !FAULTS.some((fault) => fault.name === part));
    if (unknown === undefined && parts.length < 2) throw new InvalidArgumentError(impossible(name));
    if (unknown === undefined) throw new InvalidArgumentError(`"${name}" cannot happen at the same time.`);
    throw new InvalidArgumentError(
      `There is no fault "${unknown}".${meant(
        unknown,
        FAULTS.map((fault) => fault.name),
      )} See --list.`,
    );
  });
}

function impossible(name: string): string {
  return name.startsWith("tls:")
    ? `"${name}" cannot be: on the way nobody can read what is said in TLS.`
    : `"${name}" is for links with TLS: write "tls:${name}".`;
}

function listOf<T>(known: Readonly<Record<string, T>>): (text: string) => T[] {
  const names = Object.keys(known);
  return (text) =>
    text.split(",").map((name) => {
      if (Object.hasOwn(known, name)) return known[name];
      throw new InvalidArgumentError(`"${name}" is none of ${names.join(", ")}.${meant(name, names)}`);
    });
}

function meant(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? "" : ` Did you mean "${near}"?`;
}

function seconds(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= 3600) return value;
  throw new InvalidArgumentError("It must be a number from 1 to 3600.");
}
