import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import type { Batch } from "./entry.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./options.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"], now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (store: MemoryStore, options: Partial<JournalOptions> = {}) =>
  Journal.open({ store, ...options });
const message = (text: string) => ({
  subject: "n",
  reply: "",
  headers: undefined,
  payload: text,
  bytes: text.length + 20,
});
const textOf = (batch: Batch | undefined): string =>
  (batch?.entries ?? []).map(({ payload }) => Buffer.from(payload).toString()).join("");

/** Stored, and handed out. */
async function sent(journal: Journal, text: string): Promise<Batch> {
  await journal.store(message(text));
  const batch = await journal.next();
  expect(textOf(batch)).toBe(text);
  return batch!;
}

async function rest(journal: Journal): Promise<string> {
  let all = "";
  for (let batch = await journal.next(); batch; batch = await journal.next()) all += textOf(batch);
  return all;
}

function keep(journal: Journal, texts: Iterable<string>, behind?: Batch): void {
  for (const text of texts) expect(journal.keep(message(text), true, behind)).toBe(true);
}

test("what is kept comes in front of all, or behind the batch that it was published behind", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const b = await sent(journal, "b");
  const d = await sent(journal, "d");
  const f = await sent(journal, "f");
  await journal.store(message("i"));
  journal.again();
  keep(journal, "a");
  keep(journal, "c", b);
  keep(journal, "e", d);
  keep(journal, "gh", f);
  await journal.flushed();
  const copy = store.copy();
  expect(await rest(journal)).toBe("abcdefghi");
  expect(journal.balanced).toBe(true);
  expect(await rest(await open(copy))).toBe("abcdefghi");
});

test("it comes behind what was kept there before, also by another process", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  const a = await sent(first, "a");
  first.again();
  keep(first, "b", a);
  await first.flushed();
  const second = await open(store.copy());
  const batches = [await second.next(), await second.next()];
  expect(batches.map(textOf)).toEqual(["a", "b"]);
  await second.store(message("d"));
  second.again();
  keep(second, "c", batches[1]);
  await second.flushed();
  expect(await rest(second)).toBe("abcd");
});

test("what is kept does not take the number of one that is done and not removed yet", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  const a = await sent(first, "a");
  first.again();
  keep(first, "b", a);
  await first.flushed();
  const journal = await open(store.copy());
  await journal.next();
  journal.confirmed((await journal.next())!, 1);
  journal.again();
  const again = await journal.next();
  journal.again();
  keep(journal, "c", again);
  await journal.flushed();
  expect(await rest(journal)).toBe("ac");
});

test("it has a time of its own, and looks as old as what it is in front of", async () => {
  const store = new MemoryStore();
  const journal = await open(store, { maxAge: 1_000 });
  const old = await sent(journal, "old");
  await vi.advanceTimersByTimeAsync(900);
  journal.again();
  keep(journal, "k");
  keep(journal, "l", old);
  await journal.flushed();
  expect(journal.oldestAt).toBe(1_000_000);
  await vi.advanceTimersByTimeAsync(200);
  expect(await rest(await open(store.copy(), { maxAge: 1_000 }))).toBe("kl");
  expect(await rest(journal)).toBe("kl");
  expect(journal.counts.expired).toBe(1);
});

test("entries whose time has passed on their way are counted as that, and gone", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const batch = await sent(journal, "a");
  journal.expired(batch, 0);
  journal.expired(batch, 0);
  journal.confirmed(batch, 1);
  expect(journal.counts).toMatchObject({ confirmed: 0, expired: 1 });
  expect(journal.messages).toBe(0);
  journal.again();
  await journal.flushed();
  expect(await rest(await open(store.copy()))).toBe("");
});

