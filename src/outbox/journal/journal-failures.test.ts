import { crc32 } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  events,
  holdTime,
  message,
  names,
  newestId,
  open,
  pass,
  rest,
} from "../../../test/outbox/journal/scene.js";
import { MemoryStore } from "../store/memory-store.js";
import type { StoreChanges } from "../store/store.js";
import { STORE_HEAD } from "./store-head.js";

beforeEach(holdTime);
afterEach(() => {
  vi.useRealTimers();
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
  const id = newestId(store);
  store.damage(id, "head", (head) => head.fill(0, 4, 5));
  const told = events();
  const journal = await open(store, { events: told });
  expect(told.lost).toHaveBeenCalledExactlyOnceWith({
    record: id,
    messages: undefined,
    error: expect.objectContaining({ operation: "decode" }),
  });
  await journal.store(message(Buffer.alloc(20_002)));
  expect(newestId(store)).toBeGreaterThan(id);
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
  store.damage(newestId(store), "head", (head) => newer(head));
  const before = store.commits;
  await expect(open(store)).rejects.toMatchObject({
    code: "OUTBOX_FAILED",
    operation: "open",
    message: expect.stringContaining("update holdfast"),
  });
  expect(store.commits).toBe(before);
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
