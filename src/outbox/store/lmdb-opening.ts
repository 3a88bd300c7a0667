import { closeSync, constants, openSync } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** LMDB's table of readers, for its 126. */
const LOCK_BYTES = 8272;
/** More than an empty file of LMDB has. */
const FIRST_BYTES = 32_768;
/** What LMDB opens, and some to spare. */
const DESCRIPTORS = 8;
/** A file of this folder itself: what is written through a link would be somebody else's. Of a pipe, nobody waits for its other end. */
const ITSELF = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Sees to it that LMDB gets what it opens in a folder. Where one of its files cannot be opened, or the disk has no room for a new one, the process ends (SIGSEGV, SIGBUS) in
 * place of an error. The folder must be this process's alone, and not be open in LMDB.
 *
 * @throws the file system's error, or an error that says what one of the files is
 */
export async function prepareFiles(folder: string): Promise<void> {
  await lookAtData(folder);
  await makeLockTable(folder);
  reserveDescriptors();
}

async function lookAtData(folder: string): Promise<void> {
  try {
    await (await openItself(folder, "data.mdb", constants.O_RDWR)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await findRoom(folder);
  }
}

/** LMDB makes the file, then: what it writes first has to find room as well. */
async function findRoom(folder: string): Promise<void> {
  const room = join(folder, "room");
  try {
    await writeFile(room, Buffer.alloc(FIRST_BYTES), { flag: "wx", mode: 0o600 });
  } finally {
    await rm(room, { force: true });
  }
}

/** Every byte of a new one is written, so that the disk has room for it. One that LMDB has used has the part that a writer needs, and a disk that is full is no reason not to open it. */
async function makeLockTable(folder: string): Promise<void> {
  const file = await openItself(folder, "lock.mdb", constants.O_RDWR | constants.O_CREAT);
  try {
    const { size, blocks } = await file.stat();
    if (size >= LOCK_BYTES && blocks > 0) return;
    const bytes = Buffer.alloc(LOCK_BYTES);
    let at = 0;
    while (at < bytes.length) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
  } finally {
    await file.close();
  }
}

async function openItself(folder: string, name: string, flags: number) {
  const file = await open(join(folder, name), flags | ITSELF, 0o600).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "EMLINK") throw noFile(name, "is a symbolic link", error);
    if (code === "EISDIR") throw noFile(name, "is a folder", error);
    if (code === "ENXIO") throw noFile(name, "is no file", error);
    throw error;
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw noFile(name, "is no file", undefined);
}

function noFile(name: string, what: string, cause: unknown): Error {
  return new Error(`${name} ${what}, where LMDB has a file of its own: remove it`, { cause });
}

/** @throws the file system's error (EMFILE, ENFILE) where LMDB would run out of descriptors in the middle of opening */
function reserveDescriptors(): void {
  const taken: number[] = [];
  try {
    while (taken.length < DESCRIPTORS)
      taken.push(openSync(process.platform === "win32" ? "NUL" : "/dev/null", "r"));
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}
