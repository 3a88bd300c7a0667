import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import { Journal } from "./journal.js";
import type { JournalOptions } from "./options.js";

const DAY = 86_400_000;
const START = 1_700_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (store: MemoryStore, options: Partial<JournalOptions> = {}) =>
  Journal.open({ store, ...options });

function message(name: string, ttl?: number) {
  return { subject: "n", reply: "", headers: undefined, payload: name, bytes: 40, ttl };
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function leap(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

async function rest(journal: Journal): Promise<string[]> {
  const all: string[] = [];
  for (let batch = await journal.next(); batch; batch = await journal.next()) {
    for (const { payload } of batch.entries) all.push(Buffer.from(payload).toString());
  }
  return all;
}

test("a clock that leaps forward removes nothing that is young: what this process has taken is as old as it is", async () => {
  const expired = vi.fn();
  const journal = await open(new MemoryStore(), { maxAge: 3_600_000, events: { expired } });
  await journal.store(message("one"));
  await journal.store(message("ttl", 600_000));
  leap(DAY);
  await pass(300_000);
  expect(expired).not.toHaveBeenCalled();
  expect(await rest(journal)).toEqual(["one", "ttl"]);
  journal.again();
  await pass(360_000);
  expect(await rest(journal)).toEqual(["one"]);
  journal.again();
  await pass(3_600_000);
  expect(journal.counts.expired).toBe(2);
});

test("what an earlier process has left is as old as it was when this one began, and the time since then", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  await first.store(message("one"));
  await first.close();
  await pass(1_800_000);
  const expired = vi.fn();
  const journal = await open(store, { maxAge: 3_600_000, events: { expired } });
  leap(DAY);
  await pass(1_700_000);
  expect(expired).not.toHaveBeenCalled();
  expect(await rest(journal)).toEqual(["one"]);
  journal.again();
  await pass(200_000);
  expect(expired).toHaveBeenCalledTimes(1);
  // The next one has nothing but the wall clock.
  const later = await open(store.copy(), { maxAge: 3_600_000 });
  expect(await rest(later)).toEqual([]);
});

test("a machine that begins with a clock of 1970 removes nothing when it gets the right one", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  await first.store(message("one"));
  await first.close();
  vi.setSystemTime(1000);
  const expired = vi.fn();
  const journal = await open(store, { maxAge: 3_600_000, events: { expired } });
  await pass(1000);
  vi.setSystemTime(START + 60_000);
  await pass(60_000);
  expect(expired).not.toHaveBeenCalled();
  await pass(3_600_000);
  expect(expired).toHaveBeenCalledTimes(1);
  expect(journal.balanced).toBe(true);
});

test("a clock that has been a day ahead leaves no trace in what the next process takes", async () => {
  const store = new MemoryStore();
  leap(DAY);
  const first = await open(store);
  await first.store(message("ahead"));
  await first.close();
  leap(-DAY);
  const journal = await open(store, { maxAge: 3_600_000 });
  await journal.store(message("new", 60_000));
  const [, batch] = [await journal.next(), (await journal.next())!];
  expect(batch.entries[0].at).toBe(Date.now());
  expect(batch.entries[0].expiresAt).toBe(Date.now() + 60_000);
  expect(batch.entries[0].at).toBeGreaterThanOrEqual(START);
  expect(batch.entries[0].at).toBeLessThan(START + 60_000);
});

test("a clock that goes back makes nobody older", async () => {
  const journal = await open(new MemoryStore(), { maxAge: 60_000 });
  await journal.store(message("one"));
  leap(-DAY);
  await journal.store(message("two"));
  await pass(30_000);
  expect(await rest(journal)).toEqual(["one", "two"]);
});

test("what was found is not older than the clock says, when that has been ahead at the start", async () => {
  const store = new MemoryStore();
  const first = await open(store);
  await first.store(message("one"));
  await first.close();
  leap(DAY);
  const journal = await open(store, { maxAge: 2 * DAY });
  leap(-DAY);
  await pass(1.5 * DAY);
  expect(await rest(journal)).toEqual(["one"]);
  journal.again();
  await pass(0.6 * DAY);
  expect(journal.counts.expired).toBe(1);
});

test("a leap forward that is taken back leaves what is taken after it its own time, in this process, too", async () => {
  const journal = await open(new MemoryStore(), { maxAge: 3_600_000 });
  leap(DAY);
  await journal.store(message("ahead"));
  leap(-DAY);
  await journal.store(message("new", 60_000));
  const [, batch] = [await journal.next(), (await journal.next())!];
  expect(batch.entries[0].at).toBe(Date.now());
  expect(batch.entries[0].expiresAt).toBe(Date.now() + 60_000);
});
