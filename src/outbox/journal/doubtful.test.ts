import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import type { StoreChanges } from "../store/store.js";
import type { Batch } from "./entry.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./options.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A disk that says no, and has written nevertheless. */
class LyingStore extends MemoryStore {
  lies = false;

  override async commit(changes: StoreChanges): Promise<void> {
    await super.commit(changes);
    if (this.lies) throw new Error("fsync failed");
  }
}

const open = (store: MemoryStore, options: Partial<JournalOptions> = {}) =>
  Journal.open({ store, ...options });

function message(name: string, size = name.length) {
  return { subject: "n", reply: "", headers: undefined, payload: name.padEnd(size, "."), bytes: size + 20 };
}

function names(batch: Batch | undefined): string[] {
  return (batch?.entries ?? []).map(({ payload }) => Buffer.from(payload).toString().replace(/\.+$/, ""));
}

async function rest(journal: Journal): Promise<string[]> {
  const all: string[] = [];
  for (let batch = await journal.next(); batch; batch = await journal.next()) all.push(...names(batch));
  return all;
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A record on disk that a commit has made grow, which says that it has failed. */
async function grownInSecret(lost = vi.fn()) {
  const store = new LyingStore();
  const journal = await open(store, { events: { lost } });
  await journal.store(message("one"));
  await journal.store(message("two"));
  store.lies = true;
  const refused = journal.store(message("refused")).catch(() => "rejected");
  journal.take(message("offered"));
  expect(await refused).toBe("rejected");
  expect(journal).toMatchObject({ messages: 3, balanced: true });
  return { store, journal, lost };
}

test("a record that has grown on disk, unknown to the journal, is sent and sent again as it is known", async () => {
  const { store, journal, lost } = await grownInSecret();
  const batch = (await journal.next())!;
  expect(names(batch)).toEqual(["one", "two"]);
  // As a link that is lost: it has to be read again.
  journal.again();
  expect(names(await journal.next())).toEqual(["one", "two"]);
  journal.again();
  store.lies = false;
  await pass(10_000);
  expect(await rest(journal)).toEqual(["one", "two", "offered"]);
  expect(await rest(await open(store.copy()))).toEqual(["one", "two", "offered"]);
  expect(lost).not.toHaveBeenCalled();
  expect(journal).toMatchObject({ balanced: true, memoryBytes: 0 });
});

test("what is confirmed of it while the disk refuses is not sent again, and nothing is lost by that", async () => {
  const { store, journal, lost } = await grownInSecret();
  const batch = (await journal.next())!;
  journal.confirmed(batch, 1);
  await pass(10_000);
  journal.again();
  store.lies = false;
  await pass(10_000);
  const after = await open(store.copy());
  expect(await rest(after)).toEqual(["two", "offered"]);
  expect(after.balanced).toBe(true);
  expect(await rest(journal)).toEqual(["two", "offered"]);
  expect(lost).not.toHaveBeenCalled();
});

test("when all of it is confirmed it leaves the disk with what it had got in secret", async () => {
  const { store, journal } = await grownInSecret();
  journal.confirmed((await journal.next())!, 2);
  store.lies = false;
  await pass(10_000);
  expect(await rest(await open(store.copy()))).toEqual(["offered"]);
  journal.confirmed((await journal.next())!, 1);
  await pass(10_000);
  expect([...store.records()].length).toBe(1);
  expect(journal).toMatchObject({ messages: 0, bytes: 0, memoryBytes: 0, balanced: true });
});

test("a journal that is closed then has lost only what was in memory", async () => {
  const { store, journal, lost } = await grownInSecret();
  const closed = journal.close();
  await pass(1000);
  await closed;
  expect(lost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ messages: 1 }));
  expect((await rest(await open(store.copy()))).slice(0, 2)).toEqual(["one", "two"]);
});

test("a commit that is refused, and has not been written, leaves all that was stored", async () => {
  const store = new MemoryStore();
  const lost = vi.fn();
  const journal = await open(store, { events: { lost } });
  await journal.store(message("one"));
  for (let time = 0; time < 3; time++) {
    store.failNext();
    await journal.store(message("refused")).catch(() => {});
    expect(names(await journal.next())).toEqual(["one"]);
    journal.again();
    expect(await rest(await open(store.copy()))).not.toContain("refused");
    await pass(10_000);
    await journal.store(message(`large ${time}`, 20_000));
    expect((await rest(journal))[0]).toBe("one");
    journal.again();
  }
  expect(lost).not.toHaveBeenCalled();
  expect(await rest(await open(store.copy()))).toEqual(["one", "large 0", "large 1", "large 2"]);
});

test("a confirmation that comes late finds its message, also when it has come to the disk meanwhile", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  await journal.store(message("one"));
  const first = (await journal.next())!;
  journal.take(message("two"));
  const late = journal.takeUnstored()!;
  expect(names(late)).toEqual(["two"]);
  journal.again();
  await journal.flushed();
  journal.confirmed(late, 1);
  expect(journal).toMatchObject({ messages: 1, balanced: true });
  await pass(50);
  expect(await rest(journal)).toEqual(["one"]);
  journal.confirmed(first, 1);
  await pass(50);
  expect([...store.records()].length).toBe(1);
  expect(journal).toMatchObject({ messages: 0, bytes: 0, balanced: true });
});

