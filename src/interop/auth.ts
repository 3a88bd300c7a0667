import type { Auth } from "@nats-io/nats-core";
import { CodedError } from "../errors.js";
import { nkeys } from "./nats-core.js";

/**
 * Finds credentials, given the server's nonce (a challenge to be signed with an nkey; undefined when the server wants none). Called
 * at every attempt. Those of `@nats-io/nats-core` are such; one may also return a promise.
 */
export type AnyAuthenticator = (nonce?: string) => Auth | Promise<Auth>;

/** An authenticator, and what errors call it. */
export interface NamedAuthenticator {
  /** The option that it comes from: `authenticator`, or `authenticator[1]` of several. */
  readonly option: string;
  readonly ask: AnyAuthenticator;
}

/** The credentials' part of CONNECT. */
export interface ConnectCredentials {
  user?: string;
  pass?: string;
  auth_token?: string;
  jwt?: string;
  nkey?: string;
  sig?: string;
}

const FIELDS = ["user", "pass", "auth_token", "jwt", "nkey", "sig"] as const;

/**
 * Asks all authenticators in turn and joins what they say; later ones win. Only the known fields are
 * taken over.
 *
 * @throws CodedError `AUTHENTICATOR_FAILED`: names all that have failed. Its text contains nothing that may be a secret: neither
 *   what an authenticator returned, nor what it said when it threw, unless that is an error of ours or of the file system's
 */
export async function askAuthenticators(
  authenticators: readonly NamedAuthenticator[],
  nonce: string | undefined,
): Promise<ConnectCredentials> {
  const credentials: ConnectCredentials = {};
  const failures: Failure[] = [];
  for (const { option, ask } of authenticators) {
    try {
      take(credentials, await ask(nonce));
    } catch (cause) {
      failures.push({ option, cause });
    }
  }
  if (failures.length > 0) throw failed(failures);
  return credentials;
}

function take(credentials: ConnectCredentials, auth: Auth): void {
  if (typeof auth !== "object" || auth === null) return;
  const found = auth as unknown as Record<string, unknown>;
  for (const field of FIELDS) if (typeof found[field] === "string") credentials[field] = found[field];
}

interface Failure {
  readonly option: string;
  readonly cause: unknown;
}

function failed(failures: readonly Failure[]): CodedError {
  const text = failures
    .map(({ option, cause }) => `option "${option}" has failed: ${reason(cause)}`)
    .join("; ");
  const [{ option, cause }] = failures;
  const all = () =>
    new AggregateError(
      failures.map((failure) => underneath(failure.cause)),
      text,
    );
  return new CodedError("AUTHENTICATOR_FAILED", text, {
    option,
    cause: failures.length === 1 ? underneath(cause) : all(),
  });
}

/** What an error of ours says is in the text; beside it goes what it was made of. */
function underneath(cause: unknown): unknown {
  return cause instanceof CodedError ? cause.detail.cause : cause;
}

/** What nats-core's own authenticators say: texts that are always the same, and have nothing of what they were given. */
const NO_CREDENTIALS = "unable to parse credentials";
const OF_NKEYS: ReadonlySet<string> = new Set(Object.values(nkeys.NKeysErrorCode));

/** A secret in the place of a path: a seed, a JWT, or the text of a file. */
const NO_PATH = /[\r\n]|-----|\bS[A-Z][A-Z2-7]{20,}|eyJ/;

/** What may be said of why it failed. */
function reason(cause: unknown): string {
  if (cause instanceof CodedError) return cause.message;
  const known = ofNatsCore(cause);
  if (known !== undefined) return known;
  const { code, path } = fileError(cause);
  if (code === undefined || path === undefined) return "see the cause";
  return NO_PATH.test(path) ? `a file cannot be read (${code})` : `${path} cannot be read (${code})`;
}

function ofNatsCore(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { message } = cause;
  if (message === NO_CREDENTIALS) return "its credentials are no JWT with a seed, as nsc writes them";
  return OF_NKEYS.has(message) ? `its nkey is no seed that can be used (${message})` : undefined;
}

/** The code and the path of an error of the file system. */
function fileError(cause: unknown): { code?: string; path?: string } {
  if (!(cause instanceof Error)) return {};
  const { code, path } = cause as NodeJS.ErrnoException;
  return typeof code === "string" && typeof path === "string" ? { code, path } : {};
}
