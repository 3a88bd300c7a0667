import { CodedError } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { type Authenticator, jwtAuthenticator, nkeys } from "../interop/nats-core.js";
import { isContents } from "./path-text.js";
import { readSmallFile } from "./small-file.js";

/** What a creds file holds. */
interface Creds {
  readonly jwt: string;
  readonly seed: Uint8Array;
}

/** How to check, before anything is dialled, the files of those authenticators that have one. */
const checks = new WeakMap<object, () => void>();

/**
 * Credentials from a creds file, as `nsc` writes it: a user's JWT and seed. The file is read anew at every attempt, so that it can be
 * replaced while the connection stands; `connect()` rejects when it cannot be read or is no creds file. Later such a file fails the
 * attempt, which is told and tried again.
 *
 * ```ts
 * const nc = await connect({ authenticator: credsFileAuthenticator("/etc/orders/user.creds") });
 * ```
 *
 * @param file its path
 * @throws InvalidArgumentError `INVALID_ARGUMENT` when `file` is no path
 */
export function credsFileAuthenticator(file: string): Authenticator {
  if (typeof file !== "string" || file === "") {
    throw publicError(new CodedError("INVALID_ARGUMENT", "a creds file must be given by its path"));
  }
  if (isContents(file)) {
    const text = "a creds file must be given by its path, and this is what stands in one";
    throw publicError(new CodedError("INVALID_ARGUMENT", text));
  }
  const authenticator: Authenticator = (nonce) => {
    const { jwt, seed } = readCreds(file);
    return jwtAuthenticator(jwt, seed)(nonce);
  };
  checks.set(authenticator, () => readCreds(file));
  return authenticator;
}

/** Reads the file of a {@link credsFileAuthenticator}; does nothing for another authenticator. @throws CodedError */
export function checkCredsFile(authenticator: object): void {
  checks.get(authenticator)?.();
}

/** @throws CodedError `AUTHENTICATOR_FAILED`; its text names the file and shows nothing of what is in it */
function readCreds(file: string): Creds {
  let text: string;
  try {
    text = readSmallFile(file).toString();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "EFBIG" ? "is larger than 1 MiB, and no creds file" : `cannot be read (${code})`;
    throw failed(`creds file ${file} ${why}`, cause);
  }
  const [jwt, seed] = sections(text);
  if (jwt === undefined || seed === undefined) {
    throw failed(
      `${file} is no creds file: it must have a user's JWT and a seed, each between lines of dashes`,
    );
  }
  const creds = { jwt, seed: Buffer.from(seed) };
  checkPair(file, creds);
  return creds;
}

/** What stands between lines of dashes: first the JWT, then the seed. */
function sections(text: string): string[] {
  const found: string[] = [];
  let inside = false;
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (/^-{3,}.*-{3,}$/.test(line)) inside = line.includes("BEGIN");
    else if (inside && line !== "") found.push(line);
  }
  return found;
}

function checkPair(file: string, { jwt, seed }: Creds): void {
  let key: string;
  try {
    key = nkeys.fromSeed(seed).getPublicKey();
  } catch (cause) {
    throw failed(`the seed in creds file ${file} is none`, cause);
  }
  if (subjectOf(jwt) !== key) throw failed(`JWT and seed in creds file ${file} do not belong together`);
}

/** Whom a JWT is for; undefined when it is none. */
function subjectOf(jwt: string): unknown {
  try {
    return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()).sub;
  } catch {
    return undefined;
  }
}

function failed(text: string, cause?: unknown): CodedError {
  return new CodedError("AUTHENTICATOR_FAILED", text, { cause });
}
