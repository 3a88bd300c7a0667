import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { onAbort } from "./on-abort.js";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

it("calls back once, in the order of the calls, by one listener; none is left", () => {
  const { signal, ...controller } = own();
  const called: number[] = [];
  for (let i = 0; i < 100; i++) onAbort(signal, () => called.push(i));
  expect(listeners(signal)).toBe(1);
  controller.abort();
  controller.abort();
  expect(called).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(listeners(signal)).toBe(0);
});

it("who listens no longer is not called, also when another one sees to that; the last one takes the listener along", () => {
  const { signal, ...controller } = own();
  const called: string[] = [];
  const gone = onAbort(signal, () => called.push("gone"));
  onAbort(signal, () => {
    called.push("first");
    second();
  });
  const second = onAbort(signal, () => called.push("second"));
  gone();
  gone();
  expect(listeners(signal)).toBe(1);
  controller.abort();
  expect(called).toEqual(["first"]);
  second();

  const other = own();
  const stops = [1, 2, 3].map(() => onAbort(other.signal, () => {}));
  for (const stop of stops) stop();
  expect(listeners(other.signal)).toBe(0);
  onAbort(other.signal, () => called.push("again"));
  expect(listeners(other.signal)).toBe(1);
  other.abort();
  expect(called).toEqual(["first", "again"]);
});

it("calls back at once when it has aborted", () => {
  const { signal, ...controller } = own();
  controller.abort();
  let called = 0;
  onAbort(signal, () => called++)();
  expect(called).toBe(1);
  expect(listeners(signal)).toBe(0);
});

function own(): { readonly signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
