import { readdirSync, readFileSync } from "node:fs";

const LIMIT_MS = 1_000;

/**
 * Blocks until a process that was sent SIGSTOP stands still, for at most 1 s: the signal only asks each thread to stop, and one
 * that is running may still answer a message. Returns at once where there is no /proc.
 */
export function untilFrozen(pid: number): void {
  const deadline = performance.now() + LIMIT_MS;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!isFrozen(pid) && performance.now() < deadline) Atomics.wait(pause, 0, 0, 1);
}

function isFrozen(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1");
      // The state follows the program's name, which stands in parentheses.
      return /^\) [TtZX]/.test(stat.slice(stat.lastIndexOf(")")));
    });
  } catch {
    return true;
  }
}
