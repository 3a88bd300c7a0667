import { afterAll, beforeAll, expect, it } from "vitest";
import { Cli } from "./run-cli.js";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.compile();
}, 60_000);
afterAll(() => cli.remove());

it.each([
  [["help", "doctr"], `unknown command 'doctr'; did you mean doctor?; see "holdfast --help"`],
  [
    ["help", "outbox", "replya"],
    `unknown command 'replya'; did you mean replay?; see "holdfast outbox --help"`,
  ],
  [
    ["outbox", "help", "replya"],
    `unknown command 'replya'; did you mean replay?; see "holdfast outbox --help"`,
  ],
  [["help", "doctor", "x"], `there is no command "x" of "doctor"; see "holdfast doctor --help"`],
  [["help", "nats://u:p4ss@h"], `unknown command 'nats://***@h'; see "holdfast --help"`],
  [["help", "--", "--version"], `unknown command '--version'; see "holdfast --help"`],
])("holdfast %j is wrong use, as without help", async (words, says) => {
  expect(await cli.run(words)).toEqual({ code: 2, out: "", err: `holdfast: ${says}\n` });
});

it.each([
  [["help"], ["--help"]],
  [
    ["help", "doctor"],
    ["doctor", "--help"],
  ],
  [
    ["help", "outbox"],
    ["outbox", "--help"],
  ],
  [
    ["outbox", "help"],
    ["outbox", "--help"],
  ],
  [
    ["help", "outbox", "replay"],
    ["outbox", "replay", "--help"],
  ],
  [
    ["outbox", "help", "replay"],
    ["outbox", "replay", "--help"],
  ],
  [
    ["help", "help"],
    ["help", "--help"],
  ],
])("holdfast %j is the same as %j", async (words, same) => {
  const { code, out, err } = await cli.run(words);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toBe((await cli.run(same)).out);
  expect(out).toMatch(/^Usage: holdfast /);
});
