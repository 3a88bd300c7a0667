import type { ChildProcess } from "node:child_process";
import { makeDir, removeDir, watchOver } from "../../src/testing/launcher/reaper.js";

/** Sees to it that a process does not outlive this one, not even one that is stopped or never comes to rest. */
export function watched<Child extends ChildProcess>(child: Child): Child {
  if (child.pid === undefined) return child; // it could not be started, which it tells by an event
  const dir = makeDir("server");
  watchOver(child, dir);
  child.once("exit", () => removeDir(dir));
  return child;
}
