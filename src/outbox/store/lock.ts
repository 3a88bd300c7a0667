import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync } from "node:fs";
import { chmod, link, lstat, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { codedError } from "../../checks/coded-error.js";
import type { HoldfastError } from "../../index.js";
import { lastingStoreError, refusedBySystem, storeError } from "../errors.js";
import { processMark, stillRuns } from "./lock-process.js";

/** That this process has a folder to itself. */
export interface FolderLock {
  /** Lets another one have it. Never rejects; further calls do nothing. */
  release(): Promise<void>;
}

/** Who has a folder, as its claim says it. */
export interface FolderOwner {
  readonly pid: number;
  readonly host: string;
  /** When it has taken the folder, ISO 8601. */
  readonly since: string;
  /** Somebody has removed its socket, and whether it lives cannot be known without that: the claim that is to be removed when it is known to be dead. */
  readonly doubtful: string | undefined;
}

/** What a claim says. */
interface Claim {
  readonly socket: string;
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly mark: string | undefined;
}

const CLAIM = /^owner-([1-9]\d{0,14})$/;
const SOCKET = /^[0-9a-f]{16}\.sock$/;
const DRAFT = /^([0-9a-f]{16})\.claim$/;
/** `sun_path` of macOS and the BSDs is the shortest. */
const MAX_SOCKET_PATH = process.platform === "linux" ? 107 : 103;
const MAX_ROUNDS = 1_000;

/**
 * Takes a folder for this process, until `release()` or its death, whichever way it dies.
 *
 * Each contender listens on a unix socket of its own in the folder, then makes `owner-<n>` with one more than the highest there (`link()` lets one win) that names the
 * socket. The owner is who has the highest number and a socket that somebody listens to: the kernel answers that, also for a process that hangs or is stopped, and for one
 * in another container, and it forgets a dead one at once. The highest number is never removed, so that numbers only grow, and who was overtaken sees it. Who leaves empties its
 * claim first: a claim whose socket is not there is that of an owner whose socket somebody has removed, and then the system is asked for the process itself.
 *
 * @throws an error with code `OUTBOX_IN_USE` that names process and host of the owner, also when the owner is this process; `OUTBOX_FAILED` when the file system does
 * not allow it
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const place = new Place(folder);
    const door = await Door.open(place);
    try {
      const lock = await contend(folder, place, door);
      if (lock) return lock;
    } catch (error) {
      await door.close();
      throw error;
    }
    await door.close();
  }
  throw storeError("lock", folder, undefined, "it could not be taken: others take and leave it all the time");
}

/**
 * Who has the folder now; undefined: nobody. Changes nothing.
 *
 * @throws an error with code `OUTBOX_FAILED` when it cannot be found out
 */
export async function ownerOf(folder: string): Promise<FolderOwner | undefined> {
  const place = new Place(folder);
  try {
    return await ownerBy(folder, place, (await claims(folder))[0] ?? 0);
  } finally {
    place.close();
  }
}

/** Refused, because a process has the folder. */
export function inUse(folder: string, { pid, host, since, doubtful }: FolderOwner): HoldfastError {
  const who =
    pid === process.pid && host === hostname() ? `this process (${pid})` : `process ${pid} on ${host}`;
  const text =
    doubtful === undefined
      ? `is in use by ${who} since ${since}: one process at a time can have it`
      : `may be in use by ${who} since ${since}: its socket was removed from the folder, so that this cannot be known. When that process is gone, remove ${doubtful}`;
  return codedError("OUTBOX_IN_USE", `outbox ${folder} ${text}`, { operation: "lock", path: folder });
}

/** Who has the folder by this claim; undefined: nobody has any more. */
async function ownerBy(folder: string, place: Place, generation: number): Promise<FolderOwner | undefined> {
  const claimed = generation === 0 ? undefined : await readClaim(folder, generation);
  if (claimed === undefined) return undefined;
  const { pid, host, since, socket } = claimed;
  const listens = await isListening(folder, place, socket);
  if (listens !== undefined) return listens ? { pid, host, since, doubtful: undefined } : undefined;
  const runs = stillRuns(claimed);
  if (runs === false) return undefined;
  return { pid, host, since, doubtful: runs ? undefined : claimFile(folder, generation) };
}

/** The lock, or undefined when everything is to be tried again with a new socket. */
async function contend(folder: string, place: Place, door: Door): Promise<FolderLock | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const highest = (await claims(folder))[0] ?? 0;
    const owner = await ownerBy(folder, place, highest);
    if (owner) throw inUse(folder, owner);
    const mine = highest + 1;
    if (!(await claim(folder, mine, door))) continue;
    if (((await claims(folder))[0] ?? 0) > mine) {
      // Overtaken: the list was old when the claim was made.
      await rm(claimFile(folder, mine), { force: true });
      door.claim = undefined;
      continue;
    }
    // An owner that was cleaning up may have taken the socket for a dead one's, in the instant before it listened. The claim then stays, as one that was left.
    if (!(await door.isThere())) return undefined;
    await cleanUp(folder, place, mine, door.name);
    return { release: () => door.close() };
  }
  throw storeError("lock", folder, undefined, "it could not be taken: others take and leave it all the time");
}

