import { type Command, Option } from "commander";
import type { ConnectionOptions } from "../index.js";
import { listedSome } from "./values.js";

/** Which server a command is for, and as whom it goes there: the options of {@link addConnectionOptions}. */
export interface ServerChoice {
  /** `host:port` or URLs. */
  server?: readonly string[];
  /** Name of a context of the `nats` command, or the absolute path of its file. */
  context?: string;
  /** File with a JWT and its seed. */
  creds?: string;
  /** What the command takes instead of an authenticator, or of the TLS options, of a context: those are not looked at. */
  instead?: ConnectionOptions;
}

/** How a command connects. */
export interface Chosen {
  /** For `connect()`, without a name. */
  readonly options: ConnectionOptions;
  /** What said so, for people: `--server`, `context "prod"`, `the environment`, `the default`. */
  readonly from: string;
  /** JetStream's domain, and the prefix of its API, where a context names them. */
  readonly jetstream: { readonly domain?: string; readonly apiPrefix?: string };
  /** What of a context is left out, and why; for people. */
  readonly warnings: readonly string[];
}

/** Adds `--server`, `--context` and `--creds` to a command that connects. */
export function addConnectionOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "-s, --server <url>",
        "host:port or nats://[user:pass@]host:port; several with commas, or more than once",
      ).argParser(listedSome),
    )
    .addOption(
      new Option("--context <name>", "a context of the nats command; --server comes before its url").env(
        "NATS_CONTEXT",
      ),
    )
    .option("--creds <file>", "file with a JWT and its seed");
}

/** Below the help of a command that connects without being told where. */
export const WHERE_HELP = `
Where it connects: --context (or NATS_CONTEXT), whose url --server replaces;
--server alone; the environment, if it names servers (holdfast env); the context
that "nats context select" has selected; else 127.0.0.1:4222, by what else the
environment says.`;

/**
 * How to connect, by what was said on the command line, else by the environment, else by the selected context of the `nats` command.
 *
 * Rejects with `WrongUse` for a context that is not there or cannot be used, as `optionsFromEnv()` throws, and with `WrongUse` for creds
 * that cannot be used.
 *
 * @param variables of the environment
 */
export async function chooseServers(
  choice: ServerChoice,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Chosen> {
  const { creds } = choice;
  const chosen = await chooseBy(choice, variables);
  if (creds === undefined) return chosen;
  const { readCreds } = await import("./creds.js");
  const { user: _, pass: _pass, token: _token, ...options } = chosen.options;
  return { ...chosen, options: { ...options, authenticator: await readCreds(creds) } };
}

async function chooseBy(choice: ServerChoice, variables: NodeJS.ProcessEnv): Promise<Chosen> {
  const { server = [], context } = choice;
  const servers = [...server];
  await refuseCutPasswords(servers);
  const plain = { jetstream: {}, warnings: [] };
  if (context !== undefined && context !== "") return byContext(context, choice, variables);
  if (servers.length > 0) return { options: { servers }, from: "--server", ...plain };
  if (isSet(variables.NATS_SERVERS) || isSet(variables.NATS_URL)) {
    const { optionsFromEnv } = await import("../index.js");
    return { options: optionsFromEnv(variables), from: "the environment", ...plain };
  }
  const { selectedContext } = await import("./context/places.js");
  const selected = selectedContext(variables);
  if (selected !== undefined) return byContext(selected, choice, variables, "selected ");
  // It may say as whom to go there, and how.
  const { optionsFromEnv } = await import("../index.js");
  const options = optionsFromEnv(variables);
  // A name is always there.
  const { name: _, ...said } = options;
  if (Object.keys(said).length === 0) return { options: {}, from: "the default", ...plain };
  return { options, from: "the environment", ...plain };
}

async function byContext(
  name: string,
  { server = [], creds, instead = {} }: ServerChoice,
  variables: NodeJS.ProcessEnv,
  how = "",
): Promise<Chosen> {
  const servers = [...server];
  const [{ readContext }, { checkFields, contextOptions }] = await Promise.all([
    import("./context/read-context.js"),
    import("./context/context-options.js"),
  ]);
  const context = readContext(name, variables);
  const { options, ...rest } = contextOptions(context, variables);
  await refuseCutPasswords([options.servers ?? []].flat());
  const { tls, authenticator } = options;
  checkFields(
    context,
    {
      ...options,
      ...(servers.length > 0 && { servers }),
      authenticator: creds === undefined && instead.authenticator === undefined ? authenticator : undefined,
      tls: instead.tls === undefined ? tls : undefined,
    },
    variables,
  );
  return {
    options: servers.length > 0 ? { ...options, servers } : options,
    from: `${how}context ${context.name}${servers.length > 0 ? ", at --server" : ""}`,
    ...rest,
  };
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== "";
}

/** They were split at commas already: where that may have cut a password, its pieces would be dialled, and be shown. */
async function refuseCutPasswords(servers: readonly string[]): Promise<void> {
  if (servers.length < 2 || !servers.some((entry) => /[@?]/.test(entry))) return;
  const { optionsFromEnv } = await import("../index.js");
  try {
    optionsFromEnv({ NATS_SERVERS: servers.join(",") });
  } catch {
    const { WrongUse } = await import("./outbox/ended.js");
    throw new WrongUse(
      'the servers have a comma that may be part of a password: write it there as %2C, and "nats://" before credentials',
    );
  }
}
