import { access, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readOptions } from "../../checks/read-options.js";
import { describeCause } from "../../errors.js";
import { lastingStoreError, refusedBySystem, type StoreOperation, storeError } from "../errors.js";
import { existingFolder, makeFolder, outboxPath, tightenFiles } from "./folder.js";
import { type Contents, checkFile } from "./lmdb-check.js";
import { DATA, makeDatabase, UNFINISHED } from "./lmdb-database.js";
import { DamagedFile, LmdbFile } from "./lmdb-file.js";
import { type Lmdb, LmdbWriter, loadLmdb } from "./lmdb-writer.js";
import { type FolderLock, lockFolder } from "./lock.js";
import { RecordReader } from "./record-reader.js";
import type { OutboxStore, StoreChanges, StoredRecord } from "./store.js";

export interface LmdbStoreOptions {
  /**
   * Look only: nothing is made, changed or locked, another process may be writing meanwhile, and the package `lmdb` is not needed; `commit()` rejects. What is read of an
   * outbox that is written meanwhile is of several instants, each record whole. Default: false.
   */
  readOnly?: boolean;
}

/** Without messages, a larger file than this is made anew, bytes: LMDB reuses pages, but gives none back. */
const WORTH_SHRINKING = 16 * 1024 * 1024;
/** Records without a body that are taken along into a new file; more than an outbox without messages has. */
const FEW = 16;

/** Bytes: small records fill page after page. */
const READ_AHEAD = 65_536;

const CHECKS = {
  readOnly: (value: unknown) => (typeof value === "boolean" ? undefined : "must be true or false"),
};

/**
 * The store of an outbox in a folder, by LMDB (package `lmdb`). The folder is made when it is missing (0700; files in it have 0600), and is this process's alone until
 * `close()`, or its death. It must be on a disk of this machine, or on one that no other machine uses at the same time.
 *
 * All that LMDB would follow blindly in the file is checked before LMDB sees it, and reading goes by plain reads, so that a damaged file is an error and not the end of the
 * process. A commit has reached the disk (`fdatasync`) when it resolves. Free space is used again; when no message is left at opening or closing, a file of over 16 MiB is
 * made anew. The bytes that are given to `commit()` must stay as they are until it has settled.
 *
 * @param path the folder; relative to the working directory; `~` is not expanded
 * @throws an error with code `INVALID_OPTION` (`path`, or an option), `PACKAGE_MISSING`, `OUTBOX_IN_USE`, or `OUTBOX_FAILED` (operation `open` or `lock`)
 */
export async function openLmdbStore(path: string, options: LmdbStoreOptions = {}): Promise<OutboxStore> {
  const { readOnly = false } = readOptions<LmdbStoreOptions>(options, CHECKS);
  const absolute = outboxPath(path);
  return readOnly ? await openReadOnly(absolute) : await openForWriting(absolute);
}

async function openReadOnly(path: string): Promise<OutboxStore> {
  const folder = await existingFolder(path, "open");
  return new ReadOnlyStore(path, reader(path, join(folder, DATA)));
}

async function openForWriting(path: string): Promise<OutboxStore> {
  const lmdb = await loadLmdb();
  const folder = await makeFolder(path);
  const lock = await lockFolder(folder);
  try {
    await removeUnfinished(folder);
    const contents = await contentsOf(path, folder);
    if (contents === undefined || isWorthShrinking(contents)) await remake(path, folder, lmdb, contents);
    const writer = await LmdbWriter.open(lmdb, folder);
    await tightenFiles(folder, await readdir(folder));
    return new LmdbStore(path, folder, lmdb, lock, writer, reader(path, join(folder, DATA)));
  } catch (error) {
    await lock.release();
    throw wrapped("open", path, error);
  }
}

/** Records of a file that nobody changes but others. */
class ReadOnlyStore implements OutboxStore {
  readonly path: string;
  readonly #reader: RecordReader;

  constructor(path: string, reader: RecordReader) {
    this.path = path;
    this.#reader = reader;
  }

  *records(): IterableIterator<StoredRecord> {
    try {
      yield* this.#reader.records();
    } catch (error) {
      throw wrapped("read", this.path, error, "read");
    }
  }

  async body(id: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#reader.body(id);
    } catch (error) {
      throw wrapped("read", this.path, error, "read");
    }
  }

  async commit(_changes: StoreChanges): Promise<void> {
    throw lastingStoreError("commit", this.path, undefined, "it was opened to be read only");
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }
}

