import {
  type Check,
  flag,
  integer,
  number,
  type OptionRules,
  readOptions,
  record,
  text,
} from "../../client/option-checks.js";
import { isValidSubject } from "../broker/subject.js";
import { checkAuth } from "../launcher/check-options.js";
import { bytes, filled, port, refuse, word } from "../launcher/checks.js";
import type { TestClusterOptions } from "./cluster-options.js";
import type { TestServerOptions } from "./options.js";

const MAX_MS = 2 ** 31 - 1;
const count = integer(1, 2 ** 31 - 1);

const RELOADABLE = {
  user: filled,
  pass: text,
  token: filled,
  authTimeout: number(1, MAX_MS, "ms"),
  permissions: record,
  headers: flag,
  maxPayload: bytes,
  maxControlLine: integer(16, 2 ** 20),
  maxConnections: count,
  maxSubscriptions: count,
  maxPending: bytes,
  pingInterval: number(1, MAX_MS, "ms"),
  pingMax: integer(0, 1_000_000),
  lameDuckGracePeriod: number(0, MAX_MS, "ms"),
  lameDuckDuration: number(0, MAX_MS, "ms"),
} satisfies Partial<Record<keyof TestServerOptions, Check>>;

const SERVER: Record<keyof TestServerOptions, Check> = {
  ...RELOADABLE,
  host: filled,
  port,
  name: word,
};

const CLUSTER: Record<keyof TestClusterOptions, Check> = {
  ...RELOADABLE,
  host: filled,
  name: word,
  size: integer(1, 100),
};

const ALLOWANCES = ["publish", "subscribe"] as const;
const subjects: Check = (value) =>
  Array.isArray(value) &&
  value.every((one) => typeof one === "string" && !/\s/.test(one) && isValidSubject(one))
    ? undefined
    : "must be an array of subjects";

/** Options of `NatsServer` that only a real server has. */
const REAL_ONLY: ReadonlySet<string> = new Set([
  "binary",
  "jetstream",
  "config",
  "monitor",
  "tls",
  "websocket",
]);

/**
 * Checks what a test server is started with, and copies it.
 *
 * @throws NatsServerError `INVALID_OPTION` with the name of the option, and a suggestion for a misspelling
 */
export function checkTestServerOptions(given: unknown): TestServerOptions {
  return check(given, SERVER, (name) =>
    name === "cluster" ? "is not for one server: use startCluster()" : realOnly(name),
  );
}

/**
 * Checks what a reload changes; returns all options as they are then.
 *
 * @throws NatsServerError `INVALID_OPTION`
 */
export function checkTestServerReload(before: TestServerOptions, change: unknown): TestServerOptions {
  const known = (name: string) =>
    name === "host" || name === "port" || name === "name"
      ? "stays as it is as long as the server lives; start another one"
      : realOnly(name);
  readOptions(change, { checks: RELOADABLE, refuse, known });
  return checkTestServerOptions({ ...before, ...(change as object) });
}

/**
 * Checks what a cluster of test servers is started with, and copies it.
 *
 * @throws NatsServerError `INVALID_OPTION`
 */
export function checkTestClusterOptions(given: unknown): TestClusterOptions {
  return check(given, CLUSTER, (name) =>
    name === "port" ? "is chosen for each member by the cluster itself" : realOnly(name),
  );
}

function realOnly(name: string): string | undefined {
  return REAL_ONLY.has(name) ? "is not for a test server: start a NatsServer" : undefined;
}

function check<Options extends TestServerOptions>(
  given: unknown,
  checks: OptionRules["checks"],
  known: (name: string) => string | undefined,
): Options {
  const options = readOptions(given, { checks, refuse, known }) as Options;
  checkAuth(options);
  const { permissions } = options;
  if (permissions !== undefined) options.permissions = checkPermissions(permissions);
  return options;
}

function checkPermissions(given: unknown): TestServerOptions["permissions"] {
  const of = { publish: record, subscribe: record };
  const read = readOptions(given, { checks: of, refuse, prefix: "permissions." });
  for (const name of ALLOWANCES) {
    if (read[name] === undefined) continue;
    const lists = { allow: subjects, deny: subjects };
    read[name] = readOptions(read[name], { checks: lists, refuse, prefix: `permissions.${name}.` });
  }
  return read;
}
