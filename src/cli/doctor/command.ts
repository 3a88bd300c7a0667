import { type Command, InvalidArgumentError, Option } from "commander";
import { action } from "../action.js";
import { addExamples } from "../help.js";
import { listedSome, sizeBetween, wholeNumber } from "../values.js";
import type { DoctorCommandOptions } from "./run.js";

const HOUR = 3600;

/** The number may be missing: then what follows, if it is a server, is taken for it. */
function seconds(text: string): number {
  try {
    return wholeNumber(1, HOUR)(text);
  } catch (error) {
    const message = `${(error as Error).message} Servers come before --watch, or behind its number.`;
    throw new InvalidArgumentError(message);
  }
}

/** Adds `holdfast doctor`. */
export function addDoctorCommand(program: Command): void {
  const command = program
    .command("doctor")
    .description("look at servers from here, and say what is wrong with them, or with the way to them")
    .argument("[servers...]", "host:port or URLs; several with commas, or one after the other")
    .option(
      "--monitor <url>",
      "a server's monitoring port, as http://host:8222; more than once for several",
      listedSome,
    )
    .option(
      "--payload <size>",
      "is a message of this size within max_payload? Such as 128 or 4MiB",
      sizeBetween(0, 64 * 1024 ** 2),
    )
    .option("--jetstream", "JetStream must be there for this account")
    .option("--domain <name>", "JetStream must be there, in this domain")
    .option("--probes <n>", "PINGs to measure round trips with", wholeNumber(0, 100), 10)
    .option("--timeout <ms>", "for each step of a probe, and each HTTP request", wholeNumber(1, 60_000), 2000)
    .option("--no-gossip", "leave out the servers that the given ones tell of")
    .addOption(new Option("--context <name>", "a context of the nats command").env("NATS_CONTEXT"))
    .option("--env", "with servers given: everything else by NATS_* variables")
    .option("--creds <file>", "file with a JWT and its seed")
    .option("--nkey <file>", "file with the seed of an nkey")
    .option("--tls-ca <file>", "certificates of the authorities that are trusted")
    .option("--tls-cert <file>", "certificate of this client")
    .option("--tls-key <file>", "its private key")
    .option("--tls-first", "TLS comes before the server's INFO (handshake_first)")
    .option("--watch [seconds]", "again and again, telling what changes; default: every 10 s", seconds)
    .option("-v, --verbose", "every step, every endpoint, and the reasons of hints")
    .option("--json", "print the report as JSON; with --watch a line for each change")
    .action(
      action(async (servers: string[], options: DoctorCommandOptions) => {
        const { runDoctor } = await import("./run.js");
        return runDoctor(servers, options);
      }),
    );
  command.addHelpText(
    "after",
    `
Without servers: those of --context, or of the environment (holdfast env), or of
the context that "nats context select" has selected; else 127.0.0.1:4222.
A password or token belongs into the URL, a context, or the environment: there
is no option for it, which every user of this host could read.

Exit codes: 0 healthy, 1 warnings, 2 broken, or wrong use of the command. Ctrl-C
(and q on a terminal) ends --watch with the code of the last verdict, else with
130.`,
  );
  addExamples(command, [
    ["holdfast doctor", "where the environment leads, or 127.0.0.1:4222"],
    [
      "holdfast doctor nats://a:4222 nats://b:4222 --monitor http://a:8222",
      "two servers, and what one tells of itself",
    ],
    ["holdfast doctor --context prod --payload 4MiB --jetstream", "does it have what a program needs?"],
    ["holdfast doctor --json | jq -r .verdict", "for programs"],
    ["holdfast doctor --watch 30", "until Ctrl-C"],
  ]);
}