/** Makes `owner-<n>` with all it says, or finds that somebody else was faster. */
async function claim(folder: string, generation: number, door: Door): Promise<boolean> {
  const { name: socket } = door;
  const since = new Date().toISOString();
  const said: Claim = { socket, pid: process.pid, host: hostname(), since, mark: processMark() };
  const draft = join(folder, socket.replace(/sock$/, "claim"));
  try {
    await writeFile(draft, JSON.stringify(said), { mode: 0o600 });
    await link(draft, claimFile(folder, generation));
    door.claim = claimFile(folder, generation);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENOENT: its draft was taken for a dead one's, as its socket was, before that listened.
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw lockError(
      folder,
      error,
      code === "EPERM" || code === "ENOTSUP" || code === "EMLINK" ? NO_LINKS : undefined,
    );
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

/** @param lasting what is known to be in the way */
function lockError(folder: string, error: unknown, lasting = refusedBySystem(error)): HoldfastError {
  return lasting === undefined
    ? storeError("lock", folder, error)
    : lastingStoreError("lock", folder, error, lasting);
}

const NO_LINKS =
  "the file system does not allow hard links, by which one process is kept from the outbox of another; choose a local disk";
const NO_SOCKETS =
  "the file system does not allow unix sockets, by which one process is kept from the outbox of another; choose a local disk";

/**
 * Removes what dead contenders have left. Only the owner does this: a contender can only make its claim good when the owner is dead, and then nobody cleans up. The claim
 * before its own stays, so that a list that is read meanwhile always has one that is newer than an overtaken one.
 */
async function cleanUp(folder: string, place: Place, generation: number, own: string): Promise<void> {
  for (const old of await claims(folder)) {
    if (old < generation - 1) await rm(claimFile(folder, old), { force: true }).catch(() => {});
  }
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const socket = DRAFT.test(name) ? name.replace(/claim$/, "sock") : name;
    if (!SOCKET.test(socket) || socket === own) continue;
    const listens = await isListening(folder, place, socket).catch(() => true);
    if (listens !== true) await rm(join(folder, name), { force: true }).catch(() => {});
  }
}

/** Generations that were claimed, the highest first. */
async function claims(folder: string): Promise<number[]> {
  try {
    const names = await readdir(folder);
    return names
      .map((name) => Number(CLAIM.exec(name)?.[1] ?? 0))
      .filter((generation) => generation > 0)
      .sort((one, other) => other - one);
  } catch (error) {
    throw lockError(folder, error, refusedBySystem(error, "read"));
  }
}

/** Undefined when it is empty, as one that was left, or unreadable: what a machine that went down has left. A living owner's is whole before it has its name. */
async function readClaim(folder: string, generation: number): Promise<Claim | undefined> {
  let text: string;
  try {
    text = await readFile(claimFile(folder, generation), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw lockError(folder, error, refusedBySystem(error, "read"));
  }
  try {
    const { socket, pid, host, since, mark } = JSON.parse(text) as Partial<Claim>;
    if (typeof socket !== "string" || !SOCKET.test(socket)) return undefined;
    return {
      socket,
      pid: Number(pid),
      host: shown(host),
      since: shown(since),
      mark: typeof mark === "string" ? mark : undefined,
    };
  } catch {
    return undefined;
  }
}

/** Whether somebody listens to a socket: the kernel knows, without the listener doing anything. Undefined: it is not there, and who has made it may still live. */
async function isListening(folder: string, place: Place, name: string): Promise<boolean | undefined> {
  for (let tries = 1; ; tries++) {
    const code = await call(place.address(name));
    if (code === "ECONNREFUSED") return false;
    // A pipe cannot be removed by anybody: it ends with its process.
    if (code === "ENOENT") return process.platform === "win32" ? false : undefined;
    // EAGAIN: nobody takes the callers from its queue, so it is there, and hangs.
    if (code === undefined || code === "EAGAIN") return true;
    // It has ended while it was called: the next answer is a clear one.
    if (code === "ECONNRESET" && tries < MAX_ROUNDS) continue;
    throw storeError("lock", folder, undefined, `whether ${name} is in use could not be found out (${code})`);
  }
}

/** Connects, and hangs up; the code of the error, if there is one. */
function call(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("connect", () => {
      resolve(undefined);
      socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** How sockets in the folder are reached; on Linux also where the folder's path is longer than an address can be. */
class Place {
  readonly folder: string;
  #descriptor: number | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  address(name: string): string {
    if (process.platform === "win32") return `\\\\.\\pipe\\holdfast-outbox-${name}`;
    const path = join(this.folder, name);
    if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
    if (process.platform !== "linux")
      throw lastingStoreError(
        "lock",
        this.folder,
        undefined,
        `the path is too long for a socket in it: at most ${MAX_SOCKET_PATH - 22} bytes`,
      );
    this.#descriptor ??= openSync(this.folder, constants.O_RDONLY | constants.O_DIRECTORY);
    return `/proc/self/fd/${this.#descriptor}/${name}`;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** The socket of one contender: as long as it listens, it lives. */
class Door {
  readonly name: string;
  /** Made with this socket, and emptied before that is given up. */
  claim: string | undefined;
  readonly #server: Server;
  readonly #place: Place;
  #closing: Promise<void> | undefined;

  private constructor(server: Server, name: string, place: Place) {
    this.#server = server;
    this.name = name;
    this.#place = place;
  }

  static async open(place: Place): Promise<Door> {
    const name = `${randomBytes(8).toString("hex")}.sock`;
    const server = createServer((socket) => socket.on("error", () => {}).destroy());
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        // Without `exclusive`, a worker of node:cluster would have its primary listen.
        server.listen({ path: place.address(name), exclusive: true }, resolve);
      });
    } catch (error) {
      place.close();
      const { code } = error as NodeJS.ErrnoException;
      const refused = code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP" || code === "EINVAL";
      throw lockError(place.folder, error, refused ? NO_SOCKETS : undefined);
    }
    server.unref();
    server.on("error", () => {});
    const door = new Door(server, name, place);
    if (process.platform !== "win32") await chmod(join(place.folder, name), 0o600).catch(() => {});
    return door;
  }

  /** Whether its name is still in the folder; elsewhere than on Windows, where pipes are in no folder, it could have been removed. */
  async isThere(): Promise<boolean> {
    if (process.platform === "win32") return true;
    return await lstat(join(this.#place.folder, this.name)).then(
      () => true,
      () => false,
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Not written anew: a full disk allows this, too.
    if (this.claim !== undefined) await truncate(this.claim).catch(() => {});
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#place.close();
  }
}

function claimFile(folder: string, generation: number): string {
  return join(folder, `owner-${generation}`);
}

/** Words of a file that anybody may have written, for an error that goes to a terminal. */
function shown(text: unknown): string {
  return typeof text === "string" ? text.replace(/[^\x20-\x7e]/g, "?").slice(0, 100) : "?";
}
