import { expect, it } from "vitest";
import { duration } from "./duration.js";

it.each([
  [0, "0 ms"],
  [0.4, "0 ms"],
  [340.6, "341 ms"],
  [999, "999 ms"],
  [1_000, "1 s"],
  [12_900, "12 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [200_000, "3 min 20 s"],
  [3_599_999, "59 min 59 s"],
  [3_600_000, "1 h"],
  [18_061_000, "5 h 1 min"],
])("%d ms are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});
