import { crc32 } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import { BodyWriter, decodeBody } from "./body-codec.js";
import type { Batch } from "./entry.js";
import { decodeHead, encodeHead } from "./head-codec.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./options.js";
import { FIRST_RECORD } from "./store-head.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const events = () => ({ failed: vi.fn(), expired: vi.fn(), lost: vi.fn(), work: vi.fn(), stored: vi.fn() });
const open = (store: MemoryStore, options: Partial<JournalOptions> = {}) =>
  Journal.open({ store, ...options });
const flip = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x55);
const never = () => new Promise<Uint8Array>(() => {});

function message(name: string, size = 20_000) {
  const payload = name.padEnd(size, ".");
  return { subject: "n", reply: "", headers: undefined, payload, bytes: size + 20 };
}

function first(batch: Batch | undefined): string | undefined {
  return batch && Buffer.from(batch.entries[0].payload).toString().replace(/\.+$/, "");
}

async function turns(count = 6): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await turns();
}

/** Encrypted, a record each. */
async function filled(...names: string[]): Promise<MemoryStore> {
  const store = new MemoryStore("/secret");
  const journal = await open(store, { encrypt: flip, decrypt: flip });
  for (const name of names) await journal.store(message(name));
  await journal.close();
  return store;
}

test("a decrypt that fails for hours loses nothing: it is told once, nothing goes around it, and all is there when it works again", async () => {
  const store = await filled("one", "two", "three");
  let works = false;
  let asked = 0;
  const decrypt = async (bytes: Uint8Array) => {
    asked++;
    if (!works) throw new Error("there is no key 1");
    return flip(bytes);
  };
  const told = events();
  const journal = await open(store, { encrypt: flip, decrypt, events: told });
  expect(await journal.next()).toBeUndefined();
  await journal.store(message("new"));
  for (let minute = 0; minute < 120; minute++) await pass(60_000);
  expect(await journal.next()).toBeUndefined();
  expect(told.lost).not.toHaveBeenCalled();
  expect(told.failed).toHaveBeenCalledTimes(1);
  const [error] = told.failed.mock.calls[0];
  expect(error).toMatchObject({ code: "OUTBOX_FAILED", operation: "decrypt", path: "/secret" });
  expect(error.message).toMatch(/decrypt failed: record \d+: there is no key 1/);
  expect(journal).toMatchObject({ failing: true, failure: { operation: "decrypt" }, messages: 4 });
  // Every 5 s, and not more often.
  expect(asked).toBeGreaterThan(1400);
  expect(asked).toBeLessThan(1460);
  works = true;
  told.work.mockClear();
  await pass(5000);
  expect(told.work).toHaveBeenCalledTimes(1);
  expect(journal).toMatchObject({ failing: false, failure: undefined });
  const found = [];
  for (let batch = await journal.next(); batch; batch = await journal.next()) found.push(first(batch));
  expect(found).toEqual(["one", "two", "three", "new"]);
  expect(journal).toMatchObject({ balanced: true, counts: { lost: 0 } });
  // The next episode is told again.
  works = false;
  journal.again();
  await journal.next();
  expect(told.failed).toHaveBeenCalledTimes(2);
});

test("a disk that fails for hours loses nothing", async () => {
  const store = await filled("one");
  const told = events();
  const journal = await open(store, { encrypt: flip, decrypt: flip, events: told });
  const read = vi.spyOn(store, "body").mockImplementation(() => {
    throw new Error("EIO");
  });
  expect(await journal.next()).toBeUndefined();
  await pass(3_600_000);
  expect(told.lost).not.toHaveBeenCalled();
  expect(told.failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ operation: "read" }));
  read.mockRestore();
  await pass(5000);
  expect(first(await journal.next())).toBe("one");
});

test("another key that gives bytes without a word is no damage", async () => {
  const store = await filled("one");
  const told = events();
  let decrypt: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes.map((byte) => byte ^ 0x11);
  const options = { encrypt: flip, decrypt: (bytes: Uint8Array) => decrypt(bytes), events: told };
  const journal = await open(store, options);
  expect(await journal.next()).toBeUndefined();
  expect(told.lost).not.toHaveBeenCalled();
  expect(told.failed.mock.calls[0][0].message).toMatch(/decrypt failed: record \d+: .*another key/);
  decrypt = flip;
  await pass(5000);
  expect(first(await journal.next())).toBe("one");
});

test("a batch whose key is missing ends by its age, and what is behind it goes on", async () => {
  const store = await filled("one");
  const told = events();
  const decrypt = (bytes: Uint8Array) => {
    if (told.expired.mock.calls.length === 0) throw new Error("no key");
    return flip(bytes);
  };
  const journal = await open(store, { encrypt: flip, decrypt, maxAge: 60_000, events: told });
  expect(await journal.next()).toBeUndefined();
  await pass(40_000);
  journal.take(message("two"));
  await pass(30_000);
  expect(told.expired).toHaveBeenCalledTimes(1);
  await pass(5000);
  expect(journal.failing).toBe(false);
  expect(first(await journal.next())).toBe("two");
});

test("hooks that never settle: nobody waits longer than a second, they fail after 30 s, and are asked again", async () => {
  const store = await filled("one");
  let hangs = true;
  let asked = 0;
  const decrypt = (bytes: Uint8Array) => {
    asked++;
    return hangs ? never() : flip(bytes);
  };
  const told = events();
  const journal = await open(store, { encrypt: flip, decrypt, events: told });
  const next = journal.next();
  await pass(1000);
  expect(await next).toBeUndefined();
  expect(told.failed).not.toHaveBeenCalled();
  // Whoever asks meanwhile does not begin another one.
  for (let second = 0; second < 5; second++) {
    const again = journal.next();
    await pass(1000);
    expect(await again).toBeUndefined();
  }
  expect(asked).toBe(1);
  await pass(24_001);
  expect(told.failed.mock.calls[0][0]).toMatchObject({ operation: "decrypt" });
  expect(told.failed.mock.calls[0][0].message).toContain("has not settled within 30 s");
  hangs = false;
  await pass(5000);
  expect(first(await journal.next())).toBe("one");
});

