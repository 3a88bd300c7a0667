import { expect, test } from "vitest";
import { MemoryStore } from "../store/memory-store.js";
import { Bodies } from "./bodies.js";

const flip = (bytes: Uint8Array) => bytes.fill(255 - bytes[0]);

test("hooks that work in place change nothing but their own copy", async () => {
  const store = new MemoryStore();
  const bodies = new Bodies(store, flip, flip);
  const body = new Uint8Array([7, 7, 7]);
  const { bytes, ...facts } = await bodies.seal(body);
  expect([...body]).toEqual([7, 7, 7]);
  await store.commit({ put: [{ id: 5, head: new Uint8Array(1), body: bytes }], remove: [] });
  expect([...(await bodies.read(5, facts))]).toEqual([7, 7, 7]);
  expect([...(await bodies.read(5, facts))]).toEqual([7, 7, 7]);
});

test("a hook that gives the same buffer every time does not change what it gave before", async () => {
  const shared = new Uint8Array(1);
  const encrypt = (body: Uint8Array) => {
    shared.set(body);
    return shared;
  };
  const bodies = new Bodies(new MemoryStore(), encrypt, flip);
  const first = await bodies.seal(new Uint8Array([1]));
  await bodies.seal(new Uint8Array([2]));
  expect([...first.bytes]).toEqual([1]);
});
