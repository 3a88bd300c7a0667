import { BODIES, HEADS, idOf, keyOf } from "./keys.js";
import {
  type BranchNode,
  branchNodes,
  DamagedFile,
  type LeafNode,
  LmdbFile,
  leafNodes,
  type Snapshot,
} from "./lmdb-file.js";
import type { StoredRecord } from "./store.js";

/** Tries while somebody writes at the same time; each fails only if a page was written anew within some microseconds. */
const MAX_TRIES = 1_000;

/**
 * Reads the records of a file that a process, this one or another, may be writing meanwhile. It takes no lock and leaves no trace. A page that was committed stays as it is
 * until the second commit after the one that gave it up, so what is read is either right or is seen to be newer than the state that was begun with, and read again.
 */
export class RecordReader {
  readonly #file: LmdbFile;
  /** Reads under way: the file is closed after them, since its descriptor may be another file's then. */
  readonly #reading = new Set<Promise<unknown>>();

  /** Branch pages as they are in the state that `transaction` has left. */
  #branches = { transaction: -1, pages: new Map<number, BranchNode[]>() };

  constructor(path: string) {
    this.#file = LmdbFile.open(path);
  }

  /** Throws {@link DamagedFile} when the file is none of LMDB. */
  check(): void {
    this.#snapshot();
  }

  /** Heads in ascending order. Of a file that is written meanwhile each page is as it was at some time during the walk. */
  *records(): IterableIterator<StoredRecord> {
    const end = keyOf(BODIES, 0);
    let from: Buffer | undefined = keyOf(HEADS, 0);
    while (from && from.compare(end) < 0) {
      const start: Buffer = from;
      const { nodes, next } = this.#stable((snapshot) => this.#leaf(start, snapshot));
      for (const { key, value } of nodes) {
        if (key.compare(start) < 0 || key.compare(end) >= 0) continue;
        if (!Buffer.isBuffer(value)) throw new DamagedFile(`the head of record ${idOf(key)} is too large`);
        yield { id: idOf(key), head: Uint8Array.from(value) };
      }
      from = next;
    }
  }

  /** A body, a copy; undefined when there is none. */
  body(id: number): Promise<Uint8Array | undefined> {
    const reading = this.#body(keyOf(BODIES, id));
    this.#reading.add(reading);
    return reading.finally(() => this.#reading.delete(reading));
  }

  async #body(key: Buffer): Promise<Uint8Array | undefined> {
    for (let tries = 1; ; tries++) {
      const { node, snapshot } = this.#stable((snapshot) => {
        const { nodes } = this.#leaf(key, snapshot);
        return { node: nodes.find((one) => one.key.equals(key)), snapshot };
      });
      if (node === undefined) return undefined;
      if (Buffer.isBuffer(node.value)) return Buffer.from(node.value);
      try {
        return await this.#file.overflow(node.value, node.bytes, snapshot);
      } catch (error) {
        if (!this.#hasMoved(error, snapshot) || tries === MAX_TRIES) throw error;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#reading);
    this.#file.close();
  }

  /** What `read` gives of one state of the file, read again when it was overwritten meanwhile. */
  #stable<T>(read: (snapshot: Snapshot) => T): T {
    for (let tries = 1; ; tries++) {
      const snapshot = this.#snapshot();
      try {
        return read(snapshot);
      } catch (error) {
        if (!this.#hasMoved(error, snapshot) || tries === MAX_TRIES) throw error;
      }
    }
  }

  #hasMoved(error: unknown, { transaction }: Snapshot): boolean {
    return error instanceof DamagedFile && this.#snapshot().transaction !== transaction;
  }

  /** A meta page that is written in this instant is whole in the next one. */
  #snapshot(): Snapshot {
    for (let tries = 1; ; tries++) {
      try {
        return this.#file.snapshot();
      } catch (error) {
        if (!(error instanceof DamagedFile) || tries === 3) throw error;
      }
    }
  }

  #children(page: number, snapshot: Snapshot): BranchNode[] {
    if (this.#branches.transaction !== snapshot.transaction)
      this.#branches = { transaction: snapshot.transaction, pages: new Map() };
    let children = this.#branches.pages.get(page);
    if (children === undefined) {
      children = branchNodes(this.#file.page(page, snapshot), page);
      this.#branches.pages.set(page, children);
    }
    return children;
  }

  /** The leaf in which a key is, or would be, and the key at which the next leaf begins. */
  #leaf(key: Buffer, snapshot: Snapshot): { nodes: LeafNode[]; next: Buffer | undefined } {
    const { root, depth } = snapshot.main;
    let next: Buffer | undefined;
    if (root === undefined) return { nodes: [], next };
    let page = root;
    for (let level = 1; level < depth; level++) {
      const children = this.#children(page, snapshot);
      let index = children.length - 1;
      while (index > 0 && children[index].key.compare(key) > 0) index--;
      if (index + 1 < children.length) next = Buffer.from(children[index + 1].key);
      if (index < 0) throw new DamagedFile(`page ${page} is a branch without children`);
      page = children[index].page;
    }
    // A separator that is not after the key would be read for ever.
    if (next && next.compare(key) <= 0) throw new DamagedFile(`page ${page} has keys out of order`);
    return { nodes: leafNodes(this.#file.page(page, snapshot), page, snapshot), next };
  }
}