class LmdbStore extends ReadOnlyStore {
  readonly #folder: string;
  readonly #lmdb: Lmdb;
  readonly #lock: FolderLock;
  readonly #ownReader: RecordReader;
  /** Undefined after a failed commit, until the next one: LMDB may not go on with an environment that has met an error. */
  #writer: LmdbWriter | undefined;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    path: string,
    folder: string,
    lmdb: Lmdb,
    lock: FolderLock,
    writer: LmdbWriter,
    own: RecordReader,
  ) {
    super(path, own);
    this.#folder = folder;
    this.#lmdb = lmdb;
    this.#lock = lock;
    this.#writer = writer;
    this.#ownReader = own;
  }

  override async commit(changes: StoreChanges): Promise<void> {
    if (this.#closing) throw lastingStoreError("commit", this.path, undefined, "it is closed");
    if (this.#running) throw storeError("commit", this.path, undefined, "another commit is under way");
    const running = this.#commit(changes);
    this.#running = running;
    try {
      await running;
    } catch (error) {
      throw wrapped("commit", this.path, error);
    } finally {
      this.#running = undefined;
    }
  }

  async #commit(changes: StoreChanges): Promise<void> {
    checkNumbers(changes);
    if (changes.put.length === 0 && changes.remove.length === 0) return;
    this.#writer ??= await LmdbWriter.open(this.#lmdb, this.#folder);
    try {
      await this.#writer.commit(changes);
    } catch (error) {
      const broken = this.#writer;
      this.#writer = undefined;
      await broken.close();
      throw error;
    }
  }

  override close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#running?.catch(() => {});
      await this.#writer?.close();
      await this.#ownReader.close();
      // Giving space back is a courtesy: that there is none to do it in is no failure.
      await this.#shrink().catch(() => {});
    } catch (error) {
      throw wrapped("close", this.path, error);
    } finally {
      await this.#lock.release();
    }
  }

  async #shrink(): Promise<void> {
    if (!mayBeWorthShrinking(join(this.#folder, DATA))) return;
    const contents = await contentsOf(this.path, this.#folder);
    if (contents && isWorthShrinking(contents)) await remake(this.path, this.#folder, this.#lmdb, contents);
  }
}

/** By what the file says of itself: that it is so is worth looking at the whole of it only then. */
function mayBeWorthShrinking(data: string): boolean {
  const file = LmdbFile.open(data);
  try {
    return file.size > WORTH_SHRINKING && file.snapshot().main.entries <= FEW;
  } finally {
    file.close();
  }
}

/** What is in the file, every page that LMDB will follow checked; undefined when there is no file. */
async function contentsOf(path: string, folder: string): Promise<Contents | undefined> {
  const data = join(folder, DATA);
  try {
    await access(data);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw wrapped("open", path, error);
  }
  const file = LmdbFile.open(data, READ_AHEAD);
  try {
    return checkFile(file);
  } finally {
    file.close();
  }
}

function isWorthShrinking({ size, heads, bodies }: Contents): boolean {
  return size > WORTH_SHRINKING && bodies === 0 && heads <= FEW;
}

/** Makes the file, or a small one in place of a large one without messages. */
async function remake(
  path: string,
  folder: string,
  lmdb: Lmdb,
  contents: Contents | undefined,
): Promise<void> {
  if (contents === undefined) return await makeDatabase(lmdb, folder, []);
  const old = reader(path, join(folder, DATA));
  try {
    await makeDatabase(lmdb, folder, [...old.records()]);
  } finally {
    await old.close();
  }
}

/** What a process that died while it made a new file has left. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (UNFINISHED.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function reader(path: string, file: string): RecordReader {
  try {
    const opened = new RecordReader(file);
    opened.check();
    return opened;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw lastingStoreError("open", path, error, "there is no outbox in this folder");
    throw wrapped("open", path, error, "read");
  }
}

/** Another number would make a key that sorts, or is read, as another one. */
function checkNumbers({ put, remove }: StoreChanges): void {
  for (const id of [...put.map((record) => record.id), ...remove]) {
    if (!Number.isSafeInteger(id) || id <= 0) throw new Error(`${id} is not the number of a record`);
  }
}

function wrapped(operation: StoreOperation, path: string, error: unknown, what = "write"): unknown {
  const { code } = error as { code?: unknown };
  if (
    code === "OUTBOX_FAILED" ||
    code === "OUTBOX_IN_USE" ||
    code === "PACKAGE_MISSING" ||
    code === "INVALID_OPTION"
  )
    return error;
  const refused = refusedBySystem(error, what);
  return refused === undefined
    ? storeError(operation, path, error, why(error))
    : lastingStoreError(operation, path, error, refused);
}

function why(error: unknown): string {
  const { code } = error as { code?: unknown };
  const text = describeCause(error);
  if (error instanceof DamagedFile)
    return `${DATA} is damaged: ${text}; nothing was changed. Move the folder away to begin with an empty one, or restore it from a copy`;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
    return `no room for more (${String(code)}); what was there before is intact`;
  // LMDB says so of a write that came to an end in the middle, as the last one on a full disk does.
  if (code === "EIO") return "the disk is full, or broken (EIO); what was there before is intact";
  return text;
}
