import { crc32 } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import type { StoreChanges } from "../store/store.js";
import { BodyWriter, decodeBody } from "./body-codec.js";
import type { Batch } from "./entry.js";
import { decodeHead, encodeHead } from "./head-codec.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./options.js";
import { FIRST_RECORD, STORE_HEAD } from "./store-head.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const events = () => ({ failed: vi.fn(), expired: vi.fn(), lost: vi.fn(), work: vi.fn(), stored: vi.fn() });
const open = (store: MemoryStore, options: Partial<JournalOptions> = {}) =>
  Journal.open({ store, ...options });

function message(
  name: string | Uint8Array,
  more: { subject?: string; ttl?: number; headers?: Uint8Array } = {},
) {
  return {
    subject: "orders.new",
    reply: "",
    headers: undefined,
    payload: name,
    bytes: name.length + 20,
    ...more,
  };
}

function names(batch: Batch | undefined): string[] {
  return (batch?.entries ?? []).map(({ payload }) => Buffer.from(payload).toString());
}

async function rest(journal: Journal): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const batch = await journal.next();
    if (!batch) return all;
    all.push(...names(batch));
  }
}

async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await turns();
}

const nextId = (store: MemoryStore) => Math.max(...[...store.records()].map(({ id }) => id));

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

test("a batch leaves the disk when it is confirmed, within 50 ms; half of one is not sent again", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (const name of ["one", "two", "three"]) journal.take(message(name));
  await journal.flushed();
  const batch = (await journal.next())!;
  expect(batch).toMatchObject({ recovered: false, stored: true });
  journal.confirmed(batch, 2);
  journal.confirmed(batch, 2);
  expect(journal.counts.confirmed).toBe(2);
  await pass(50);
  const after = await open(store.copy());
  expect(after.counts.recovered).toBe(1);
  const recovered = (await after.next())!;
  expect([names(recovered), recovered.recovered]).toEqual([["three"], true]);
  journal.confirmed(batch, 3);
  await pass(49);
  expect([...store.records()].length).toBe(2);
  await pass(1);
  expect([...store.records()].length).toBe(1);
  expect(journal).toMatchObject({ messages: 0, bytes: 0, balanced: true });
});

test("64 outcomes do not wait", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (let index = 0; index < 64; index++) journal.take(message(Buffer.alloc(1_040_000)));
  await journal.flushed();
  await turns();
  for (let index = 0; index < 64; index++) journal.confirmed((await journal.next())!, 1);
  await turns();
  expect([...store.records()].length).toBe(1);
});

test("a failed commit rejects those of store(), which are not kept; offered ones are tried again", async () => {
  const store = new MemoryStore("/var/outbox");
  const told = events();
  const journal = await open(store, { events: told });
  store.failNext(new Error("no space left on device"));
  store.failNext(new Error("no space left on device"));
  journal.take(message("offered"));
  const stored = journal.store(message("stored"));
  journal.take(message("offered too"));
  await expect(stored).rejects.toMatchObject({
    code: "OUTBOX_FAILED",
    operation: "commit",
    path: "/var/outbox",
  });
  expect(journal).toMatchObject({ failing: true, failures: 1, messages: 2, pending: 0, balanced: true });
  expect(told.failed).toHaveBeenCalledTimes(1);
  await pass(99);
  expect(journal.failures).toBe(1);
  await pass(1);
  expect(journal.failures).toBe(2);
  await pass(200);
  expect(journal).toMatchObject({ failing: false, failures: 2, memoryBytes: 0 });
  expect(await rest(await open(store.copy()))).toEqual(["offered", "offered too"]);
});

