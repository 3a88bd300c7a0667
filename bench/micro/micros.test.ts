import { expect, it } from "vitest";
import type { loadFrom } from "./micro.js";
import { MICROS } from "./options.js";

/** Modules as the test runner has them. */
const load: ReturnType<typeof loadFrom> = (path) => {
  const file = new URL(`../../src/${path.replace(/\.js$/, ".ts")}`, import.meta.url).href;
  return import(/* @vite-ignore */ file);
};

it.each(MICROS)("$name does what it repeats", async ({ prepare }) => {
  const repeat = await prepare(load);
  expect(repeat(1)).toBeGreaterThanOrEqual(1);
  expect(repeat(300)).toBeGreaterThanOrEqual(300);
});
