import { crc32 } from "node:zlib";
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
import { BodyWriter, decodeBody } from "./body-codec.js";
import { decodeHead, encodeHead } from "./head-codec.js";
import { FIRST_RECORD } from "./store-head.js";

beforeEach(holdTime);
afterEach(() => {
  vi.useRealTimers();
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
