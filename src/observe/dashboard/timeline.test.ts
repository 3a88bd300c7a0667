import { expect, it } from "vitest";
import type { Ring } from "../ring.js";
import { Timeline } from "./timeline.js";

const HOUR = 3_600_000;

it("has the state that the hour began in, and what came in it", () => {
  const timeline = new Timeline();
  timeline.add(0, "connecting");
  timeline.add(10, "connected");
  timeline.add(HOUR, "reconnecting");
  const ats = (now: number) => timeline.since(now).map(({ at }) => at);
  expect(ats(HOUR)).toEqual([0, 10, HOUR]);
  expect(ats(HOUR + 5)).toEqual([0, 10, HOUR]);
  expect(ats(HOUR + 10)).toEqual([10, HOUR]);
  expect(ats(3 * HOUR)).toEqual([HOUR]);
  expect(timeline.since(3 * HOUR)).toEqual([{ at: HOUR, state: "reconnecting" }]);
});

it("has the last thousand changes, or as many as there is room for", () => {
  const timeline = new Timeline();
  for (let at = 0; at < 5_000; at++) timeline.add(at, "connected");
  const { steps } = timeline as unknown as { steps: Ring<unknown> };
  expect(steps.toArray()).toHaveLength(1_000);
  expect(timeline.since(5_000)).toHaveLength(1_000);
  expect(timeline.since(5_000)[0].at).toBe(4_000);
  expect(timeline.since(5_000, 20)).toHaveLength(20);
  expect(timeline.since(5_000, 20).at(-1)?.at).toBe(4_999);
});

it("is empty as long as nothing is known", () => {
  expect(new Timeline().since(0)).toEqual([]);
});
