import { setTimeout as sleep } from "node:timers/promises";
import type { OutboxStore, StoreChanges } from "../../src/outbox/index.js";
import { STORE_HEAD } from "../../src/outbox/journal/store-head.js";

/** Who is told of commits: how many batches of messages they store and remove. */
export interface Spy {
  begins(stores: number, removes: number): void;
  ends(well: boolean): void;
}

/** A store, with somebody who looks on. */
export function spiedStore(store: OutboxStore, spy: Spy): OutboxStore {
  return {
    ...passedOn(store),
    async commit(changes) {
      const batches = changes.put.filter(({ id, body }) => body !== undefined && id !== STORE_HEAD);
      spy.begins(batches.length, changes.remove.length);
      let well = false;
      try {
        await store.commit(changes);
        well = true;
      } finally {
        spy.ends(well);
      }
    },
  };
}

/** ms that the sabotaged store is late. */
const LATE = 5;

/** A store that says that it has written what it is going to write: what a process loses that does not wait for its disk. */
export function sabotagedStore(store: OutboxStore): OutboxStore {
  let before: Promise<unknown> = Promise.resolve();
  const later = async (changes: StoreChanges) => {
    await sleep(LATE);
    await store.commit(changes);
  };
  return {
    ...passedOn(store),
    async commit(changes) {
      const kept: StoreChanges = {
        put: changes.put.map(({ id, head, body }) => ({
          id,
          head: head.slice(),
          ...(body && { body: body.slice() }),
        })),
        remove: [...changes.remove],
      };
      before = before.then(() => later(kept));
    },
    async close() {
      await before;
      await store.close();
    },
  };
}

function passedOn(store: OutboxStore): OutboxStore {
  return {
    path: store.path,
    records: () => store.records(),
    body: (id) => store.body(id),
    commit: (changes) => store.commit(changes),
    close: () => store.close(),
  };
}
