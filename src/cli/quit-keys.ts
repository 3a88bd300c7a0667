import { Keys } from "./keys.js";

/** Keys that end a command: Ctrl-D is one. */
const QUIT = new Set(["q", "Q", "\u0004"]);

/** Calls `end` for the keys that end a command; undefined where `input` is no terminal. */
export function quitKeys(end: () => void, input: NodeJS.ReadStream = process.stdin): Keys | undefined {
  return input.isTTY ? new Keys((key) => QUIT.has(key) && end(), input) : undefined;
}
