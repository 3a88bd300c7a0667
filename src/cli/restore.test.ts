import { EventEmitter } from "node:events";
import { afterEach, expect, it, vi } from "vitest";
import { Keys } from "./keys.js";
import { quitKeys } from "./quit-keys.js";
import { FullScreen } from "./watch/full-screen.js";

afterEach(() => vi.restoreAllMocks());

/** A keyboard that notes its mode. */
function keyboard() {
  const input = new EventEmitter() as unknown as NodeJS.ReadStream & { raw: boolean };
  return Object.assign(input, {
    raw: false,
    isTTY: true,
    setRawMode: (raw: boolean) => {
      input.raw = raw;
      return input;
    },
    setEncoding: () => input,
    resume: () => input,
    pause: () => input,
  });
}

const NAMES = ["exit", "SIGHUP", "SIGQUIT"] as const;
const listeners = () => NAMES.map((name) => process.listenerCount(name));

it.each(["SIGHUP", "SIGQUIT"] as const)(
  "%s leaves the terminal as it was, and ends the process",
  (signal) => {
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    const before = listeners();
    let said = "";
    const write = (text: string) => {
      said += text;
    };
    const stream = { write } as unknown as NodeJS.WriteStream;
    const input = keyboard();
    using _keys = new Keys(() => {}, input);
    using _screen = new FullScreen(stream);
    expect([input.raw, said.endsWith("l")]).toEqual([true, true]);
    process.emit(signal, signal);
    expect(input.raw).toBe(false);
    expect(said.endsWith("\u001b[?7h\u001b[?25h\u001b[?1049l")).toBe(true);
    expect(kill.mock.calls).toEqual([[process.pid, signal]]);
    expect(listeners()).toEqual(before);
  },
);

it("nothing is left of it when it was not needed", () => {
  const before = listeners();
  const input = keyboard();
  {
    using _keys = new Keys(() => {}, input);
    expect(listeners()).not.toEqual(before);
  }
  expect(listeners()).toEqual(before);
});

it("q, Q and Ctrl-D end a command, where there is a keyboard", () => {
  let ended = 0;
  const input = keyboard();
  using _keys = quitKeys(() => ended++, input);
  for (const text of ["x\u001b[A", "q", "Q", "\u0004"]) input.emit("data", text);
  expect(ended).toBe(3);
  expect(quitKeys(() => {}, Object.assign(keyboard(), { isTTY: false }))).toBeUndefined();
});
