import { expect, it } from "vitest";
import { UsageExit } from "../../demo/command-line.js";
import { isAboutOutbox, outboxCommand, parseOutboxOptions } from "./options.js";

function refused(...args: string[]): string {
  let said = "";
  expect(() =>
    parseOutboxOptions(["--outbox", ...args], (text) => {
      said += text;
    }),
  ).toThrow(UsageExit);
  return said;
}

it("has defaults", () => {
  expect(isAboutOutbox(["--outbox"])).toBe(true);
  expect(isAboutOutbox(["--consumer"])).toBe(false);
  expect(parseOutboxOptions(["--outbox"])).toEqual({
    cycles: 1_000,
    target: "stream",
    seed: 1,
    sabotage: false,
    backlog: undefined,
    json: false,
  });
});

it("tells how to run the same again", () => {
  for (const line of [
    "--cycles 25 --seed 7",
    "--cycles 25 --target core --seed 7 --sabotage",
    "--backlog 1073741824",
  ]) {
    expect(outboxCommand(parseOutboxOptions(["--outbox", ...line.split(" ")]))).toBe(
      `npm run chaos -- --outbox ${line}`,
    );
  }
  expect(parseOutboxOptions(["--outbox", "--backlog", "1GiB"]).backlog).toBe(1024 ** 3);
});

it("refuses what it cannot do", () => {
  expect(refused("--cycles", "0")).toContain("whole number from 1");
  expect(refused("--target", "queue")).toContain("stream or core");
  expect(refused("--backlog", "10")).toContain("from 1MiB");
  expect(refused("--backlog", "1GB")).toContain("from 1MiB");
  expect(refused("--backlog", "1GiB", "--cycles", "5")).toContain("goes with --json alone");
});
