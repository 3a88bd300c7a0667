import { readFile } from "node:fs/promises";
import { credsAuthenticator } from "../index.js";
import { WrongUse } from "./outbox/ended.js";
import { isContents } from "./safe.js";

/**
 * The authenticator of a file with a JWT and its seed.
 *
 * @throws WrongUse (rejects) that names `--creds` and the file
 */
export async function readCreds(file: string): Promise<ReturnType<typeof credsAuthenticator>> {
  if (isContents(file)) {
    throw new WrongUse(
      "--creds wants the path of a file, and this looks like what is in one: it was seen by every user of this host",
    );
  }
  const authenticator = credsAuthenticator(await contentsOf(file));
  try {
    // What is in it is looked at only when a server asks.
    authenticator();
  } catch (cause) {
    throw new WrongUse(`--creds ${file}: it has no JWT with a seed`, { cause });
  }
  return authenticator;
}

async function contentsOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : "it cannot be read";
    throw new WrongUse(`--creds ${file}: ${why} (${code})`, { cause });
  }
}
