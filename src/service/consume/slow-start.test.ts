import { expect, test } from "vitest";
import { SlowStart } from "./slow-start.js";

test("begins with one message, and takes twice as many with each that is finished", () => {
  const start = new SlowStart(6);
  expect(start.room(0, 0)).toBe(1);
  start.arrived(2, 0);
  expect(start.room(1, 10)).toBe(0);
  for (const room of [2, 4, 6, 6]) {
    start.finished(0, 20);
    expect(start.room(0, 20)).toBe(room);
  }
  expect(start.room(9, 20)).toBe(-3);
});

test("long handlers do not keep it waiting", () => {
  const start = new SlowStart(20);
  expect(start.room(0, 5_000)).toBe(1);
  start.arrived(2, 5_000);
  expect(start.room(1, 5_499)).toBe(0);
  expect(start.room(1, 5_500)).toBe(1);
  start.arrived(2, 5_510);
  expect(start.room(2, 5_999)).toBe(0);
  expect(start.room(2, 6_000)).toBe(2);
});

test("the time without a message shows nothing", () => {
  const start = new SlowStart(20);
  start.arrived(2, 0);
  start.finished(0, 10);
  start.arrived(2, 9_000);
  expect(start.room(1, 9_010)).toBe(1);
});

test("a message that comes for the first time has ended no process: it takes as many as it may", () => {
  const start = new SlowStart(20);
  start.arrived(1, 0);
  expect(start.room(1, 0)).toBe(19);
});