test("what was handed out from memory can be secured: it is on disk, and stays handed out", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (const text of "abc") journal.take(message(text));
  const batch = journal.takeUnstored()!;
  expect(textOf(batch)).toBe("abc");
  journal.confirmed(batch, 1);
  store.failNext();
  journal.secure();
  journal.secure();
  await vi.advanceTimersByTimeAsync(50);
  await new Promise((resolve) => setImmediate(resolve));
  expect(journal.failing).toBe(true);
  journal.again();
  const again = journal.takeUnstored()!;
  expect(textOf(again)).toBe("bc");
  journal.secure();
  await vi.waitFor(() => expect(journal.memoryBytes).toBe(0), { timeout: 10_000 });
  expect(await rest(await open(store.copy()))).toBe("bc");
  expect(await journal.next()).toBeUndefined();
  journal.confirmed(again, 2);
  await journal.flushed();
  expect(journal).toMatchObject({ messages: 0, bytes: 0, balanced: true });
  expect(await rest(await open(store.copy()))).toBe("");
});

test("however often something is kept behind the last one, it keeps its order", async () => {
  const journal = await open(new MemoryStore());
  let last = await sent(journal, "0,");
  for (let round = 1; round <= 1100; round++) {
    journal.again();
    keep(journal, [`${round},`], last);
    const batches: Batch[] = [];
    const add = (batch: Batch | undefined) => batch !== undefined && batches.push(batch);
    while (add(await journal.next()) || add(journal.takeUnstored()));
    const numbers = batches.map(textOf).join("").split(",").slice(0, -1).map(Number);
    expect(numbers).toEqual(numbers.map((_, i) => round + 1 - numbers.length + i));
    last = batches.at(-1)!;
    // A few stay, as with a link that never brings all confirmations.
    if (batches.length > 5) journal.confirmed(batches[0], batches[0].entries.length);
    if (round % 100 === 0) await journal.flushed();
  }
}, 30_000);

test("what is kept later behind one whose numbers are used up is behind what went on elsewhere", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const first = await sent(journal, "0,");
  let count = 0;
  // Each of a run of its own, behind the same one: as if it were handed out each time.
  const one = () => {
    journal.again();
    keep(journal, [`${++count},`], first);
    journal.again();
  };
  for (let round = 0; round < 1100; round++) {
    one();
    journal.secure();
    await journal.next();
  }
  await journal.store(message("last,"));
  for (let round = 0; round < 10; round++) {
    one();
    await journal.next();
  }
  journal.again();
  await journal.flushed();
  const all = (await rest(await open(store.copy()))).split(",").slice(0, -1);
  expect(all).toEqual([...Array.from({ length: count + 1 }, (_, i) => String(i)), "last"]);
}, 30_000);

test("when there is no number left between two it is refused, and not put in front of all", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const first = await sent(journal, "0,");
  await journal.store(message("last"));
  let refused = 0;
  for (let round = 1; round <= 1100; round++) {
    journal.again();
    if (!journal.keep(message(`${round},`), true, first)) refused++;
    await journal.next();
  }
  expect(refused).toBe(1100 - 1023);
  journal.again();
  await journal.flushed();
  const all = (await rest(await open(store.copy()))).split(",");
  expect(all).toEqual([...Array.from({ length: 1024 }, (_, i) => String(i)), "last"]);
}, 30_000);

test("numbers that were given in between are forgotten when nothing has them any more", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  for (let round = 0; round < 1300; round++) {
    const batch = await sent(journal, "a");
    await journal.store(message("z"));
    journal.again();
    keep(journal, "b", batch);
    for (let next = await journal.next(); next; next = await journal.next())
      journal.confirmed(next, next.entries.length);
    for (let next = journal.takeUnstored(); next; next = journal.takeUnstored())
      journal.confirmed(next, next.entries.length);
    for (let next = await journal.next(); next; next = await journal.next())
      journal.confirmed(next, next.entries.length);
    if (round % 50 === 0) await journal.flushed();
  }
  const { between } = (journal as unknown as { intake: { between: Map<number, number> } }).intake;
  expect(between.size).toBeLessThan(1000);
  expect(journal).toMatchObject({ messages: 0, balanced: true });
}, 30_000);
