import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  events,
  holdTime,
  message,
  names,
  open,
  pass,
  rest,
  turns,
} from "../../../test/outbox/journal/scene.js";
import { MemoryStore } from "../store/memory-store.js";
import { FIRST_RECORD } from "./store-head.js";

beforeEach(holdTime);
afterEach(() => {
  vi.useRealTimers();
});

test("what is too much for one commit is stored by the next: all calls of one turn settle", async () => {
  const journal = await open(new MemoryStore());
  const payload = new Uint8Array(300_000);
  const stored = Promise.all(Array.from({ length: 90 }, () => journal.store(message(payload))));
  await turns(60);
  await pass(0);
  await expect(stored).resolves.toHaveLength(90);
});

test("a thousand concurrent calls of store() share a few commits, and their order", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const before = store.commits;
  await Promise.all(Array.from({ length: 1000 }, (_, index) => journal.store(message(`${index}`))));
  expect(store.commits - before).toBeLessThanOrEqual(3);
  expect(await rest(await open(store.copy()))).toEqual(
    Array.from({ length: 1000 }, (_, index) => `${index}`),
  );
  expect(journal.counts).toMatchObject({ stored: 1000 });
  expect(journal.flushes.count).toBe(store.commits);
});

test("store() resolves after the commit, not before, and what comes meanwhile is the next commit", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  store.hold();
  const done: string[] = [];
  const one = journal.store(message("one")).then(() => done.push("one"));
  await turns();
  const two = journal.store(message("two")).then(() => done.push("two"));
  await turns();
  expect(done).toEqual([]);
  expect(journal).toMatchObject({ pending: 2, messages: 0, unsent: 2 });
  expect(await rest(await open(store.copy()))).toEqual([]);
  const before = store.commits;
  store.release();
  await Promise.all([one, two]);
  expect(store.commits - before).toBe(2);
  expect(journal).toMatchObject({ pending: 0, messages: 2, unsent: 2, memoryBytes: 0 });
});

test("one message at a time does not make one record of each", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (let index = 0; index < 600; index++) await journal.store(message(`${index}`.padEnd(100, ".")));
  expect([...store.records()].length).toBeLessThan(10);
  const found = await rest(await open(store.copy()));
  expect(found.map((name) => Number.parseInt(name, 10))).toEqual(
    Array.from({ length: 600 }, (_, index) => index),
  );
  expect(new Set((await journal.next())?.entries.map(({ messageId }) => messageId)).size).toBeGreaterThan(50);
});

test("bodies have about 1 MiB, and a large message has one of its own", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (let index = 0; index < 50; index++) journal.take(message(Buffer.alloc(100_000)));
  journal.take(message(Buffer.alloc(3_000_000)));
  journal.take(message("last"));
  await journal.flushed();
  const reader = await open(store.copy());
  const sizes: number[] = [];
  for (let batch = await reader.next(); batch; batch = await reader.next()) sizes.push(batch.bytes);
  expect(sizes.length).toBe(7);
  expect(sizes.filter((size) => size > 1024 * 1024)).toEqual([expect.closeTo(3_000_000, -3)]);
});

test("what was only offered is on disk after commitDelay, by itself", async () => {
  const store = new MemoryStore();
  const journal = await open(store, { commitDelay: 10 });
  journal.take(message("one"));
  await pass(5);
  expect(await rest(await open(store.copy()))).toEqual([]);
  await pass(6);
  expect(await rest(await open(store.copy()))).toEqual(["one"]);
});

test("next() waits for what is on its way, and has nothing when it is only offered", async () => {
  const store = new MemoryStore();
  const told = events();
  const journal = await open(store, { events: told });
  journal.take(message("one"));
  expect(await journal.next()).toBeUndefined();
  await pass(10);
  expect(told.work).toHaveBeenCalledTimes(1);
  store.hold();
  const stored = journal.store(message("two"));
  expect(names(await journal.next())).toEqual(["one"]);
  const next = journal.next();
  await turns();
  store.release();
  expect(names(await next)).toEqual(["two"]);
  await stored;
});

