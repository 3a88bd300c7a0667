import { hostname } from "node:os";
import { basename } from "node:path";
import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { checkCredsFile, credsFileAuthenticator } from "./creds-file.js";
import { nkeyFromText } from "./nkey-text.js";
import type { ConnectionOptions } from "./options.js";
import { parseServers } from "./settings.js";
import { type TlsOptions, toTls } from "./tls-options.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that say who we are: each excludes the others. */
const IDENTITIES = ["NATS_TOKEN", "NATS_USER", "NATS_CREDS", "NATS_NKEY"] as const;

/** The variable of each TLS file. */
const TLS_FILES = { caFile: "NATS_CA", certFile: "NATS_CERT", keyFile: "NATS_KEY" } as const;

/**
 * Options from the environment, for {@link connect}. What is not set, or empty, is left to the defaults.
 *
 * | variable | what |
 * |---|---|
 * | `NATS_SERVERS` | servers, separated by commas; without it `NATS_URL`, as the command `nats` has it |
 * | `NATS_NAME` | name of the client; default: name of the service (`OTEL_SERVICE_NAME`, else the package's, else the program's) and of the host |
 * | `NATS_TOKEN` | token |
 * | `NATS_USER`, `NATS_PASS` | user and password |
 * | `NATS_CREDS` | path of a creds file |
 * | `NATS_NKEY` | seed of an NKey, or the path of a file with it |
 * | `NATS_CA`, `NATS_CERT`, `NATS_KEY` | paths of PEM files: authorities, client certificate, its key; any of them demands TLS |
 *
 * Files are read now, to find mistakes, and anew at every attempt. Spread it to override: `connect({ ...optionsFromEnv(), name })`.
 *
 * @param env default: `process.env`
 * @throws an error with code `INVALID_OPTION`, the name of the variable in text and `option`, and no secret
 */
export function optionsFromEnv(env: Environment = process.env): ConnectionOptions {
  try {
    return read(env);
  } catch (error) {
    throw publicError(error);
  }
}

function read(env: Environment): ConnectionOptions {
  if (typeof env !== "object" || env === null) {
    throw new CodedError("INVALID_ARGUMENT", "the environment must be an object with strings");
  }
  const get = (name: string) => {
    const value = env[name];
    if (value === undefined || value === "") return undefined;
    if (typeof value !== "string") throw refuse(name, "must be a string");
    return value;
  };
  const options: ConnectionOptions = { name: get("NATS_NAME") ?? defaultName(get) };
  const variable = get("NATS_SERVERS") === undefined ? "NATS_URL" : "NATS_SERVERS";
  const servers = get(variable);
  if (servers !== undefined) {
    named(variable, () => parseServers(servers));
    options.servers = servers;
  }
  identify(options, get);
  const tls = tlsFrom(get);
  if (tls !== undefined) options.tls = tls;
  return options;
}

function identify(options: ConnectionOptions, get: (name: string) => string | undefined): void {
  const [first, second] = IDENTITIES.filter((name) => get(name) !== undefined);
  if (second !== undefined) throw refuse(first, `and ${second} exclude each other`);
  const pass = get("NATS_PASS");
  if (pass !== undefined && first !== "NATS_USER") throw refuse("NATS_PASS", "needs NATS_USER");
  const value = first === undefined ? undefined : get(first);
  if (value === undefined) return;
  if (first === "NATS_TOKEN") options.token = value;
  if (first === "NATS_USER") options.user = value;
  if (pass !== undefined) options.pass = pass;
  if (first === "NATS_CREDS") {
    const authenticator = credsFileAuthenticator(value);
    named(first, () => checkCredsFile(authenticator));
    options.authenticator = authenticator;
  }
  if (first === "NATS_NKEY") options.authenticator = named(first, () => nkeyFromText(value));
}

function tlsFrom(get: (name: string) => string | undefined): TlsOptions | undefined {
  const tls: TlsOptions = {};
  for (const [option, variable] of Object.entries(TLS_FILES)) {
    const file = get(variable);
    if (file !== undefined) tls[option as keyof typeof TLS_FILES] = file;
  }
  if (Object.keys(tls).length === 0) return undefined;
  if (tls.certFile !== undefined && tls.keyFile === undefined) throw refuse("NATS_CERT", "needs NATS_KEY");
  if (tls.keyFile !== undefined && tls.certFile === undefined) throw refuse("NATS_KEY", "needs NATS_CERT");
  try {
    toTls(tls);
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    const option = (cause.detail.option ?? "").replace("tls.", "") as keyof typeof TLS_FILES;
    throw refuse(TLS_FILES[option] ?? "NATS_CA", `is wrong: ${cause.message}`, cause.detail.cause);
  }
  return tls;
}

/** What a server's monitoring shows of us when nobody has said a name. */
function defaultName(get: (name: string) => string | undefined): string {
  const program = basename(process.argv[1] ?? process.execPath);
  return `${get("OTEL_SERVICE_NAME") ?? get("npm_package_name") ?? program} ${hostname()}`;
}

/** Names the variable in what goes wrong with its value. */
function named<T>(variable: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw refuse(variable, `is wrong: ${describeCause(cause)}`, (cause as Error).cause);
  }
}

function refuse(variable: string, why: string, cause?: unknown): CodedError {
  return new CodedError("INVALID_OPTION", `environment variable ${variable} ${why}`, {
    option: variable,
    cause,
  });
}
