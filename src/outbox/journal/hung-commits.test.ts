import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import type { Batch } from "./entry.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./options.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (store: MemoryStore, options: Partial<JournalOptions> = {}) =>
  Journal.open({ store, ...options });
const message = (name: string) => ({
  subject: "n",
  reply: "",
  headers: undefined,
  payload: name,
  bytes: name.length + 20,
});

async function rest(journal: Journal): Promise<string[]> {
  const all: Batch[] = [];
  for (let batch = await journal.next(); batch; batch = await journal.next()) all.push(batch);
  return all.flatMap(({ entries }) => entries.map(({ payload }) => Buffer.from(payload).toString()));
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What a promise has come to; undefined: nothing yet. */
function watched(promise: Promise<unknown>) {
  const seen = { value: undefined as unknown };
  promise.then(
    () => {
      seen.value = "done";
    },
    (error) => {
      seen.value = error;
    },
  );
  return seen;
}

test("a commit that does not settle counts as failed after 30 s; there is no other until it has, and then all is written", async () => {
  const store = new MemoryStore();
  const failed = vi.fn();
  const journal = await open(store, { events: { failed } });
  await journal.store(message("stored"));
  let begun = 0;
  store.beforeCommit = () => {
    begun++;
  };
  store.hold();
  journal.take(message("offered"));
  const first = watched(journal.store(message("refused")));
  await pass(0);
  await pass(29_000);
  expect(first.value).toBeUndefined();
  await pass(1_500);
  expect(first.value).toMatchObject({ code: "OUTBOX_FAILED", operation: "commit" });
  expect(String(first.value)).toContain("has not settled within 30 s");
  expect(journal).toMatchObject({ failing: true, messages: 2, pending: 0, balanced: true });
  // Whoever comes meanwhile hears of it soon.
  const second = watched(journal.store(message("too")));
  await pass(1_000);
  expect(second.value).toMatchObject({ code: "OUTBOX_FAILED", operation: "commit" });
  await pass(60_000);
  expect(begun).toBe(1);
  store.release();
  await pass(10_000);
  expect(journal).toMatchObject({ failing: false, memoryBytes: 0, balanced: true });
  await journal.store(message("later"));
  expect(await rest(await open(store.copy()))).toEqual(["stored", "offered", "later"]);
  expect(await rest(journal)).toEqual(["stored", "offered", "later"]);
});

test("close() ends with OUTBOX_FAILED, within one deadline, when a commit does not settle", async () => {
  const store = new MemoryStore();
  const lost = vi.fn();
  const journal = await open(store, { events: { lost } });
  await journal.store(message("stored"));
  store.hold();
  const stored = watched(journal.store(message("refused")));
  journal.take(message("offered"));
  await pass(0);
  await pass(5_000);
  const closed = watched(journal.close());
  await pass(20_000);
  expect(closed.value).toBeUndefined();
  await pass(10_000);
  expect(stored.value).toMatchObject({ code: "OUTBOX_FAILED" });
  expect(closed.value).toMatchObject({ code: "OUTBOX_FAILED", operation: "close" });
  expect(lost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ messages: 1 }));
  expect(journal).toMatchObject({ pending: 0, balanced: true });
  // It was told to close nevertheless.
  expect(store.closed).toBe(1);
  store.release();
  await pass(1_000);
});

test("also when the commit that hangs is the second one, and when the store does not close", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  store.failNext();
  journal.take(message("a"));
  store.beforeCommit = () => pass(20_000);
  await pass(20);
  const closed = watched(journal.close());
  store.beforeCommit = () => new Promise<void>(() => {});
  store.close = () => new Promise<void>(() => {});
  for (let time = 0; time < 60; time++) await pass(1_000);
  expect(closed.value).toMatchObject({ code: "OUTBOX_FAILED", operation: "close" });
});

test("an encrypt that does not end holds up close() for one deadline, not for two", async () => {
  const store = new MemoryStore();
  const lost = vi.fn();
  let hangs = false;
  const encrypt = (body: Uint8Array) => (hangs ? new Promise<Uint8Array>(() => {}) : body);
  const journal = await open(store, { encrypt, decrypt: (body) => body, events: { lost } });
  await journal.store(message("stored"));
  hangs = true;
  const stored = watched(journal.store(message("refused")));
  journal.take(message("offered"));
  await pass(0);
  await pass(5_000);
  const closed = watched(journal.close());
  await pass(0);
  await pass(25_500);
  expect(stored.value).toMatchObject({ code: "OUTBOX_FAILED", operation: "encrypt" });
  await pass(4_600);
  expect(closed.value).toBe("done");
  expect(lost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ messages: 1 }));
  expect(journal).toMatchObject({ pending: 0, messages: 1, balanced: true });
  expect(await rest(await open(store.copy(), { decrypt: (body) => body }))).toEqual(["stored"]);
});

test("a commit that had begun before close(), and fails, is tried once more", async () => {
  const store = new MemoryStore();
  const lost = vi.fn();
  const journal = await open(store, { events: { lost } });
  store.hold();
  journal.take(message("a"));
  await pass(50);
  const closed = watched(journal.close());
  store.failNext();
  store.release();
  await pass(500);
  expect(closed.value).toBe("done");
  expect(lost).not.toHaveBeenCalled();
  expect(await rest(await open(store.copy()))).toEqual(["a"]);
});