test("a hook that takes its time delays, and no more", async () => {
  const store = await filled("one", "two");
  const decrypt = async (bytes: Uint8Array) => {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return flip(bytes);
  };
  const told = events();
  const journal = await open(store, { encrypt: flip, decrypt, events: told });
  const found: (string | undefined)[] = [];
  const ask = async () => {
    for (let batch = await journal.next(); batch; batch = await journal.next()) found.push(first(batch));
  };
  told.work.mockImplementation(() => void ask());
  void ask();
  await pass(10_000);
  expect(found).toEqual(["one", "two"]);
  expect(told.failed).not.toHaveBeenCalled();
});

test("close(), flushed(), again() and keep() do not wait for a read that does not end", async () => {
  const store = await filled("one");
  const decrypt = (bytes: Uint8Array) => (Buffer.from(flip(bytes)).includes("one.") ? never() : flip(bytes));
  const journal = await open(store, { encrypt: flip, decrypt });
  const stuck = journal.next();
  await turns();
  journal.keep(message("zero"), true);
  await turns();
  expect(await stuck).toBeUndefined();
  await journal.flushed();
  expect(first(await journal.next())).toBe("zero");
  const stuckAgain = journal.next();
  await turns();
  journal.again();
  await turns();
  expect(first(await stuckAgain)).toBe("zero");
  const last = journal.next();
  await turns();
  await journal.close();
  expect(await last).toBeUndefined();
  expect(store.closed).toBe(2);
  expect(vi.getTimerCount()).toBe(0);
});

test("close() does not wait for the next try of a read", async () => {
  const store = await filled("one");
  const decrypt = () => {
    throw new Error("no key");
  };
  const journal = await open(store, { encrypt: flip, decrypt });
  await journal.next();
  await journal.close();
  expect(vi.getTimerCount()).toBe(0);
});

test("an encrypt that never settles rejects after 30 s, whatever waits behind it, and what is offered is stored later", async () => {
  const store = new MemoryStore();
  let hangs = true;
  const encrypt = (bytes: Uint8Array) => (hangs ? never() : flip(bytes));
  const journal = await open(store, { encrypt, decrypt: flip });
  const rejected = vi.fn();
  for (let index = 0; index < 5; index++) journal.store(message("stored", 500_000)).catch(rejected);
  journal.take(message("offered", 500_000));
  const next = journal.next();
  await turns();
  await pass(1000);
  expect(await next).toBeUndefined();
  const flushed = journal.flushed();
  await pass(29_000);
  expect(rejected).toHaveBeenCalledTimes(5);
  expect(rejected.mock.calls[4][0]).toMatchObject({ code: "OUTBOX_FAILED", operation: "encrypt" });
  await flushed;
  hangs = false;
  await pass(5000);
  expect(first(await journal.next())).toBe("offered");
  expect(journal.balanced).toBe(true);
});

test("what is parked is not sent, though its record could not be read when the outbox was opened", async () => {
  const store = new MemoryStore();
  const first = await open(store, { encrypt: flip, decrypt: flip });
  for (const name of ["one", "parked", "purged", "four"]) first.take({ ...message(name, 10) });
  await first.flushed();
  first.park((await first.next())!, 1, "no");
  await pass(50);
  await first.close();
  await withoutSlot(store, 2);
  let works = false;
  const decrypt = (bytes: Uint8Array) => {
    if (!works) throw new Error("no key");
    return flip(bytes);
  };
  const journal = await open(store, { encrypt: flip, decrypt });
  expect(journal.balanced).toBe(true);
  expect(await journal.next()).toBeUndefined();
  works = true;
  await pass(5000);
  const batch = (await journal.next())!;
  expect(batch.entries.map(({ payload }) => Buffer.from(payload).toString().slice(0, 3))).toEqual([
    "one",
    "fou",
  ]);
  expect(journal).toMatchObject({ parked: 1, messages: 2, balanced: true });
  journal.confirmed(batch, 2);
  await pass(50);
  expect(journal).toMatchObject({ messages: 0, balanced: true });
  expect(await open(store.copy(), { encrypt: flip, decrypt: flip })).toMatchObject({
    messages: 0,
    parked: 1,
  });
});

/** As a purge leaves the first record: without one of its entries, also of those behind the parked one. */
async function withoutSlot(store: MemoryStore, gone: number): Promise<void> {
  const record = [...store.records()].find(({ id }) => id === FIRST_RECORD)!;
  const { slots } = decodeHead(record.head);
  const context = { outbox: "", number: 0, slots, maxAge: Number.POSITIVE_INFINITY };
  const { entries } = decodeBody(flip(store.body(FIRST_RECORD)!), context);
  const writer = new BodyWriter(entries[0]!.at);
  for (const [slot, entry] of entries.entries()) {
    if (slot === gone) writer.addGone();
    else writer.add(entry!, entry!.at, entry!.expiry);
  }
  const body = flip(writer.finish());
  const head = { ...decodeHead(record.head), gone: 1, length: body.length, crc: crc32(body) };
  await store.commit({ put: [{ id: FIRST_RECORD, head: encodeHead(head), body }], remove: [] });
}
