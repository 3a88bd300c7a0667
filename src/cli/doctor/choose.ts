import {
  type ConnectionOptions,
  nkeyAuthenticator,
  nkeys,
  optionsFromEnv,
  type TlsOptions,
} from "../../index.js";
import { chooseServers } from "../connection-options.js";
import { readSmall } from "../context/read-small.js";
import { WrongUse } from "../outbox/ended.js";
import { printable } from "../outbox/inspect.js";
import { isContents } from "../safe.js";

/** Whom doctor is for, and as whom it goes there. */
export interface DoctorChoice {
  context?: string;
  env?: boolean;
  creds?: string;
  nkey?: string;
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  tlsFirst?: boolean;
}

/** What was chosen. */
export interface DoctorChosen {
  /** For option `connection` of `doctor()`; undefined where nothing but servers was said: then there is no configuration to lint. */
  readonly connection: ConnectionOptions | undefined;
  readonly servers: string[] | undefined;
  readonly domain: string | undefined;
  /** What said where to look, as in `Chosen`. */
  readonly from: string;
  /** For people. */
  readonly warnings: readonly string[];
}

/**
 * Reads what the command line, the environment and the contexts of the `nats` command say.
 *
 * Rejects with `WrongUse`, or as `optionsFromEnv()` throws.
 */
export async function choose(servers: readonly string[], choice: DoctorChoice): Promise<DoctorChosen> {
  const { context, creds, env } = choice;
  if (env === true && context !== undefined) throw new WrongUse("--env and --context exclude each other");
  if (creds !== undefined && choice.nkey !== undefined)
    throw new WrongUse("--creds and --nkey exclude each other");
  const given = servers.flatMap((text) => text.split(",")).map((text) => text.trim());
  const who = identity(choice);
  const instead = { ...who, ...tls({}, choice) };
  const { options, from, jetstream, warnings } = await chooseServers({
    server: given,
    context,
    creds,
    instead,
  });
  const base = env === true ? { ...optionsFromEnv(process.env), ...options } : options;
  const connection = { ...base, ...who, ...tls(base, choice) };
  const { servers: chosen, ...rest } = connection;
  const plain = (from === "--server" || from === "the default") && Object.keys(rest).length === 0;
  return {
    connection: plain ? undefined : connection,
    servers: given.length > 0 ? given : plain ? asList(chosen) : undefined,
    from,
    domain: jetstream.domain,
    warnings,
  };
}

function asList(servers: ConnectionOptions["servers"]): string[] | undefined {
  return servers === undefined ? undefined : [servers].flat();
}

function identity({ nkey }: DoctorChoice): ConnectionOptions {
  if (nkey === undefined) return {};
  if (isContents(nkey)) {
    throw new WrongUse(
      "--nkey wants the path of a file, and this looks like a seed: it was seen by every user of this host",
    );
  }
  try {
    const seed = Buffer.from(readSmall(nkey).trim());
    // The authenticator would look at it for the first time when a server asks.
    nkeys.fromSeed(Buffer.from(seed)).clear();
    return { authenticator: nkeyAuthenticator(seed) };
  } catch (cause) {
    // What is in the file is no part of what is said: it may be a seed after all.
    const { code, syscall } = cause as NodeJS.ErrnoException;
    throw new WrongUse(
      syscall === undefined
        ? `--nkey: ${printable(nkey)} holds no seed of an nkey`
        : `--nkey: the file cannot be used: ${code}`,
    );
  }
}

function tls(base: ConnectionOptions, { tlsCa, tlsCert, tlsKey, tlsFirst }: DoctorChoice): ConnectionOptions {
  const given: TlsOptions = {
    ...(tlsCa === undefined ? {} : { caFile: tlsCa }),
    ...(tlsCert === undefined ? {} : { certFile: tlsCert }),
    ...(tlsKey === undefined ? {} : { keyFile: tlsKey }),
    ...(tlsFirst === true ? { handshakeFirst: true } : {}),
  };
  return Object.keys(given).length === 0 ? {} : { tls: { ...base.tls, ...given } };
}
