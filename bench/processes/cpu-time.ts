import { readdirSync, readFileSync } from "node:fs";

/** Seconds of CPU that all threads of a process have had so far, as the kernel counts them; undefined where it does not say. */
export function cpuTimeOf(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + schedule(pid, thread).ran, 0);
  } catch {
    return undefined;
  }
}

/** Seconds in which the main thread of this process could have run so far, but another thread had the core; undefined as above. */
export function waitedForCore(): number | undefined {
  try {
    return schedule(process.pid, String(process.pid)).waited;
  } catch {
    return undefined;
  }
}

/** Of a thread: `/proc/PID/stat` would have it in hundredths of a second only. */
function schedule(pid: number, thread: string): { ran: number; waited: number } {
  const [ran, waited] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ");
  return { ran: Number(ran) / 1e9, waited: Number(waited) / 1e9 };
}