test("while the disk refuses, what was only offered can be sent from memory, in order", async () => {
  const store = new MemoryStore();
  const told = events();
  const journal = await open(store, { events: told });
  store.failNext();
  journal.take(message("one"));
  await pass(10);
  expect(journal.failing).toBe(true);
  journal.take(message("two"));
  expect(await journal.next()).toBeUndefined();
  const one = journal.takeUnstored()!;
  const two = journal.takeUnstored()!;
  expect([names(one), names(two), one.stored]).toEqual([["one"], ["two"], false]);
  expect(journal.takeUnstored()).toBeUndefined();
  expect(journal).toMatchObject({ unsent: 0, messages: 2 });
  journal.confirmed(one, 1);
  journal.again();
  expect(journal).toMatchObject({ unsent: 1, messages: 1 });
  await pass(5000);
  expect(await rest(await open(store.copy()))).toEqual(["two"]);
  const again = (await journal.next())!;
  expect(again.entries[0].messageId).toBe(two.entries[0].messageId);
  journal.confirmed(again, 1);
  expect(journal.balanced).toBe(true);
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

test("again() hands out from the oldest what has no outcome, and late confirmations count", async () => {
  const journal = await open(new MemoryStore());
  for (const name of ["one", "two", "three"]) {
    journal.take(message(name));
    journal.take(message(Buffer.from(`${name}!`)));
    await journal.flushed();
    await turns();
  }
  const first = (await journal.next())!;
  journal.take(message("four"));
  journal.confirmed(first, 1);
  journal.again();
  journal.confirmed(first, 2);
  const again = (await journal.next())!;
  expect(names(again)[0]).toBe("two");
  journal.confirmed(again, 99);
  expect(journal.counts.confirmed).toBe(again.entries.length + 2);
  expect(journal.balanced).toBe(true);
});

test("a parked entry stays on disk with its reason, and is not sent again, in this process or another", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (const name of ["one", "two", "three"]) journal.take(message(name));
  await journal.flushed();
  const batch = (await journal.next())!;
  journal.park(batch, 1, "permissions violation");
  journal.park(batch, 1, "permissions violation");
  expect(journal).toMatchObject({ parked: 1, messages: 2, balanced: true });
  expect(await rest(await open(store.copy()))).toEqual(["one", "two", "three"]);
  await pass(50);
  const after = await open(store.copy());
  expect(after).toMatchObject({ parked: 1, messages: 2, counts: { recovered: 2 } });
  expect(await rest(after)).toEqual(["one", "three"]);
  journal.confirmed(batch, 3);
  expect(journal.counts).toMatchObject({ confirmed: 2, refused: 1 });
  await pass(50);
  const last = await open(store.copy());
  expect(last).toMatchObject({ parked: 1, messages: 0 });
  expect(last.bytes).toBeGreaterThan(0);
  expect(await last.next()).toBeUndefined();
});

test("the place of a parked entry and its leaving are one transaction", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  await journal.store(message("one"));
  const batch = (await journal.next())!;
  journal.park(batch, 0, "no");
  store.failNext();
  await pass(50);
  expect(await rest(await open(store.copy()))).toEqual(["one"]);
  await pass(5000);
  const after = await open(store.copy());
  expect(after).toMatchObject({ parked: 1, messages: 0 });
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

test("entries expire by ttl and by maxAge when their turn comes, and whole records without being read", async () => {
  vi.setSystemTime(1000);
  const store = new MemoryStore();
  const told = events();
  const journal = await open(store, { maxAge: 60_000, events: told });
  journal.take(message("short", { ttl: 100 }));
  journal.take(message("long"));
  await journal.flushed();
  await pass(100);
  expect(names(await journal.next())).toEqual(["long"]);
  expect(told.expired).toHaveBeenCalledExactlyOnceWith({ messages: 1, ttl: 1, maxAge: 0 });
  journal.again();
  const read = vi.spyOn(store, "body");
  await pass(60_000);
  expect(told.expired).toHaveBeenLastCalledWith({ messages: 1, ttl: 0, maxAge: 1 });
  expect(read).not.toHaveBeenCalled();
  expect(journal).toMatchObject({ messages: 0, balanced: true, counts: { expired: 2 } });
  await pass(50);
  expect([...store.records()].length).toBe(1);
});

test("a clock that goes back changes no order, and what is taken after it has its own time", async () => {
  vi.setSystemTime(1_000_000);
  const store = new MemoryStore();
  const journal = await open(store);
  await journal.store(message("one"));
  vi.setSystemTime(500);
  const after = await open(store.copy(), { maxAge: 1000 });
  await after.store(message("two", { ttl: 90_000 }));
  await pass(800);
  const batch = (await after.next())!;
  expect(batch.entries.map(({ at }) => at)).toEqual([1_000_000]);
  expect((await after.next())!.entries[0]).toMatchObject({ at: 500, expiresAt: 1500 });
});

test("a damaged body is lost and told, stays on disk as it is, and the rest goes on", async () => {
  const store = new MemoryStore("/damaged");
  const first = await open(store);
  for (const size of [20_000, 20_001, 20_002]) await first.store(message(Buffer.alloc(size)));
  const [, id] = [...store.records()].map((record) => record.id).slice(1);
  store.damage(id, "body", (body) => body.fill(7, 100, 101));
  const disk = store.copy();
  const told = events();
  const journal = await open(store, { events: told });
  expect((await journal.next())?.entries[0].payload.length).toBe(20_000);
  expect((await journal.next())?.entries[0].payload.length).toBe(20_002);
  expect(told.lost).toHaveBeenCalledExactlyOnceWith({
    record: id,
    messages: 1,
    error: expect.objectContaining({ code: "OUTBOX_FAILED", operation: "decode", path: "/damaged" }),
  });
  expect(journal).toMatchObject({ balanced: true, counts: { lost: 1, recovered: 3 } });
  journal.again();
  await journal.next();
  expect(told.lost).toHaveBeenCalledTimes(1);
  await journal.close();
  expect(store.body(id)).toEqual(disk.body(id));
});

test("a damaged head is told, nothing is done to it, and new records do not get its number", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  await first.store(message(Buffer.alloc(20_000)));
  await first.store(message(Buffer.alloc(20_001)));
  const id = nextId(store);
  store.damage(id, "head", (head) => head.fill(0, 4, 5));
  const told = events();
  const journal = await open(store, { events: told });
  expect(told.lost).toHaveBeenCalledExactlyOnceWith({
    record: id,
    messages: undefined,
    error: expect.objectContaining({ operation: "decode" }),
  });
  await journal.store(message(Buffer.alloc(20_002)));
  expect(nextId(store)).toBeGreaterThan(id);
  expect((await journal.next())?.entries[0].payload.length).toBe(20_000);
  expect((await journal.next())?.entries[0].payload.length).toBe(20_002);
  expect(journal.balanced).toBe(true);
});

test("a damaged head of the store is made anew, with the id and without a number that was given", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  await first.store(message("one"));
  const [entry] = (await first.next())!.entries;
  store.damage(STORE_HEAD, "head", (head) => head.fill(0, 4, 5));
  const journal = await open(store);
  expect(journal.id).toBe(first.id);
  expect((await journal.next())!.entries[0].messageId).toBe(entry.messageId);
  await journal.store(message("two"));
  const [two] = (await journal.next())!.entries;
  expect(Number(two.messageId.split("-").at(-1))).toBeGreaterThan(2 ** 40);
  expect((await open(store.copy())).id).toBe(first.id);
});

