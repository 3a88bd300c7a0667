import {
  type Check,
  flag,
  integer,
  type OptionRules,
  readOptions,
  record,
  text,
} from "../../client/option-checks.js";
import { checkTls, checkWebsocket, onOrRecord } from "./check-tls.js";
import { bytes, filled, isPort, port, refuse, word } from "./checks.js";
import type { CheckedServerOptions, NatsClusterOptions, NatsServerOptions } from "./options.js";

const SHARED: Record<keyof NatsServerOptions & keyof NatsClusterOptions, Check> = {
  binary: filled,
  host: filled,
  name: word,
  user: filled,
  pass: text,
  token: filled,
  jetstream: flag,
  maxPending: bytes,
  maxPayload: bytes,
  tls: onOrRecord,
  websocket: onOrRecord,
  config: text,
};

const SERVER: Record<keyof NatsServerOptions, Check> = {
  ...SHARED,
  port,
  cluster: record,
  monitor: (value) =>
    typeof value === "boolean" || isPort(value) === undefined
      ? undefined
      : "must be true for a free port, false, or an integer from 1 to 65535",
};

const MEMBERSHIP: Record<keyof NonNullable<NatsServerOptions["cluster"]>, Check> = {
  name: word,
  port,
  routes: (value) =>
    Array.isArray(value) && value.every((route) => typeof route === "string")
      ? undefined
      : "must be an array of URLs",
};

const CLUSTER: Record<keyof NatsClusterOptions, Check> = { ...SHARED, size: integer(1, 100) };

/** What a server keeps for as long as it lives. */
const FIXED = ["binary", "host", "port", "name", "monitor", "websocket"] as const;

/**
 * Checks what a server is started with, and copies it.
 *
 * @throws NatsServerError `INVALID_OPTION` with the name of the option, and a suggestion for a misspelling
 */
export function checkServerOptions(given: unknown): CheckedServerOptions {
  const options: NatsServerOptions = readOptions(given, { checks: SERVER, refuse });
  if (options.cluster !== undefined) {
    const membership = readOptions(options.cluster, { checks: MEMBERSHIP, refuse, prefix: "cluster." });
    if (membership.name === undefined) throw refuse("cluster.name", "is missing");
    options.cluster = membership as NatsServerOptions["cluster"];
  }
  return settle(options);
}

/**
 * Checks what a reload changes; returns all options as they are then.
 *
 * @throws NatsServerError `INVALID_OPTION`
 */
export function checkReload(before: CheckedServerOptions, change: unknown): CheckedServerOptions {
  const known = (name: string) =>
    (FIXED as readonly string[]).includes(name)
      ? "stays as it is as long as the server lives; start another one"
      : undefined;
  const checks: OptionRules["checks"] = Object.fromEntries(
    Object.entries(SERVER).filter(([name]) => known(name) === undefined),
  );
  readOptions(change, { checks, refuse, known });
  return checkServerOptions({ ...before, ...(change as object) });
}

/**
 * Checks what a cluster is started with, and copies it.
 *
 * @throws NatsServerError `INVALID_OPTION`
 */
export function checkClusterOptions(given: unknown): Settled<NatsClusterOptions> {
  const chosen = "is chosen for each member by the cluster itself";
  const known = (name: string) => (["port", "monitor", "cluster"].includes(name) ? chosen : undefined);
  const options: NatsClusterOptions = readOptions(given, { checks: CLUSTER, refuse, known });
  if (typeof options.websocket === "object" && options.websocket.port !== undefined)
    throw refuse("websocket.port", chosen);
  return settle(options);
}

/** Options as they are once they are checked: what is off is absent, what is on is an object. */
type Settled<Options> = Omit<Options, "tls" | "websocket"> & Pick<CheckedServerOptions, "tls" | "websocket">;

function settle<Options extends NatsServerOptions | NatsClusterOptions>(options: Options): Settled<Options> {
  checkAuth(options);
  const { tls, websocket, ...others } = options;
  return {
    ...others,
    ...(tls && { tls: checkTls(tls) }),
    ...(websocket && { websocket: checkWebsocket(websocket, Boolean(tls)) }),
  };
}

/**
 * Refuses contradictions between user, password and token.
 *
 * @throws NatsServerError `INVALID_OPTION`
 */
export function checkAuth({ user, pass, token }: Pick<NatsServerOptions, "user" | "pass" | "token">): void {
  if (token !== undefined && user !== undefined)
    throw refuse("token", 'and option "user" exclude each other');
  if (pass !== undefined && user === undefined) throw refuse("pass", 'needs option "user"');
}
