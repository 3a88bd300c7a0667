import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import { Journal } from "./journal.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const open = (store = new MemoryStore()) => Journal.open({ store });

async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Takes a message; gives how it has ended by now: `open`, `confirmed`, or the error's code or text. */
function taken(journal: Journal, payload: string, ttl?: number): () => string {
  const message = { subject: "n", reply: "", headers: undefined, payload, bytes: payload.length + 20, ttl };
  expect(journal.take(message)).toBe(true);
  let end = "open";
  journal.confirmLast(false).then(
    () => {
      end = "confirmed";
    },
    (error: Error & { code?: string }) => {
      end = error.code ?? error.message;
    },
  );
  return () => end;
}

async function endsOf(...messages: (() => string)[]): Promise<string[]> {
  await turns();
  return messages.map((end) => end());
}

test("who waits hears of the confirmation of that very entry", async () => {
  const journal = await open();
  const messages = ["a", "b", "c"].map((name) => taken(journal, name));
  await journal.flushed();
  const batch = (await journal.next())!;
  expect(await endsOf(...messages)).toEqual(["open", "open", "open"]);
  journal.confirmed(batch, 2);
  expect(await endsOf(...messages)).toEqual(["confirmed", "confirmed", "open"]);
  journal.confirmed(batch, 3);
  expect(await endsOf(...messages)).toEqual(["confirmed", "confirmed", "confirmed"]);
});

test("also when its record has become part of another one, or was never on disk", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const first = taken(journal, "a");
  await journal.flushed();
  const second = taken(journal, "b");
  await journal.flushed();
  const batch = (await journal.next())!;
  expect(batch.entries).toHaveLength(2);
  journal.confirmed(batch, 1);
  expect(await endsOf(first, second)).toEqual(["confirmed", "open"]);
  journal.confirmed(batch, 2);
  const third = taken(journal, "c");
  const unstored = journal.takeUnstored()!;
  expect(await endsOf(first, second, third)).toEqual(["confirmed", "confirmed", "open"]);
  journal.confirmed(unstored, 1);
  expect(await endsOf(third)).toEqual(["confirmed"]);
});

test("also when the disk refuses for a while, and those beside it who were told that they are not kept", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const message = { subject: "n", reply: "", headers: undefined, payload: "x", bytes: 21 };
  const refused = journal.store(message).catch(() => "refused");
  const first = taken(journal, "a");
  const alsoRefused = journal.store(message).catch(() => "refused");
  const second = taken(journal, "b");
  store.failNext();
  await turns();
  expect(await Promise.all([refused, alsoRefused])).toEqual(["refused", "refused"]);
  await vi.advanceTimersByTimeAsync(1000);
  await journal.flushed();
  const batch = (await journal.next())!;
  expect(batch.entries.map(({ payload }) => Buffer.from(payload).toString())).toEqual(["a", "b"]);
  journal.confirmed(batch, 1);
  expect(await endsOf(first, second)).toEqual(["confirmed", "open"]);
  journal.confirmed(batch, 2);
  expect(await endsOf(second)).toEqual(["confirmed"]);
});

test("a record that was to grow, and whose commit failed, keeps who waits", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const first = taken(journal, "a");
  await journal.flushed();
  const second = taken(journal, "b");
  store.failNext();
  await journal.flushed();
  await vi.advanceTimersByTimeAsync(1000);
  await journal.flushed();
  for (let batch = await journal.next(); batch; batch = await journal.next()) {
    journal.confirmed(batch, batch.entries.length);
  }
  expect(await endsOf(first, second)).toEqual(["confirmed", "confirmed"]);
});

test("what is parked, or has expired, ends with its reason", async () => {
  const journal = await open();
  const [parked, reasoned, late, confirmed] = ["a", "b", "c", "d"].map((name) => taken(journal, name));
  await journal.flushed();
  const batch = (await journal.next())!;
  journal.park(batch, 0, "no");
  journal.park(batch, 1, "no", new Error("for a reason"));
  journal.expired(batch, 2);
  journal.confirmed(batch, 4);
  expect(await endsOf(parked, reasoned, late, confirmed)).toEqual([
    "MESSAGE_DROPPED",
    "for a reason",
    "MESSAGE_DROPPED",
    "confirmed",
  ]);
});

test("what has expired is told when its batch is handed out, and when all of it has", async () => {
  const journal = await open();
  const short = taken(journal, "a", 100);
  const long = taken(journal, "b");
  await journal.flushed();
  await vi.advanceTimersByTimeAsync(200);
  const batch = (await journal.next())!;
  expect(await endsOf(short, long)).toEqual(["MESSAGE_DROPPED", "open"]);
  journal.confirmed(batch, 1);
  const whole = taken(journal, "c", 100);
  await journal.flushed();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(journal.counts.expired).toBe(2);
  expect(await endsOf(long, whole)).toEqual(["confirmed", "MESSAGE_DROPPED"]);
});

test("what cannot be read any more is lost", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  // Larger than what is kept of it in memory.
  const lost = taken(journal, "x".repeat(40_000_000));
  await journal.flushed();
  const id = Math.max(...[...store.records()].map((record) => record.id));
  store.damage(id, "body", (bytes) => bytes.subarray(1));
  expect(await journal.next()).toBeUndefined();
  expect(journal.counts.lost).toBe(1);
  expect(await endsOf(lost)).toEqual(["OUTBOX_FAILED"]);
});

test("at the end all who wait are told: of what is kept, and of what never came to the disk", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  const handed = taken(journal, "a");
  await journal.flushed();
  await journal.next();
  const kept = taken(journal, "b");
  await journal.flushed();
  journal.endWaits();
  expect(await endsOf(handed, kept)).toEqual(["OVERFLOWED", "OVERFLOWED"]);
  const lost = taken(journal, "c");
  store.beforeCommit = () => {
    throw new Error("read-only");
  };
  await journal.close();
  expect(await endsOf(lost)).toEqual(["OUTBOX_FAILED"]);
});

test("who is in a hurry does not wait for others to come along", async () => {
  const store = new MemoryStore();
  const journal = await open(store);
  taken(journal, "a");
  await turns();
  expect(journal.memoryBytes).toBeGreaterThan(0);
  void journal.confirmLast(true);
  await turns();
  expect(journal.memoryBytes).toBe(0);
});

test("nobody can wait for what was not taken", async () => {
  const journal = await open();
  await expect(journal.confirmLast(false)).rejects.toMatchObject({ code: "INVALID_OPERATION" });
});