/** One that came to the disk while it was handed out from memory, and one behind it that is in memory only. */
async function secured(store: MemoryStore) {
  const journal = await open(store);
  journal.take(message("one"));
  const one = journal.takeUnstored()!;
  journal.secure();
  await pass(20);
  expect(store.commits).toBe(2);
  journal.take(message("two"));
  return { journal, one };
}

test("a confirmation that comes late is for its own record, which has not become part of another", async () => {
  const store = new MemoryStore();
  const { journal } = await secured(store);
  const late = journal.takeUnstored()!;
  expect(names(late)).toEqual(["two"]);
  journal.again();
  await pass(20);
  journal.confirmed(late, 1);
  expect(journal).toMatchObject({ messages: 1, balanced: true });
  await pass(50);
  expect(await rest(await open(store.copy()))).toEqual(["one"]);
  expect(await rest(journal)).toEqual(["one"]);
});

test("a record of which something may be on disk does not become part of another", async () => {
  const store = new LyingStore();
  let isRefused = false;
  const encrypt = (body: Uint8Array) => {
    if (isRefused && Buffer.from(body).includes("two")) throw new Error("no key");
    return body;
  };
  const hooks = { encrypt, decrypt: (body: Uint8Array) => body };
  const journal = await open(store, hooks);
  store.lies = true;
  journal.take(message("one"));
  await pass(20);
  journal.take(message("two"));
  await pass(300);
  expect([...store.records()].length).toBe(3);
  store.lies = false;
  isRefused = true;
  await pass(1000);
  isRefused = false;
  await pass(10_000);
  expect(journal.failing).toBe(false);
  expect(await rest(await open(store.copy(), hooks))).toEqual(["one", "two"]);
});

const idsOf = (batch: Batch | undefined) =>
  Object.fromEntries(
    (batch?.entries ?? []).map(({ payload, messageId }) => [Buffer.from(payload).toString(), messageId]),
  );

test("what is sent from memory after such a commit has the ids that it may have on disk", async () => {
  const store = new LyingStore();
  const journal = await open(store);
  store.lies = true;
  journal.take(message("one"));
  const refused = journal.store(message("two")).catch(() => "rejected");
  journal.take(message("three"));
  expect(await refused).toBe("rejected");
  const sent = journal.takeUnstored();
  expect(names(sent)).toEqual(["one", "three"]);
  const found = idsOf(await (await open(store.copy())).next());
  expect(found).toMatchObject(idsOf(sent));
  // The one that was refused has an id of its own, if it is there.
  expect(new Set(Object.values(found)).size).toBe(3);
  journal.again();
  store.lies = false;
  await pass(10_000);
  const after = await (await open(store.copy())).next();
  expect(idsOf(after)).toEqual(idsOf(sent));
  expect(journal).toMatchObject({ messages: 2, memoryBytes: 0, balanced: true });
});

test("what was refused in front, in the middle and at the end is gone for good, also for the next process", async () => {
  const store = new LyingStore();
  const journal = await open(store);
  store.lies = true;
  const refused: Promise<unknown>[] = [];
  const refuse = (name: string) => refused.push(journal.store(message(name)).catch(() => {}));
  refuse("r0");
  journal.take(message("a"));
  refuse("r1");
  refuse("r2");
  journal.take(message("b"));
  refuse("r3");
  await Promise.all(refused);
  store.lies = false;
  await pass(10_000);
  const next = await open(store.copy());
  expect(next).toMatchObject({ messages: 2, balanced: true });
  const batch = (await next.next())!;
  expect(names(batch)).toEqual(["a", "b"]);
  next.confirmed(batch, 1);
  await next.flushed();
  const last = await open((next as unknown as { options: { store: MemoryStore } }).options.store.copy());
  expect(last.messages).toBe(1);
  expect(await rest(last)).toEqual(["b"]);
});

/** A key service that refuses what is of one message. */
function refusing() {
  const hooks = {
    refused: undefined as string | undefined,
    encrypt: (body: Uint8Array) => {
      if (hooks.refused !== undefined && Buffer.from(body).includes(hooks.refused)) throw new Error("no key");
      return body;
    },
    decrypt: (body: Uint8Array) => body,
  };
  return hooks;
}

test("what may have come to the disk as part of another record is not written by itself as long as that one cannot be", async () => {
  const store = new LyingStore();
  const hooks = refusing();
  const journal = await open(store, hooks);
  await journal.store(message("one"));
  store.lies = true;
  journal.take(message("two"));
  await pass(20);
  store.lies = false;
  hooks.refused = "one";
  await pass(1000);
  expect(await rest(await open(store.copy(), refusing()))).toEqual(["one", "two"]);
  hooks.refused = undefined;
  await pass(10_000);
  expect(await rest(await open(store.copy(), hooks))).toEqual(["one", "two"]);
  expect(await rest(journal)).toEqual(["one", "two"]);
});

test("nor while that one is handed out from memory: it is written along, and stays handed out", async () => {
  const store = new LyingStore();
  const journal = await open(store);
  await journal.store(message("one"));
  store.lies = true;
  journal.take(message("two"));
  await pass(20);
  const one = (await journal.next())!;
  expect(names(one)).toEqual(["one"]);
  store.lies = false;
  await pass(10_000);
  expect(await rest(await open(store.copy()))).toEqual(["one", "two"]);
  journal.confirmed(one, 1);
  await pass(100);
  expect(await rest(await open(store.copy()))).toEqual(["two"]);
  expect(await rest(journal)).toEqual(["two"]);
  expect(journal.balanced).toBe(true);
});