test("a store of a newer format is refused and not touched", async () => {
  const store = new MemoryStore("/new");
  const first = await open(store);
  await first.store(message("one"));
  store.damage(nextId(store), "head", (head) => newer(head));
  const before = store.commits;
  await expect(open(store)).rejects.toMatchObject({
    code: "OUTBOX_FAILED",
    operation: "open",
    message: expect.stringContaining("update holdfast"),
  });
  expect(store.commits).toBe(before);
});

test("a new store that cannot be written is refused; one with messages is opened, and tried again", async () => {
  const store = new MemoryStore();
  store.failNext();
  await expect(open(store)).rejects.toMatchObject({ code: "OUTBOX_FAILED", operation: "open" });
  const first = await open(store);
  await first.store(message("one"));
  store.failNext();
  const told = events();
  const journal = await open(store, { events: told });
  expect(told.failed).toHaveBeenCalledTimes(1);
  expect(names(await journal.next())).toEqual(["one"]);
});

test("bodies are encrypted by the user's hook, sync or async, parked ones and their reasons, too", async () => {
  const store = new MemoryStore();
  const turn = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x55);
  const hooks = { encrypt: turn, decrypt: async (bytes: Uint8Array) => turn(bytes) };
  const journal = await open(store, hooks);
  journal.take(message("secret", { subject: "very.secret" }));
  journal.take(message("secret too"));
  await journal.flushed();
  journal.park((await journal.next())!, 1, "secret reason");
  await pass(50);
  for (const { id, head } of store.records()) {
    const text = `${Buffer.from(head).toString("latin1")}${Buffer.from(store.body(id)!).toString("latin1")}`;
    expect(text).not.toContain("secret");
  }
  expect(await rest(await open(store.copy(), hooks))).toEqual(["secret"]);
  const told = events();
  const blind = await open(store.copy(), { events: told });
  expect(await blind.next()).toBeUndefined();
  expect(told.failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ operation: "decrypt" }));
  expect(blind).toMatchObject({ failing: true, messages: 1 });
  // What an outbox without the hook has stored is still read with it.
  const plain = new MemoryStore();
  await (await open(plain)).store(message("plain"));
  expect(await rest(await open(plain, hooks))).toEqual(["plain"]);
});

