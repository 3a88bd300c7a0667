import { expect, it } from "vitest";
import { rejection } from "../../../test/support/until.js";
import { MemoryStore } from "./memory-store.js";

const head = (byte: number) => Uint8Array.of(byte);

it("has records in ascending order, replaces heads alone, and removes both parts", async () => {
  const store = new MemoryStore();
  await store.commit({
    put: [
      { id: 9, head: head(9), body: head(90) },
      { id: 2, head: head(2) },
    ],
    remove: [],
  });
  await store.commit({ put: [{ id: 9, head: head(8) }], remove: [2] });
  expect([...store.records()]).toEqual([{ id: 9, head: head(8) }]);
  expect(store.body(9)).toEqual(head(90));
  await store.commit({ put: [], remove: [9] });
  expect(store.body(9)).toBeUndefined();
});

it("a commit that fails leaves what was there, and the next one works", async () => {
  const store = new MemoryStore();
  store.failNext(new Error("full"));
  expect((await rejection(store.commit({ put: [{ id: 1, head: head(1) }], remove: [] }))).message).toBe(
    "full",
  );
  expect([...store.records()]).toEqual([]);
  await store.commit({ put: [{ id: 1, head: head(1) }], remove: [] });
  expect([...store.records()]).toHaveLength(1);
});

it("a commit that is held is not seen before it is released, nor by a copy, and a second one is refused", async () => {
  const store = new MemoryStore();
  store.hold();
  const given = head(1);
  const commit = store.commit({ put: [{ id: 1, head: given }], remove: [] });
  given[0] = 7;
  expect([...store.copy().records()]).toEqual([]);
  await rejection(store.commit({ put: [], remove: [] }));
  store.release();
  await commit;
  expect([...store.records()]).toEqual([{ id: 1, head: head(1) }]);
});

it("damages one part of a record", async () => {
  const store = new MemoryStore();
  await store.commit({ put: [{ id: 1, head: head(1), body: head(2) }], remove: [] });
  store.damage(1, "body", (bytes) => bytes.fill(9));
  expect(store.body(1)).toEqual(head(9));
  store.damage(1, "body", () => undefined);
  expect(store.body(1)).toBeUndefined();
});
