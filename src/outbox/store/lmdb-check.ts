import { BODIES, isKey } from "./keys.js";
import {
  type BranchNode,
  branchNodes,
  DamagedFile,
  HEADER,
  type LeafNode,
  type LmdbFile,
  leafNodes,
  nodeBytes,
  type Snapshot,
  type Tree,
  usedBytes,
} from "./lmdb-file.js";

/** What the check has seen on its way. */
export interface Contents {
  /** Bytes of the file. */
  readonly size: number;
  readonly heads: number;
  /** Those with something in them: the outbox gives its own head an empty one. */
  readonly bodies: number;
}

interface Kind {
  readonly tree: Tree;
  readonly name: string;
  compare(one: Buffer, other: Buffer): number;
  /** What is wrong with an entry; undefined: nothing. */
  wrong(node: LeafNode): string | undefined;
  seen(node: LeafNode): void;
}

/**
 * Checks everything that LMDB follows blindly: both trees page by page, and that no page is used twice or counted as free while it is in use. Bodies are not read: these,
 * and the heads, have checksums of their own. Reads tree pages only, so that a GiB of messages takes some milliseconds.
 *
 * @throws {@link DamagedFile} at the first thing that is wrong
 */
export function checkFile(file: LmdbFile): Contents {
  const snapshot = file.snapshot();
  const size = file.size;
  const pages = new PagesInUse(file, snapshot, size);
  let heads = 0;
  let bodies = 0;
  checkTree(pages, {
    tree: snapshot.main,
    name: "records",
    compare: (one, other) => one.compare(other),
    wrong: ({ key }) => (isKey(key) ? undefined : "a key that is none of an outbox"),
    seen: ({ key, bytes }) => {
      if (key[0] !== BODIES) heads++;
      else if (bytes > 0) bodies++;
    },
  });
  const lists: Buffer[] = [];
  checkTree(pages, {
    tree: snapshot.free,
    name: "free pages",
    compare: (one, other) => Number(one.readBigUInt64LE() - other.readBigUInt64LE()),
    wrong: ({ key, bytes }) => {
      if (key.length !== 8 || key.readBigUInt64LE() > snapshot.transaction)
        return "a key that is no transaction";
      return bytes < 8 || bytes % 8 !== 0 ? "a list of pages with an impossible length" : undefined;
    },
    seen: ({ value, bytes }) => {
      lists.push(Buffer.isBuffer(value) ? value : pages.read(value.page, bytes));
    },
  });
  for (const list of lists) checkFreePages(list, pages);
  return { size, heads, bodies };
}

function checkTree(pages: PagesInUse, kind: Kind): void {
  const { tree, name } = kind;
  const { snapshot, file } = pages;
  const counts = { branches: 0, leaves: 0, overflows: 0, entries: 0 };
  let last: Buffer | undefined;

  const order = (key: Buffer, page: number) => {
    if (last && kind.compare(last, key) >= 0) throw new DamagedFile(`page ${page} has keys out of order`);
    last = key;
  };
  const visit = (page: number, depth: number, from: Buffer | undefined, to: Buffer | undefined) => {
    pages.use(page, 1);
    const bytes = file.page(page, snapshot);
    if (depth < tree.depth) {
      counts.branches++;
      const nodes = branchNodes(bytes, page);
      checkFill(bytes, page, nodes);
      if (nodes.length < 2) throw new DamagedFile(`page ${page} is a branch with ${nodes.length} children`);
      for (const [index, node] of nodes.entries()) {
        // The key of the first child is never looked at: it has all that is before the second one.
        const low = index === 0 ? from : node.key;
        if (index > 0 && (node.key.length !== nodes[1].key.length || node.key.length < 8))
          throw new DamagedFile(`page ${page} has an impossible key`);
        visit(node.page, depth + 1, low, nodes[index + 1]?.key ?? to);
      }
      return;
    }
    counts.leaves++;
    const nodes = leafNodes(bytes, page, snapshot);
    checkFill(bytes, page, nodes);
    if (nodes.length === 0) throw new DamagedFile(`page ${page} is an empty leaf`);
    for (const node of nodes) {
      const wrong = kind.wrong(node);
      if (wrong) throw new DamagedFile(`page ${page} has ${wrong}`);
      order(node.key, page);
      if ((from && kind.compare(node.key, from) < 0) || (to && kind.compare(node.key, to) >= 0))
        throw new DamagedFile(`page ${page} has a key that belongs elsewhere`);
      if (!Buffer.isBuffer(node.value)) {
        pages.use(node.value.page, node.value.pages);
        file.checkOverflow(node.value, snapshot);
        if ((node.value.page + node.value.pages) * snapshot.pageSize > pages.size)
          throw new DamagedFile(`the file ends within page ${node.value.page}`);
        counts.overflows += node.value.pages;
      }
      counts.entries++;
      kind.seen(node);
    }
  };
  if (tree.root !== undefined) visit(tree.root, 1, undefined, undefined);
  if (
    counts.branches !== tree.branchPages ||
    counts.leaves !== tree.leafPages ||
    counts.overflows !== tree.overflowPages ||
    counts.entries !== tree.entries
  )
    throw new DamagedFile(`the tree of ${name} has other counts than it says`);
}

function checkFill(bytes: Buffer, page: number, nodes: readonly (LeafNode | BranchNode)[]): void {
  if (nodeBytes(nodes) !== usedBytes(bytes)) throw new DamagedFile(`page ${page} is not filled as it says`);
}

/** A list of free pages: a length, then page numbers; -n before one stands for n pages from there, 0 for nothing. */
function checkFreePages(list: Buffer, pages: PagesInUse): void {
  const length = Number(list.readBigInt64LE(0));
  if (length < 0 || length > list.length / 8 - 1)
    throw new DamagedFile("a list of free pages has an impossible length");
  let run = 1;
  for (let index = 1; index <= length; index++) {
    const entry = Number(list.readBigInt64LE(index * 8));
    if (entry < 0) run = -entry;
    else if (entry > 0) {
      pages.use(entry, run);
      run = 1;
    }
  }
}

/** Each page has one use at most. */
class PagesInUse {
  readonly file: LmdbFile;
  readonly snapshot: Snapshot;
  /** Bytes of the file. */
  readonly size: number;
  readonly #used: Uint8Array;

  constructor(file: LmdbFile, snapshot: Snapshot, size: number) {
    this.file = file;
    this.snapshot = snapshot;
    this.size = size;
    // Pages at the end that are free need not be in the file; how many there can be is bounded, so that a wrong number does not take all memory.
    if (snapshot.lastPage * snapshot.pageSize > size + 2 ** 32)
      throw new DamagedFile("its last page is far behind its end");
    this.#used = new Uint8Array(snapshot.lastPage + 1);
  }

  use(first: number, count: number): void {
    if (first < 2 || first + count - 1 > this.snapshot.lastPage)
      throw new DamagedFile(`page ${first + count - 1} does not exist`);
    for (let page = first; page < first + count; page++) {
      if (this.#used[page] === 1) throw new DamagedFile(`page ${page} is used twice`);
      this.#used[page] = 1;
    }
  }

  read(page: number, bytes: number): Buffer {
    return this.file.overflowSync(page, bytes, this.snapshot).subarray(HEADER);
  }
}
