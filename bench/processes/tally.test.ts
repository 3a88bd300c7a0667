import { expect, it } from "vitest";
import { Tally } from "./tally.js";

const HOUR = 3_600_000;
const settled = (tally: Tally) =>
  Promise.race([tally.sample, new Promise((resolve) => setImmediate(resolve))]);

it("counts what comes after the warming up, to the message with which it ends", async () => {
  const tally = new Tally({ warm: 10, warmMs: HOUR, measured: 80, ms: HOUR, size: 4 });
  for (let i = 0; i < 89; i++) tally.take(1, 4);
  expect(await settled(tally)).toBeUndefined();
  tally.take(1, 4);
  const { rate, time } = await tally.sample;
  expect(rate! * time!).toBeCloseTo(80);
  expect(tally.done).toBe(true);
});

it("ends early when its time is over, at the next look", async () => {
  const tally = new Tally({ warm: 0, warmMs: HOUR, measured: 800, ms: 0, size: 1 });
  for (let i = 0; i < 201; i++) tally.take(1, 1);
  const { rate, time } = await tally.sample;
  expect(rate! * time!).toBeLessThan(201);
});

it("begins early when warming up takes long", async () => {
  const tally = new Tally({ warm: 1000, warmMs: 0, measured: 80, ms: HOUR, size: 1 });
  // The first look begins the warming up, and ends it.
  for (let i = 0; i < 10 + 80; i++) tally.take(1, 1);
  const { rate, time } = await tally.sample;
  expect(rate! * time!).toBeCloseTo(80);
});

it("does not wait for more than will come when the warming up ends late", async () => {
  const tally = new Tally({ warm: 10, warmMs: HOUR, measured: 80, ms: HOUR, size: 1 });
  tally.take(40, 40);
  tally.take(50, 50);
  const { rate, time } = await tally.sample;
  expect(rate! * time!).toBeCloseTo(50);
});

it("may get many at a time, and more than it wants", async () => {
  const tally = new Tally({ warm: 10, warmMs: HOUR, measured: 10, ms: HOUR, size: 2 });
  tally.take(15, 30);
  tally.take(500, 1000);
  tally.take(1, 2);
  const { rate, time } = await tally.sample;
  expect(rate! * time!).toBeCloseTo(500);
});

it("fails when payloads have another size", async () => {
  const tally = new Tally({ warm: 0, warmMs: HOUR, measured: 8, ms: HOUR, size: 128 });
  tally.take(1, 127);
  await expect(tally.sample).rejects.toThrow("1 payloads of 128 bytes have 127 in all");
});
