import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { expect, it } from "vitest";
import type { Clock, Timer } from "./clock.js";
import { hearLastWords } from "./last-words.js";

it("an error of a write is told behind one more look at the sockets, when the time for it is up", () => {
  const told: string[] = [];
  const timers: (() => void)[] = [];
  const immediates: (() => void)[] = [];
  const clock = {
    setTimeout: (callback: () => void) => timers.push(callback) as unknown as Timer,
    clearTimeout: () => {},
    setImmediate: (callback: () => void) => void immediates.push(callback),
  } as unknown as Clock;
  const failing = new Duplex({
    read() {},
    write: (_chunk, _encoding, done) => done(new Error("reset")),
  }) as unknown as Socket;
  const writeFailed = () => told.push("held back");
  hearLastWords(failing, { socket: failing, clock, writeFailed });
  failing._write(Buffer.from("x"), "utf8", (error) => told.push(`told ${error?.message}`));
  expect(told).toEqual(["held back"]);
  // A busy process: its timer is late, and called before the sockets are read.
  timers[0]();
  expect(told).toEqual(["held back"]);
  for (const callback of immediates) callback();
  expect(told).toEqual(["held back", "told reset"]);
});
