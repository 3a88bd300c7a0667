import { afterAll, beforeAll, expect, it } from "vitest";
import { Cli } from "./run-cli.js";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.compile();
}, 60_000);
afterAll(() => cli.remove());

const WRONG_USE = 2;

it.each([
  [
    ["doctor", "--monitor", ""],
    `option '--monitor <url>' argument '' is invalid. It is empty; see "holdfast doctor --help"`,
  ],
  [
    ["bench", "--server", " , "],
    `option '-s, --server <url>' argument ' , ' is invalid. It is empty; see "holdfast bench --help"`,
  ],
  [
    ["doctor", "--watch", "127.0.0.1:4222"],
    `option '--watch [seconds]' argument '127.0.0.1:4222' is invalid. It must be a whole number, 1 to 3,600. Servers come before --watch, or behind its number; see "holdfast doctor --help"`,
  ],
])("holdfast %j is wrong use, and does not go elsewhere", async (words, says) => {
  expect(await cli.run(words)).toEqual({ code: WRONG_USE, out: "", err: `holdfast: ${says}\n` });
});