test("takeUnstored() has nothing as long as something older is unsent, or somebody was promised the disk", async () => {
  const journal = await open(new MemoryStore());
  await journal.store(message("stored"));
  journal.take(message("offered"));
  expect(journal.takeUnstored()).toBeUndefined();
  await journal.next();
  const promised = journal.store(message("promised"));
  expect(journal.takeUnstored()).toBeUndefined();
  await promised;
  expect(journal.takeUnstored()).toBeUndefined();
});

test("a number that was sent from memory is not given again after a crash", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  journal.take(message("memory"));
  const sent = journal.takeUnstored()!.entries[0].messageId;
  const after = await open(store.copy());
  expect(after.id).toBe(journal.id);
  await after.store(message("new"));
  const [entry] = (await after.next())!.entries;
  expect(entry.messageId).not.toBe(sent);
  expect(entry.messageId.startsWith(`${journal.id}-`)).toBe(true);
});

test("numbers are only given away when they are reserved on disk", async () => {
  const store = new MemoryStore();
  await (await open(store)).close();
  store.failNext();
  const journal = await open(store);
  journal.take(message("one"));
  expect(journal.takeUnstored()).toBeUndefined();
  await pass(5000);
  expect(names(await journal.next())).toEqual(["one"]);
});

test("kept messages are older than all, in the order of the calls", async () => {
  vi.setSystemTime(5000);
  const store = new MemoryStore();
  const journal = await open(store);
  await journal.store(message("three"));
  vi.setSystemTime(9000);
  journal.keep(message("one"), true);
  journal.keep(message("two"), false);
  await pass(20);
  journal.keep(message("two and a half"), false);
  await journal.flushed();
  const reader = await open(store.copy());
  expect(reader.oldestAt).toBe(5000);
  expect(await rest(reader)).toEqual(["one", "two", "two and a half", "three"]);
  await journal.next();
  journal.again();
  journal.keep(message("zero"), true);
  await journal.flushed();
  expect(await rest(await open(store.copy()))).toEqual(["zero", "one", "two", "two and a half", "three"]);
  expect(journal.counts.stored).toBe(5);
});

test("maxBytes and memoryLimit refuse, with what is held intact", async () => {
  const store = new MemoryStore("/full");
  const journal = await open(store, { maxBytes: 10_000, memoryLimit: 3000 });
  const large = message(Buffer.alloc(2000));
  expect(journal.take(large)).toBe(true);
  expect(journal.take(large)).toBe(false);
  await expect(journal.store(large)).rejects.toMatchObject({ code: "OUTBOX_FULL" });
  for (let index = 0; index < 3; index++) {
    await journal.flushed();
    expect(journal.take(large)).toBe(true);
  }
  await journal.flushed();
  expect(journal.take(large)).toBe(false);
  expect(journal.keep(large, false)).toBe(false);
  await expect(journal.store(large)).rejects.toThrow("option maxBytes is 10000");
  expect(journal.bytes).toBeLessThanOrEqual(10_000);
  journal.confirmed((await journal.next())!, 99);
  await pass(50);
  expect(journal.take(large)).toBe(true);
  expect(journal.balanced).toBe(true);
});

test("close() writes what it can, tells of what it cannot, and refuses everything after", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  journal.take(message("one"));
  journal.take(message("two"));
  const batch = journal.takeUnstored()!;
  journal.confirmed(batch, 1);
  await Promise.all([journal.close(), journal.close()]);
  expect(store.closed).toBe(1);
  expect(await rest(await open(store.copy()))).toEqual(["two"]);
  expect([journal.take(message("x")), journal.keep(message("x"), true)]).toEqual([false, false]);
  await expect(journal.store(message("x"))).rejects.toMatchObject({ code: "INVALID_OPERATION" });
  expect(await journal.next()).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);

  const told = events();
  const failing = await open(store, { events: told });
  failing.take(message("three"));
  store.failNext();
  await failing.close();
  expect(told.lost).toHaveBeenCalledExactlyOnceWith({
    record: 0,
    messages: 1,
    error: expect.objectContaining({ operation: "commit" }),
  });
  expect(failing).toMatchObject({ balanced: true, counts: { lost: 1 } });
});

