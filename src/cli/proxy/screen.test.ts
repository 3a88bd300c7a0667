import { expect, it } from "vitest";
import { Screen } from "./screen.js";

it("lines have the time of day in UTC, wherever it runs", () => {
  let text = "";
  const stream = { isTTY: false, write: (more: string) => (text += more) } as unknown as NodeJS.WriteStream;
  new Screen(stream, () => new Date("2026-11-23T03:16:28.005Z")).line("link 1 opened");
  expect(text).toBe("03:16:28.005Z  link 1 opened\n");
});
