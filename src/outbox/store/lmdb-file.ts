import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { endianness } from "node:os";
import { promisify } from "node:util";

// The format is LMDB's with data version 2, as lmdb 3 writes it on 64-bit little-endian machines; struct MDB_page_header, MDB_node, MDB_meta and MDB_db of its mdb.c.
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const META_BYTES = 168;
/** Bytes of the header of a page; offsets within a page count from its end. */
export const HEADER = 24;
const NODE = 8;
export const BRANCH = 1;
export const LEAF = 2;
export const OVERFLOW = 4;
const META = 8;
const BIG = 1;
const NONE = 0xffffffff;
const MAX_DEPTH = 32;

const readAsync = promisify(read);

/** The file does not have what LMDB has written. */
export class DamagedFile extends Error {
  override readonly name = "DamagedFile";
}

/** One of the two trees of the file. */
export interface Tree {
  readonly root: number | undefined;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
}

/** A state of the database: what the newest committed transaction has left. */
export interface Snapshot {
  readonly transaction: number;
  readonly pageSize: number;
  readonly lastPage: number;
  readonly free: Tree;
  readonly main: Tree;
}

/** Where a value too large for its page is. */
export interface Overflow {
  readonly page: number;
  readonly pages: number;
  readonly transaction: number;
}

export interface LeafNode {
  readonly key: Buffer;
  readonly bytes: number;
  readonly value: Buffer | Overflow;
}

export interface BranchNode {
  readonly key: Buffer;
  readonly page: number;
}

/**
 * A file of LMDB, read page by page and trusting none of them: LMDB itself maps the file and follows what it finds there, so that a wrong number ends the process.
 */
export class LmdbFile {
  readonly #fd: number;
  readonly #ahead: number;
  #window: { readonly start: number; readonly bytes: Buffer } | undefined;

  private constructor(fd: number, ahead: number) {
    this.#fd = fd;
    this.#ahead = ahead;
  }

  /** @param ahead bytes that are read at once for a page, and kept; only for a file that nobody writes meanwhile */
  static open(path: string, ahead = 0): LmdbFile {
    if (endianness() !== "LE") throw new Error("only little-endian machines are supported");
    // Of a pipe, nobody waits for its other end.
    const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (fstatSync(fd).isFile()) return new LmdbFile(fd, ahead);
    closeSync(fd);
    throw new DamagedFile("it is no file");
  }

  get size(): number {
    return fstatSync(this.#fd).size;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** What was committed last. */
  snapshot(): Snapshot {
    const first = this.#meta(0, 0);
    const second = this.#meta(1, first.pageSize);
    if (first.pageSize !== second.pageSize) throw new DamagedFile("its two meta pages differ in page size");
    return second.transaction > first.transaction ? second : first;
  }

  #meta(page: number, offset: number): Snapshot {
    const bytes = this.#bytes(offset, META_BYTES);
    const what = `meta page ${page}`;
    const flags = bytes.readUInt16LE(18);
    if (flags !== META || bytes.readUInt32LE(HEADER) !== MAGIC)
      throw new DamagedFile(`${what} is not one of LMDB`);
    const version = bytes.readUInt32LE(HEADER + 4);
    if (version !== VERSION)
      throw new DamagedFile(`${what} has data version ${version}, ${VERSION} is known`);
    const pageSize = bytes.readUInt32LE(48);
    if (pageSize < 1024 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0)
      throw new DamagedFile(`${what} has a page size of ${pageSize}`);
    // 8: integer keys; other flags stand for kinds of databases that are never made here.
    if (bytes.readUInt16LE(52) !== 8 || bytes.readUInt16LE(100) !== 0)
      throw new DamagedFile(`${what} has unknown flags`);
    if (number(bytes, 40, what) > 2 ** 46) throw new DamagedFile(`${what} has an impossible map size`);
    return {
      pageSize,
      free: tree(bytes, 48, what),
      main: tree(bytes, 96, what),
      lastPage: number(bytes, 144, what),
      transaction: number(bytes, 152, what),
    };
  }

  /** A page of a tree, its header checked. */
  page(page: number, snapshot: Snapshot): Buffer {
    const { pageSize, lastPage, transaction } = snapshot;
    if (page < 2 || page > lastPage) throw new DamagedFile(`page ${page} does not exist`);
    const bytes =
      this.#ahead > 0 ? this.#inWindow(page * pageSize, pageSize) : this.#bytes(page * pageSize, pageSize);
    checkHeader(bytes, page, transaction);
    return bytes;
  }

  #inWindow(offset: number, length: number): Buffer {
    let { start = 0, bytes = Buffer.alloc(0) } = this.#window ?? {};
    if (offset < start || offset + length > start + bytes.length) {
      start = offset;
      bytes = this.#bytes(offset, Math.max(length, Math.min(this.#ahead, this.size - offset)));
      this.#window = { start, bytes };
    }
    return bytes.subarray(offset - start, offset - start + length);
  }

  /** A large value; the pages are read in one go. */
  async overflow(value: Overflow, bytes: number, { pageSize, transaction }: Snapshot): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(HEADER + bytes);
    const { bytesRead } = await readAsync(this.#fd, buffer, 0, buffer.length, value.page * pageSize);
    if (bytesRead < buffer.length) throw new DamagedFile(`the file ends within page ${value.page}`);
    checkOverflow(buffer, value, transaction);
    return buffer.subarray(HEADER);
  }

  /** The pages of a large value, its header first. */
  overflowSync(page: number, bytes: number, { pageSize }: Snapshot): Buffer {
    return this.#bytes(page * pageSize, HEADER + bytes);
  }

