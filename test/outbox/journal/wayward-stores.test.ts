import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { OutboxStore, StoreChanges } from "../../../src/outbox/index.js";
import type { Batch } from "../../../src/outbox/journal/entry.js";
import { Journal } from "../../../src/outbox/journal/journal.js";
import { openLmdbStore } from "../../../src/outbox/store/lmdb-store.js";
import { MemoryStore } from "../../../src/outbox/store/memory-store.js";
import { rejection, until } from "../../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "../world.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-wayward-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function message(name: string, size = name.length) {
  return { subject: "n", reply: "", headers: undefined, payload: name.padEnd(size, "."), bytes: size + 20 };
}

const namesOf = ({ entries }: Batch) =>
  entries.map(({ payload }) => Buffer.from(payload).toString().replace(/\.+$/, ""));

/** The store on disk, which now and then is late, refuses, refuses what it has written, and cannot be read. */
async function wayward(path: string, mood: () => number): Promise<OutboxStore & { well: boolean }> {
  const store = await openLmdbStore(path);
  const outer = {
    path,
    well: true,
    records: () => store.records(),
    async body(id: number) {
      if (!outer.well && mood() < 0.2) throw new Error("EIO");
      return await store.body(id);
    },
    async commit(changes: StoreChanges) {
      const now = outer.well ? 1 : mood();
      if (now < 0.1) throw new Error("ENOSPC");
      if (now < 0.3) for (let late = 0; late < 20; late++) await turn();
      await store.commit(changes);
      if (now < 0.2) throw new Error("fsync failed");
      if (now < 0.4) for (let late = 0; late < 20; late++) await turn();
    },
    close: () => store.close(),
  };
  return outer;
}

it("keeps all it has promised, in order, on a disk that is late, refuses, lies and cannot be read", async () => {
  for (let seed = 1; seed <= 2; seed++) {
    let state = seed * 7919;
    const mood = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
    const store = await wayward(join(folder, `${seed}`), mood);
    const lost: unknown[] = [];
    const journal = await Journal.open({ store, events: { lost: (one) => lost.push(one) } });
    store.well = false;
    const promised = new Set<string>();
    const sent: string[] = [];
    const waiting: Promise<unknown>[] = [];
    for (let round = 0; round < 150; round++) {
      const name = String(round);
      const size = mood() < 0.2 ? 20_000 : 20;
      if (mood() < 0.5) journal.take(message(`o${name}`, size));
      const stored = journal.store(message(name, size)).then(
        () => promised.add(name),
        () => {},
      );
      waiting.push(stored);
      if (mood() < 0.5) await stored;
      const batch = mood() < 0.5 ? await journal.next() : journal.takeUnstored();
      const share = mood();
      if (batch) {
        const count = share < 0.4 ? batch.entries.length : Math.floor(share * batch.entries.length);
        journal.confirmed(batch, count);
        sent.push(...namesOf(batch).slice(0, count));
      }
      if (mood() < 0.3) journal.again();
      expect(journal.balanced).toBe(true);
    }
    await Promise.all(waiting);
    store.well = true;
    journal.again();
    await journal.flushed();
    const { messages } = journal;
    await journal.close();
    const next = await Journal.open({
      store: await openLmdbStore(store.path),
      events: { lost: (one) => lost.push(one) },
    });
    expect(next.messages).toBe(messages);
    for (let batch = await next.next(); batch; batch = await next.next()) {
      sent.push(...namesOf(batch));
      next.confirmed(batch, batch.entries.length);
    }
    expect(lost).toEqual([]);
    expect(new Set(sent).size, "nothing confirmed comes again").toBe(sent.length);
    for (const name of promised) expect(sent).toContain(name);
    await next.close();
    const after = await Journal.open({ store: await openLmdbStore(store.path) });
    expect(after).toMatchObject({ messages: 0, bytes: 0 });
    await after.close();
  }
}, 60_000);

it("tells of a body that is another one, or none at all, and goes on", async () => {
  for (const wrong of [new Uint8Array(20_000), new Uint8Array(0), "text", 7, null, {}]) {
    const store = new MemoryStore();
    const first = await Journal.open({ store });
    await first.store(message("one", 20_000));
    await first.store(message("two", 20_000));
    await first.close();
    let isFirst = true;
    store.body = ((id: number) => {
      if (!isFirst) return MemoryStore.prototype.body.call(store, id);
      isFirst = false;
      return wrong;
    }) as typeof store.body;
    const lost: { messages: number | undefined }[] = [];
    const journal = await Journal.open({ store, events: { lost: (one) => lost.push(one) } });
    expect(namesOf((await journal.next())!)).toEqual(["two"]);
    expect(lost).toMatchObject([{ messages: 1, error: { code: "OUTBOX_FAILED", operation: "decode" } }]);
    expect(journal.balanced).toBe(true);
  }
});

it("refuses a store whose records are not in order, or have no numbers", async () => {
  const store = new MemoryStore("/own");
  await (await Journal.open({ store })).store(message("one"));
  const records = [...store.records()];
  const bad = [[...records].reverse(), [...records, records[1]], [{ id: Number.NaN, head: records[1].head }]];
  for (const list of bad) {
    store.records = () => list;
    const error = await rejection(Journal.open({ store }));
    expect(error).toMatchObject({ code: "OUTBOX_FAILED", operation: "open", path: "/own" });
  }
});

it("sends what it holds as soon as its key is there, and a connection that is closed before does not wait for it", async () => {
  await using world = await OutboxWorld.make();
  await world.receive();
  const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x5a);
  const filled = await world.open({ encrypt: flip, decrypt: flip });
  const before = await world.connect(filled);
  await world.cut(before);
  for (let i = 0; i < 3; i++) await before.publishDurable("n", String(i));
  await before.close();
  await filled.close();
  await world.proxy.up();

  let decrypt: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array> = () => new Promise(() => {});
  const hooks = { encrypt: flip, decrypt: (bytes: Uint8Array) => decrypt(bytes) };
  const hanging = await world.open(hooks);
  const first = await world.connect(hanging);
  await first.close();
  await hanging.close();

  decrypt = () => Promise.reject(new Error("there is no key 1"));
  const outbox = await world.open(hooks);
  const errors: Error[] = [];
  outbox.on("error", (error) => errors.push(error));
  outbox.on("lost", () => errors.push(new Error("lost")));
  const nc = await world.connect(outbox);
  await until(() => outbox.stats().failures > 2, "some failures");
  await nc.publishDurable("n", "3");
  expect(errors.map((error) => error.message)).toEqual([expect.stringContaining("there is no key 1")]);
  expect(outbox.facts().failing).toBeDefined();
  decrypt = flip;
  await outbox.empty({ timeout: 8_000 });
  await world.arrived(4);
  expect(outbox.facts().failing).toBeUndefined();
  expectOutboxBalanced(outbox);
}, 20_000);
