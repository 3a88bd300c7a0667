import { readFileSync } from "node:fs";
import type { Sample } from "../figures.js";

/** Measures from its making to its stop. */
export class Meter {
  readonly #start = performance.now();
  readonly #cpu = process.cpuUsage();

  get elapsed(): number {
    return performance.now() - this.#start;
  }

  /** What so many units took. */
  stop(units: number): Sample & { rate: number; cpu: number; time: number; peakRss: number } {
    const time = this.elapsed / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    return { rate: units / time, cpu: (user + system) / 1e6 / units, time, peakRss: peakRss() };
  }
}

/** Most memory that this process ever had, in bytes. */
function peakRss(): number {
  // `maxRSS` begins with that of the parent: it is kept when a process becomes another program.
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "latin1"))![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

/** Memory in use after a collection, bytes. */
export async function memoryInUse(): Promise<{ used: number; resident: number }> {
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.();
    // What a collection has freed may wait for a turn before its memory outside of the heap is given back.
    await new Promise(setImmediate);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, resident: rss };
}