  /** The header of a large value, without its bytes. */
  checkOverflow(value: Overflow, { pageSize, transaction }: Snapshot): void {
    checkOverflow(this.#bytes(value.page * pageSize, HEADER), value, transaction);
  }

  #bytes(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    if (readSync(this.#fd, bytes, 0, length, offset) < length)
      throw new DamagedFile(`the file ends before byte ${offset + length}`);
    return bytes;
  }
}

/** The children of a branch page. */
export function branchNodes(bytes: Buffer, page: number): BranchNode[] {
  return offsets(bytes, page, BRANCH).map((at) => {
    const { key } = readKey(bytes, at, page);
    const child = bytes.readUInt32LE(at) + bytes.readUInt16LE(at + 4) * 2 ** 32;
    return { key, page: child };
  });
}

/** The entries of a leaf page. */
export function leafNodes(bytes: Buffer, page: number, snapshot: Snapshot): LeafNode[] {
  return offsets(bytes, page, LEAF).map((at) => {
    const { keyBytes, key } = readKey(bytes, at, page);
    const size = bytes.readUInt32LE(at);
    const flags = bytes.readUInt16LE(at + 4);
    const from = at + NODE + keyBytes;
    if (flags === 0) {
      if (from + size > bytes.length)
        throw new DamagedFile(`page ${page} has a value that does not end in it`);
      return { key, bytes: size, value: bytes.subarray(from, from + size) };
    }
    if (flags !== BIG || from + 24 > bytes.length)
      throw new DamagedFile(`page ${page} has an entry of an unknown kind`);
    const what = `page ${page}`;
    const value = {
      page: number(bytes, from, what),
      transaction: number(bytes, from + 8, what),
      pages: number(bytes, from + 16, what),
    };
    const { pageSize, lastPage } = snapshot;
    if (
      value.pages !== Math.ceil((HEADER + size) / pageSize) ||
      value.page < 2 ||
      value.page + value.pages - 1 > lastPage
    )
      throw new DamagedFile(`page ${page} has a value that cannot be where it says`);
    return { key, bytes: size, value };
  });
}

/** Bytes that the nodes of a page take: they lie without gaps at its end. */
export function nodeBytes(nodes: readonly (LeafNode | BranchNode)[]): number {
  let sum = 0;
  for (const node of nodes) {
    const value = "value" in node ? (Buffer.isBuffer(node.value) ? node.bytes : 24) : 0;
    sum += (NODE + node.key.length + value + 1) & ~1;
  }
  return sum;
}

/** Bytes of a page that its nodes may take. */
export function usedBytes(bytes: Buffer): number {
  return bytes.length - HEADER - bytes.readUInt16LE(22);
}

function offsets(bytes: Buffer, page: number, kind: number): number[] {
  if (bytes.readUInt16LE(18) !== kind) throw new DamagedFile(`page ${page} is not of kind ${kind}`);
  const lower = bytes.readUInt16LE(20);
  const upper = bytes.readUInt16LE(22);
  if (lower % 2 !== 0 || upper % 2 !== 0 || lower > upper || HEADER + upper > bytes.length)
    throw new DamagedFile(`page ${page} has impossible bounds`);
  const all: number[] = [];
  for (let at = 0; at < lower; at += 2) {
    const offset = bytes.readUInt16LE(HEADER + at);
    if (offset < upper || offset % 2 !== 0 || HEADER + offset + NODE > bytes.length)
      throw new DamagedFile(`page ${page} has an entry out of bounds`);
    all.push(HEADER + offset);
  }
  return all;
}

function readKey(bytes: Buffer, at: number, page: number): { keyBytes: number; key: Buffer } {
  const keyBytes = bytes.readUInt16LE(at + 6);
  const from = at + NODE;
  if (from + keyBytes > bytes.length) throw new DamagedFile(`page ${page} has a key that does not end in it`);
  return { keyBytes, key: bytes.subarray(from, from + keyBytes) };
}

function checkOverflow(bytes: Buffer, value: Overflow, transaction: number): void {
  checkHeader(bytes, value.page, transaction);
  if (bytes.readUInt16LE(18) !== OVERFLOW || bytes.readUInt32LE(20) !== value.pages)
    throw new DamagedFile(`page ${value.page} is not the value that is expected there`);
  if (number(bytes, 8, `page ${value.page}`) !== value.transaction)
    throw new DamagedFile(`page ${value.page} is of another transaction than its entry`);
}

/** LMDB takes a page that claims to be newer than the transaction for one in memory, and writes to it. */
function checkHeader(bytes: Buffer, page: number, transaction: number): void {
  const what = `page ${page}`;
  if (number(bytes, 0, what) !== page) throw new DamagedFile(`${what} says that it is another one`);
  if (number(bytes, 8, what) > transaction) throw new DamagedFile(`${what} is newer than the database`);
}

function tree(bytes: Buffer, at: number, what: string): Tree {
  const depth = bytes.readUInt16LE(at + 6);
  const none = bytes.readUInt32LE(at + 40) === NONE && bytes.readUInt32LE(at + 44) === NONE;
  if (depth > MAX_DEPTH || none !== (depth === 0))
    throw new DamagedFile(`${what} has a tree of depth ${depth}`);
  return {
    depth,
    branchPages: number(bytes, at + 8, what),
    leafPages: number(bytes, at + 16, what),
    overflowPages: number(bytes, at + 24, what),
    entries: number(bytes, at + 32, what),
    root: none ? undefined : number(bytes, at + 40, what),
  };
}

function number(bytes: Buffer, at: number, what: string): number {
  const high = bytes.readUInt32LE(at + 4);
  if (high > 0x1fffff) throw new DamagedFile(`${what} has an impossible number`);
  return high * 2 ** 32 + bytes.readUInt32LE(at);
}
