import {
  type Check,
  flag,
  integer,
  type OptionRules,
  readOptions,
  record,
  text,
} from "../../client/option-checks.js";
import { NatsServerError } from "./error.js";
import type { NatsClusterOptions, NatsServerOptions } from "./options.js";

export const filled: Check = (value) =>
  typeof value === "string" && value !== "" ? undefined : "must be a string that is not empty";
/** nats-server refuses a name with white space, after it has started half-way. */
export const word: Check = (value) =>
  typeof value === "string" && /^\S+$/.test(value) ? undefined : "must be a name without white space";
const isPort = integer(1, 65_535);
export const port: Check = (value) => {
  const wrong = isPort(value);
  return wrong && `${wrong}; leave it out for a free one`;
};
export const bytes = integer(1, 2 ** 31 - 1);

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
const FIXED = ["binary", "host", "port", "name", "monitor"] as const;

/**
 * Checks what a server is started with, and copies it.
 *
 * @throws NatsServerError `INVALID_OPTION` with the name of the option, and a suggestion for a misspelling
 */
export function checkServerOptions(given: unknown): NatsServerOptions {
  const options: NatsServerOptions = readOptions(given, { checks: SERVER, refuse });
  if (options.cluster !== undefined) {
    const membership = readOptions(options.cluster, { checks: MEMBERSHIP, refuse, prefix: "cluster." });
    if (membership.name === undefined) throw refuse("cluster.name", "is missing");
    options.cluster = membership as NatsServerOptions["cluster"];
  }
  checkAuth(options);
  return options;
}

/**
 * Checks what a reload changes; returns all options as they are then.
 *
 * @throws NatsServerError `INVALID_OPTION`
 */
export function checkReload(before: NatsServerOptions, change: unknown): NatsServerOptions {
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
export function checkClusterOptions(given: unknown): NatsClusterOptions {
  const known = (name: string) =>
    name === "port" || name === "monitor" || name === "cluster"
      ? "is chosen for each member by the cluster itself"
      : undefined;
  const options: NatsClusterOptions = readOptions(given, { checks: CLUSTER, refuse, known });
  checkAuth(options);
  return options;
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

/** The error that names an option; `""` stands for all of them. */
export function refuse(option: string, why: string): NatsServerError {
  const subject = option === "" ? "the options" : `option "${option}"`;
  return new NatsServerError("INVALID_OPTION", `${subject} ${why}`, "", option);
}