test("close() during a commit waits for it", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  store.hold();
  const stored = journal.store(message("one"));
  await turns();
  const closed = journal.close();
  await turns();
  expect(store.closed).toBe(0);
  store.release();
  await Promise.all([stored, closed]);
  expect(await rest(await open(store.copy()))).toEqual(["one"]);
});

test("memory stays bounded whatever is on disk", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (let index = 0; index < 40; index++) await journal.store(message(Buffer.alloc(500_000)));
  const held = (journal as unknown as { holdings: { queue: Iterable<{ body?: Uint8Array }> } }).holdings
    .queue;
  let bytes = 0;
  for (const { body } of held) bytes += body?.length ?? 0;
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
});

test("a record that grows does not pass one that is handed out", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  await journal.store(message("two"));
  await journal.next();
  journal.keep(message("one"), true);
  await journal.flushed();
  await journal.store(message("three"));
  expect(await rest(await open(store.copy()))).toEqual(["one", "two", "three"]);
  const ids = [...store.records()].map(({ id }) => id - FIRST_RECORD).slice(1);
  expect(ids).toEqual([-65_536, 0, expect.any(Number)]);
});

test("calls of next() at the same time get different batches", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  await first.store(message(Buffer.alloc(20_000)));
  await first.store(message(Buffer.alloc(20_001)));
  const journal = await open(store);
  const batches = await Promise.all([journal.next(), journal.next(), journal.next()]);
  expect(batches.map((batch) => batch?.entries[0].payload.length)).toEqual([20_000, 20_001, undefined]);
});

test("two of the same folder, one copied or put back, give no message id twice; what was stored before keeps its id", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  for (const name of ["one", "parked"]) first.take(message(name));
  await first.flushed();
  first.park((await first.next())!, 1, "no");
  await first.close();
  const ids: string[][] = [];
  for (const one of [store.copy(), store.copy(), store]) {
    const journal = await open(one);
    expect(journal.id).toBe(first.id);
    await journal.store(message(Buffer.alloc(20_000)));
    const old = (await journal.next())!.entries[0].messageId;
    journal.take(message("memory"));
    const stored = (await journal.next())!.entries[0].messageId;
    const fromMemory = journal.takeUnstored()!.entries[0].messageId;
    journal.again();
    await journal.flushed();
    const [, , again] = [await journal.next(), await journal.next(), (await journal.next())!];
    expect(again.entries[0].messageId).toBe(fromMemory);
    await journal.close();
    // The next process finds them as they were.
    const next = await open(one.copy());
    const found = [await next.next(), await next.next(), await next.next()];
    expect(found.map((batch) => batch!.entries[0].messageId)).toEqual([old, stored, fromMemory]);
    ids.push([old, stored, fromMemory]);
  }
  expect(new Set(ids.map(([old]) => old)).size).toBe(1);
  expect(new Set(ids.flat()).size).toBe(7);
});

test("the store remembers which stream the outbox is for", async () => {
  const store = new MemoryStore();
  const first = await open(store, { stream: "ORDERS" });
  expect(first.previousStream).toBeUndefined();
  await first.close();
  const second = await open(store, { stream: "ORDERS" });
  expect(second.previousStream).toBe("ORDERS");
  await second.close();
  expect((await open(store)).previousStream).toBe("ORDERS");
  expect((await open(store)).previousStream).toBeUndefined();
  const long = await open(store, { stream: "X".repeat(300) });
  await long.close();
  expect((await open(store, { stream: 'A"é' })).previousStream).toBeUndefined();
  expect((await open(store)).previousStream).toBe('A"é');
});
