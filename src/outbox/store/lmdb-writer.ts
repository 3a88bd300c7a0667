import { getSystemErrorMap } from "node:util";
import type { RootDatabase } from "lmdb";
import { missingPackage } from "../../checks/missing-package.js";
import { BODIES, HEADS, keyOf } from "./keys.js";
import { prepareFiles } from "./lmdb-opening.js";
import type { StoreChanges } from "./store.js";

/** The package `lmdb`. */
export type Lmdb = typeof import("lmdb");

/**
 * Loads the package `lmdb`.
 *
 * @throws an error with code `PACKAGE_MISSING`
 */
export async function loadLmdb(load: () => Promise<Lmdb> = () => import("lmdb")): Promise<Lmdb> {
  try {
    return await load();
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND"
        ? "an outbox on disk needs the package lmdb: npm install lmdb"
        : "an outbox on disk needs the package lmdb, which could not be loaded; its binary may be missing for this platform: npm install lmdb";
    throw missingPackage(why, cause);
  }
}

type Database = RootDatabase<Uint8Array, Buffer>;

/** Writes records by LMDB; reading goes by other ways. */
export class LmdbWriter {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** Opens a file that is known to be sound, in a folder. Throws what LMDB throws, and what {@link prepareFiles} does. */
  static async open({ open }: Lmdb, folder: string): Promise<LmdbWriter> {
    const options = {
      path: folder,
      noSubdir: false,
      // A commit is on disk when it is told: with overlapping ones it would be told before.
      overlappingSync: false,
      encoding: "binary" as const,
      keyEncoding: "binary" as const,
      cache: false,
      eventTurnBatching: false,
      commitDelay: 0,
      permissionsMode: 0o600,
    };
    await prepareFiles(folder);
    try {
      const database = open(options) as Database;
      quieten(database);
      return new LmdbWriter(database);
    } catch (error) {
      throw named(error);
    }
  }

  /** All of it in one transaction, on disk when it resolves. */
  async commit({ put, remove }: StoreChanges): Promise<void> {
    const database = this.#database;
    try {
      // Only what is written within batch() is one transaction; each put by itself may be the last of one.
      await database.batch(() => {
        for (const { id, head, body } of put) {
          database.put(keyOf(HEADS, id), head);
          if (body) database.put(keyOf(BODIES, id), body);
        }
        for (const id of remove) {
          database.remove(keyOf(HEADS, id));
          database.remove(keyOf(BODIES, id));
        }
      });
    } catch (error) {
      throw await commitError(error);
    }
  }

  /** Never rejects. */
  async close(): Promise<void> {
    await this.#database.close().catch(() => {});
  }
}

/** The end of a write, as LMDB's own code has it: `status` is 0 to 2, or the number of an error. */
type WriteEnded = (status: number) => unknown;

interface Environment {
  startWriting?(start: unknown, ended: WriteEnded): unknown;
}

/**
 * LMDB prints a failed write with its stack by `console.error`, beside rejecting with it; there is no option for that. What it prints within that one synchronous call, and
 * nothing else, is left out: whoever has the rejection tells it.
 */
function quieten(database: Database): void {
  const { env } = database as unknown as { env?: Environment };
  const startWriting = env?.startWriting;
  if (env === undefined || typeof startWriting !== "function") return;
  const value = (start: unknown, ended: WriteEnded) =>
    startWriting.call(env, start, (status) =>
      status >= 0 && status <= 2 ? ended(status) : withoutPrint(status, () => ended(status)),
    );
  // What it hides cannot be assigned to.
  Object.defineProperty(env, "startWriting", { value, configurable: true });
}

function withoutPrint(status: number, call: () => unknown): unknown {
  const { error: print } = console;
  const quiet = (...args: unknown[]): void => {
    const [error] = args;
    const isIt = args.length === 1 && error instanceof Error && (error as { code?: unknown }).code === status;
    if (!isIt) print.apply(console, args);
  };
  console.error = quiet;
  try {
    return call();
  } finally {
    if (console.error === quiet) console.error = print;
  }
}

/** What went wrong comes by a promise of its own, which would be an unhandled rejection if nobody took it. */
async function commitError(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (commitError === undefined) return error;
  const cause = await commitError.then(
    () => error,
    (reason: unknown) => reason,
  );
  return named(cause);
}

/** The number of a failed system call, as LMDB gives it, with its name. */
function named(cause: unknown): unknown {
  const { code, message } = cause as { code?: unknown; message?: string };
  if (typeof code !== "number" || code <= 0) return cause;
  const name = getSystemErrorMap().get(-code)?.[0];
  return name === undefined
    ? cause
    : Object.assign(new Error(`${name}: ${message}`, { cause }), { code: name });
}
