import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Bytes: a context, a key, a list has less. */
const MOST = 1024 * 1024;

/**
 * Reads a file that is small.
 *
 * @throws an error of the file system, or one that says that it is no file (a pipe would be waited for), or too large
 */
export function readSmall(path: string): string {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error("it is no file");
    if (stat.size > MOST) throw new Error("it is larger than 1 MiB");
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}
