import { chmod, lstat, mkdir, open, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { invalidOption } from "../../checks/invalid.js";
import { lastingStoreError, refusedBySystem, type StoreOperation, storeError } from "../errors.js";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * The absolute path of an outbox. Nothing is expanded: `~` and variables are the shell's.
 *
 * @throws an error with code `INVALID_OPTION` that names `path`
 */
export function outboxPath(path: unknown): string {
  if (typeof path !== "string") throw invalidOption("path", "must be a string: the folder of the outbox");
  if (path === "") throw invalidOption("path", "must not be empty: it is the folder of the outbox");
  if (path.includes("\0")) throw invalidOption("path", "must not contain NUL");
  return resolve(path);
}

/**
 * Makes the folder of an outbox, with what is missing above it, for its owner alone (0700, whatever the umask). A folder that is there keeps its mode: it may be
 * somebody else's, and the files in it are for the owner alone anyway.
 *
 * @returns its real path, without symbolic links
 */
export async function makeFolder(path: string): Promise<string> {
  try {
    await makeMissing(path);
    return await realpath(path);
  } catch (error) {
    throw await folderError("open", path, error);
  }
}

/** Not `mkdir` with `recursive`: that never ends where nothing can be made, such as in /proc, and the umask could keep it from its own folders. */
async function makeMissing(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path || (await isFolder(dirname(path)))) throw error;
    await makeMissing(dirname(path));
    return await makeMissing(path);
  }
  if (process.platform !== "win32") await chmod(path, FOLDER_MODE);
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The real path of a folder that must be there; nothing is made. */
export async function existingFolder(path: string, operation: StoreOperation): Promise<string> {
  try {
    const real = await realpath(path);
    if (!(await stat(real)).isDirectory()) throw notAFolder(path);
    return real;
  } catch (error) {
    throw await folderError(operation, path, error, "read");
  }
}

/** What lies in it is for its owner alone, also what an earlier version, or a copy of the folder, has made readable. */
export async function tightenFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = join(folder, name);
    const mode = await lstat(file).then(
      (found) => (found.isSymbolicLink() ? FILE_MODE : found.mode & 0o777),
      () => FILE_MODE,
    );
    // Who may not change the mode (not the owner) may still use the outbox.
    if (mode !== FILE_MODE && process.platform !== "win32") await chmod(file, FILE_MODE).catch(() => {});
  }
}

/** What was renamed or made in a folder is there after a power cut, too. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function folderError(
  operation: StoreOperation,
  path: string,
  error: unknown,
  what = "write",
): Promise<unknown> {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EEXIST" || code === "ENOTDIR") {
    const isFile = await stat(path).then(
      (found) => !found.isDirectory(),
      () => false,
    );
    const why = isFile
      ? "it is a file; the path of an outbox is a folder"
      : "something above it is a file; the path of an outbox is a folder";
    return lastingStoreError(operation, path, error, why);
  }
  if (code === "ENOENT") return lastingStoreError(operation, path, error, "there is no such folder");
  const refused = refusedBySystem(error, what);
  return refused === undefined
    ? storeError(operation, path, error)
    : lastingStoreError(operation, path, error, refused);
}

function notAFolder(path: string): Error {
  return Object.assign(new Error(`${path} is no folder`), { code: "ENOTDIR" });
}
