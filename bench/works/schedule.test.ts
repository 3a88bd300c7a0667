import { expect, it } from "vitest";
import { Schedule } from "./schedule.js";

// 4 messages in the 2 ms of warming up, then 3 of them 10 ms apart.
const schedule = new Schedule({ perSecond: 2000, ms: 2 }, { perSecond: 100, ms: 30 });

it("warms up at one rate, and goes on at the other without a pause", () => {
  expect(schedule).toMatchObject({ warm: 4, total: 7, warmMs: 2, ms: 32 });
  expect([0, 1, 2, 3, 4, 5, 6].map((message) => schedule.timeOf(message))).toEqual([
    0, 0.5, 1, 1.5, 2, 12, 22,
  ]);
});

it("has each message due at its time, none before the start, and not more than there are", () => {
  expect([-1, 0, 0.4, 0.5, 1.9, 2, 11.9, 12, 22, 1000].map((ms) => schedule.dueBy(ms))).toEqual([
    0, 1, 1, 2, 4, 5, 5, 6, 7, 7,
  ]);
});

it("measures at least one message, however short", () => {
  expect(new Schedule({ perSecond: 10, ms: 1 }, { perSecond: 10, ms: 1 })).toMatchObject({
    warm: 1,
    total: 2,
  });
});