test("an encrypt that throws rejects, and nothing plain comes to the disk; outcomes still do", async () => {
  const store = new MemoryStore();
  await (await open(store)).store(message("old"));
  let works = false;
  const encrypt = (bytes: Uint8Array) => {
    if (!works) throw new Error("no key");
    return bytes.map((byte) => byte ^ 1);
  };
  const journal = await open(store, { encrypt, decrypt: (bytes) => bytes.map((byte) => byte ^ 1) });
  const batch = (await journal.next())!;
  journal.take(message("offered"));
  await expect(journal.store(message("new"))).rejects.toMatchObject({ operation: "encrypt" });
  journal.confirmed(batch, 1);
  await pass(10_000);
  expect([...store.records()].length).toBe(1);
  works = true;
  await pass(10_000);
  expect(names(await journal.next())).toEqual(["offered"]);
  expect(journal.balanced).toBe(true);
});

test("a body that cannot be read at first is read again", async () => {
  const store = new MemoryStore();
  await (await open(store)).store(message("one"));
  const told = events();
  const journal = await open(store, { events: told });
  const read = vi.spyOn(store, "body").mockImplementationOnce(() => {
    throw new Error("EIO");
  });
  expect(await journal.next()).toBeUndefined();
  expect(told.work).not.toHaveBeenCalled();
  await pass(100);
  expect(told.work).toHaveBeenCalledTimes(1);
  expect(names(await journal.next())).toEqual(["one"]);
  expect(told.failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ operation: "read" }));
  read.mockRestore();
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

/** As a newer version would write it. */
function newer(head: Uint8Array): Uint8Array {
  const changed = Buffer.from(head);
  changed[2] = 9;
  changed.writeUInt32LE(crc32(changed.subarray(0, -4)), changed.length - 4);
  return changed;
}

/** A disk that says no, and has written nevertheless. */
class LyingStore extends MemoryStore {
  lies = false;

  override async commit(changes: StoreChanges): Promise<void> {
    await super.commit(changes);
    if (this.lies) throw new Error("fsync failed");
  }
}

