import { expect, it } from "vitest";
import { FullScreen } from "./full-screen.js";

it("leaves the terminal as it was, once, however the process ends", () => {
  let said = "";
  const stream = {
    columns: 10,
    rows: 3,
    write: (text: string) => {
      said += text;
    },
  } as unknown as NodeJS.WriteStream;
  const before = process.listenerCount("exit");
  const screen = new FullScreen(stream);
  expect(said).toContain("\u001b[?1049h");
  screen.draw(["a", "b", "c", "d"]);
  expect(said).not.toContain("d\u001b");
  expect(said.endsWith("\u001b[2Kc\u001b[J")).toBe(true);
  const leave = process.listeners("exit").at(-1)!;
  leave(0);
  screen[Symbol.dispose]();
  screen.draw(["after"]);
  expect(said.endsWith("\u001b[?7h\u001b[?25h\u001b[?1049l")).toBe(true);
  expect(said.split("\u001b[?1049l")).toHaveLength(2);
  expect(process.listenerCount("exit")).toBe(before);
});
