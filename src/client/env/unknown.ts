import { distance } from "fastest-levenshtein";
import { type Environment, fileNamesOf, namesOf } from "./environment.js";
import { VARIABLES } from "./variables.js";

const PREFIX = "NATS_";

/** A variable that nobody reads, and the one that was probably meant. */
export interface Misspelling {
  readonly name: string;
  readonly meant: string;
}

const KNOWN: readonly string[] = VARIABLES.flatMap((each) => [...namesOf(each), ...fileNamesOf(each)]);

/** What others call it. */
const MEANT: Readonly<Record<string, string>> = {
  NATS_SERVER: "NATS_SERVERS",
  NATS_SERVER_URL: "NATS_SERVERS",
  NATS_URLS: "NATS_SERVERS",
  NATS_URI: "NATS_SERVERS",
  NATS_HOST: "NATS_SERVERS",
  NATS_HOSTS: "NATS_SERVERS",
  NATS_CLIENT_NAME: "NATS_NAME",
  NATS_USERNAME: "NATS_USER",
  NATS_AUTH_TOKEN: "NATS_TOKEN",
  NATS_CREDENTIALS: "NATS_CREDS",
  NATS_NKEY_SEED: "NATS_NKEY",
  NATS_TLS_CA: "NATS_CA",
  NATS_TLS_CERT: "NATS_CERT",
  NATS_TLS_KEY: "NATS_KEY",
  NATS_RECONNECT_WAIT: "NATS_RECONNECT_TIME_WAIT",
  NATS_MAX_RECONNECTS: "NATS_MAX_RECONNECT_ATTEMPTS",
};

/** What Kubernetes and Docker say of a service called nats or nats-something. */
const SERVICE_LINK = /(?:_SERVICE_HOST|_SERVICE_PORT|_PORT)(?:_|$)/;

/**
 * Variables that look like ours and are not. Others may have variables of their own that begin with NATS_ (the command `nats`,
 * service links of Kubernetes, the application): what is not near to one of ours is theirs.
 */
export function misspellings(environment: Environment): Misspelling[] {
  return environment
    .names()
    .filter((name) => name.startsWith(PREFIX) && !KNOWN.includes(name) && !SERVICE_LINK.test(name))
    .filter((name) => !(name === "NATS_SERVER" && isPath(environment.get(name))))
    .flatMap((name) => {
      const meant = Object.hasOwn(MEANT, name) ? MEANT[name] : nearest(name);
      return meant === undefined ? [] : [{ name, meant }];
    });
}

/** `holdfast/testing` finds the program nats-server by `NATS_SERVER`. */
function isPath(value: string | undefined): boolean {
  return value !== undefined && /[/\\]/.test(value) && !value.includes("://");
}

/** The common beginning says nothing: a third of what follows may be wrong, three letters at most. */
function nearest(name: string): string | undefined {
  const own = name.slice(PREFIX.length);
  if (own.length > 64) return undefined;
  let best: string | undefined;
  let least = Math.min(3, Math.floor(own.length / 3)) + 1;
  for (const known of KNOWN) {
    const apart = distance(own, known.slice(PREFIX.length));
    if (apart < least) [best, least] = [known, apart];
  }
  return best;
}

const told = new Set<string>();

/** Warns, once for each, of variables that look like ours and are not; never of what they say. */
export function warnOfMisspellings(environment: Environment): void {
  for (const { name, meant } of misspellings(environment)) {
    if (told.has(name)) continue;
    told.add(name);
    process.emitWarning(`environment variable ${name} is not read; is ${meant} meant?`, {
      type: "HoldfastWarning",
      code: "HOLDFAST_ENV_UNKNOWN",
    });
  }
}