test("what a failed commit may have left on disk is overwritten or removed, and its numbers are those that it has", async () => {
  const store = new LyingStore();
  const journal = await open(store);
  store.lies = true;
  const refused = journal.store(message("refused"));
  journal.take(message("offered"));
  await expect(refused).rejects.toMatchObject({ operation: "commit" });
  const left = (await (await open(store.copy())).next())!;
  expect(names(left)).toEqual(["refused", "offered"]);
  const batch = journal.takeUnstored()!;
  expect(names(batch)).toEqual(["offered"]);
  expect(left.entries[names(left).indexOf("offered")].messageId).toBe(batch.entries[0].messageId);
  store.lies = false;
  journal.confirmed(batch, 1);
  await pass(10_000);
  expect([...store.records()].length).toBe(1);
});

test("a disk that refuses is not asked more often than each 100 ms, however many store", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  let asked = 0;
  store.beforeCommit = () => {
    asked++;
    throw new Error("no space left on device");
  };
  let rejected = 0;
  for (let ms = 0; ms < 1000; ms += 10) {
    journal.store(message("one")).catch(() => rejected++);
    await pass(10);
  }
  expect(asked).toBeLessThanOrEqual(11);
  expect(rejected).toBeGreaterThan(85);
});

test("a confirmation that comes late, while the batch is on its way to the disk, counts whether that succeeds or not", async () => {
  for (const fails of [false, true]) {
    const store = new MemoryStore();
    const journal = await open(store);
    for (const name of ["one", "two"]) journal.take(message(name));
    const late = journal.takeUnstored()!;
    journal.again();
    store.hold();
    if (fails) store.failNext();
    await turns();
    journal.confirmed(late, 2);
    expect(journal).toMatchObject({ messages: 0, balanced: true });
    store.release();
    await pass(10_000);
    expect([...store.records()].length).toBe(1);
    expect(journal).toMatchObject({ bytes: 0, memoryBytes: 0 });
  }
});

test("a parked entry whose place was purged is not counted twice", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (const name of ["one", "two", "three"]) journal.take(message(name));
  await journal.flushed();
  journal.park((await journal.next())!, 1, "no");
  await pass(50);
  store.damage(FIRST_RECORD, "body", (body) => {
    const { entries } = decodeBody(body, {
      outbox: "",
      number: 0,
      slots: 3,
      maxAge: Number.POSITIVE_INFINITY,
    });
    const writer = new BodyWriter(entries[0]!.at);
    for (const [slot, entry] of entries.entries()) {
      if (slot === 1) writer.addGone();
      else writer.add(entry!, entry!.at, entry!.expiry);
    }
    return writer.finish();
  });
  store.damage(FIRST_RECORD, "head", (head) => {
    const body = store.body(FIRST_RECORD)!;
    return encodeHead({ ...decodeHead(head), gone: 1, length: body.length, crc: crc32(body) });
  });
  const after = await open(store);
  expect(after).toMatchObject({ messages: 2, parked: 1 });
  const batch = (await after.next())!;
  expect(names(batch)).toEqual(["one", "three"]);
  after.confirmed(batch, 1);
  await pass(50);
  expect(await rest(await open(store.copy()))).toEqual(["three"]);
  after.confirmed(batch, 2);
  await pass(50);
  expect(await open(store.copy())).toMatchObject({ messages: 0, parked: 1 });
});

test("an entry that cannot be put among the parked ones keeps its place", async () => {
  const store = new MemoryStore();
  let works = true;
  const encrypt = (bytes: Uint8Array) => {
    if (!works) throw new Error("no key");
    return bytes.slice();
  };
  const hooks = { encrypt, decrypt: (bytes: Uint8Array) => bytes };
  const journal = await open(store, hooks);
  await journal.store(message("one"));
  works = false;
  journal.park((await journal.next())!, 0, "no");
  await pass(1000);
  expect(await open(store.copy(), hooks)).toMatchObject({ messages: 1, parked: 0 });
  works = true;
  await pass(10_000);
  expect(await open(store.copy(), hooks)).toMatchObject({ messages: 0, parked: 1 });
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
