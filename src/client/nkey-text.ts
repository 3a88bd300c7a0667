import { CodedError } from "../errors.js";
import { type Authenticator, nkeyAuthenticator, nkeys } from "../interop/nats-core.js";
import { isSurelyPath } from "./path-text.js";
import { readSmallFile } from "./small-file.js";

/** Seeds of users begin so; paths hardly do. */
const SEED = /^SU[A-Z2-7]{56}$/;

/**
 * Authenticates with an NKey whose seed is given, or stands in a file, which is read anew at every attempt.
 *
 * @throws CodedError `AUTHENTICATOR_FAILED` with the name of the file, never with the seed
 */
export function nkeyFromText(seedOrFile: string): Authenticator {
  const text = seedOrFile.trim();
  if (SEED.test(text)) return nkeyAuthenticator(checked(text, "the seed"));
  readSeed(seedOrFile);
  return (nonce) => nkeyAuthenticator(readSeed(seedOrFile))(nonce);
}

function readSeed(file: string): Uint8Array {
  let text: string;
  try {
    text = readSmallFile(file).toString();
  } catch (cause) {
    // What cannot be opened may be a seed with a mistake in it, or in quotes: it is not shown.
    const isPath = isSurelyPath(file) && !/S[A-Z2-7]{20,}/i.test(file);
    const shown = isPath ? `file ${file}` : "the file";
    const { code } = cause as NodeJS.ErrnoException;
    throw new CodedError(
      "AUTHENTICATOR_FAILED",
      `it is no seed of a user, and ${shown} cannot be read (${code})`,
    );
  }
  const seed = text
    .split("\n")
    .map((line) => line.trim())
    .find((line) => SEED.test(line));
  if (seed === undefined)
    throw new CodedError("AUTHENTICATOR_FAILED", `there is no seed of a user in file ${file}`);
  return checked(seed, `the seed in file ${file}`);
}

function checked(seed: string, what: string): Uint8Array {
  const bytes = Buffer.from(seed);
  try {
    nkeys.fromSeed(bytes);
    return bytes;
  } catch (cause) {
    throw new CodedError("AUTHENTICATOR_FAILED", `${what} is none`, { cause });
  }
}
