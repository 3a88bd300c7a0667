import type { OutboxStore, StoreChanges, StoredRecord } from "./store.js";

/**
 * A store for tests, as strict as the one on disk: a commit is all or nothing, and is seen when it has resolved. What it holds outlives `close()`: give the same object
 * again, and an outbox finds what the one before has left.
 */
export class MemoryStore implements OutboxStore {
  readonly path: string;
  /** Commits that were applied. */
  commits = 0;
  /** Calls of `close()`. */
  closed = 0;
  /** Called before each commit is applied; what it throws, or rejects with, fails the commit. */
  beforeCommit: ((changes: StoreChanges) => void | Promise<void>) | undefined;
  readonly #heads = new Map<number, Uint8Array>();
  readonly #bodies = new Map<number, Uint8Array>();
  #failures: unknown[] = [];
  #held: Array<() => void> | undefined;
  #busy = false;

  constructor(path = "memory") {
    this.path = path;
  }

  /** The next commit that is begun rejects with this; several calls fail as many commits. */
  failNext(error: unknown = new Error("no space left on device")): void {
    this.#failures.push(error);
  }

  /** Commits wait from now on until {@link release}: this is how a process is "killed" in the middle of one. */
  hold(): void {
    this.#held ??= [];
  }

  /** The commits that wait go on, and the next ones do not wait any more. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const resume of held) resume();
  }

  /** A store of its own with what is "on disk" now: what a killed process leaves, without the commits that wait. */
  copy(): MemoryStore {
    const copy = new MemoryStore(this.path);
    for (const [id, head] of this.#heads) copy.#heads.set(id, Uint8Array.from(head));
    for (const [id, body] of this.#bodies) copy.#bodies.set(id, Uint8Array.from(body));
    return copy;
  }

  /** Changes bytes behind the owner's back, as a broken disk does; undefined removes. */
  damage(id: number, part: "head" | "body", change: (bytes: Uint8Array) => Uint8Array | undefined): void {
    const table = part === "head" ? this.#heads : this.#bodies;
    const bytes = table.get(id);
    if (bytes === undefined) throw new Error(`there is no ${part} of record ${id}`);
    const changed = change(Uint8Array.from(bytes));
    if (changed === undefined) table.delete(id);
    else table.set(id, changed);
  }

  records(): Iterable<StoredRecord> {
    const ascending = [...this.#heads].sort(([one], [other]) => one - other);
    return ascending.map(([id, head]) => ({ id, head: Uint8Array.from(head) }));
  }

  body(id: number): Uint8Array | undefined {
    const body = this.#bodies.get(id);
    return body && Uint8Array.from(body);
  }

  async commit({ put, remove }: StoreChanges): Promise<void> {
    if (this.#busy) throw new Error("a commit was begun while another one is under way");
    this.#busy = true;
    // Taken now, as a store on disk does: whoever changes the bytes afterwards must not change what is stored.
    const copies = put.map(({ id, head, body }) => ({
      id,
      head: Uint8Array.from(head),
      body: body && Uint8Array.from(body),
    }));
    const removed = [...remove];
    try {
      await this.beforeCommit?.({ put: copies, remove: removed });
      if (this.#held) await new Promise<void>((resolve) => this.#held?.push(resolve));
      if (this.#failures.length > 0) throw this.#failures.shift();
    } finally {
      this.#busy = false;
    }
    for (const { id, head, body } of copies) {
      this.#heads.set(id, head);
      if (body) this.#bodies.set(id, body);
    }
    for (const id of removed) {
      this.#heads.delete(id);
      this.#bodies.delete(id);
    }
    this.commits++;
  }

  async close(): Promise<void> {
    this.closed++;
  }
}
