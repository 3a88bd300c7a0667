import { CodedError } from "../../errors.js";
import type { AnyAuthenticator } from "../../interop/auth.js";
import { checkCredsFile, credsFileAuthenticator } from "../creds-file.js";
import { nkeyFromText } from "../nkey-text.js";
import type { ConnectionOptions } from "../options.js";
import {
  type Environment,
  fileNamesOf,
  named,
  namesOf,
  refuse,
  type Source,
  sourceOf,
} from "./environment.js";
import { secretFile } from "./secret-file.js";
import { variable } from "./variables.js";

/** Options that say who we are. */
export type Identity = Pick<ConnectionOptions, "token" | "user" | "pass" | "authenticator">;

const PASS = variable("NATS_PASS");
/** Each excludes the others. */
const IDENTITIES = (["NATS_TOKEN", "NATS_USER", "NATS_CREDS", "NATS_NKEY"] as const).map(variable);

/**
 * Who we are, as the environment says; undefined when it says nothing. Files are read now, to find mistakes, and anew at every attempt.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the variable, and no secret
 */
export function identityFrom(environment: Environment): Identity | undefined {
  const set = IDENTITIES.flatMap((each) => [...namesOf(each), ...fileNamesOf(each)]).filter(
    (name) => environment.get(name) !== undefined,
  );
  const [first, second] = set;
  if (second !== undefined) throw refuse(first, `and ${second} exclude each other`);
  const pass = sourceOf(PASS, environment);
  const given = IDENTITIES.find((each) => sourceOf(each, environment) !== undefined);
  if (pass !== undefined && given?.name !== "NATS_USER") throw refuse(pass.name, "needs NATS_USER");
  if (given === undefined) return undefined;
  const source = sourceOf(given, environment)!;
  switch (given.name) {
    case "NATS_TOKEN":
      return tokenFrom(source);
    case "NATS_USER":
      return userFrom(source, pass);
    case "NATS_CREDS":
      return { authenticator: fromCreds(source) };
    default:
      return { authenticator: fromNkey(source) };
  }
}

function tokenFrom(source: Source): Identity {
  if (!source.inFile) return { token: source.value };
  const token = fromFile(source);
  return { authenticator: () => ({ auth_token: token() }) };
}

function userFrom(source: Source, pass: Source | undefined): Identity {
  if (!source.inFile && pass?.inFile !== true) {
    return { user: source.value, ...(pass === undefined ? {} : { pass: pass.value }) };
  }
  const user = saying(source);
  const password = pass === undefined ? undefined : saying(pass);
  return { authenticator: () => ({ user: user(), pass: password?.() }) as ReturnType<AnyAuthenticator> };
}

function fromCreds({ name, value }: Source): AnyAuthenticator {
  const authenticator = named(name, () => credsFileAuthenticator(value));
  named(name, () => checkCredsFile(authenticator));
  return authenticator;
}

function fromNkey({ name, value, inFile }: Source): AnyAuthenticator {
  // Of a name that says file, a seed is a mistake, and a secret in the wrong place.
  if (inFile) named(name, () => secretFile(value).read());
  return named(name, () => nkeyFromText(value));
}

/** What a variable says, or the file that it names, whenever it is asked. */
function saying(source: Source): () => string {
  return source.inFile ? fromFile(source) : () => source.value;
}

/**
 * What stands in the file that the variable names.
 *
 * @throws CodedError `INVALID_OPTION` when that is of no use now; what it returns throws `AUTHENTICATOR_FAILED` when it is so later
 */
function fromFile({ name, value }: Source): () => string {
  const file = named(name, () => secretFile(value));
  named(name, () => file.read());
  return () => {
    try {
      return file.read();
    } catch (error) {
      const { code, message, detail } = error as CodedError;
      throw new CodedError(code, `environment variable ${name}: ${message}`, detail);
    }
  };
}
