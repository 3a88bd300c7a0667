/** What one process measured. */
export interface Sample {
  readonly messages: number;
  readonly seconds: number;
  /** CPU time of the whole process, all threads, system time with it. */
  readonly cpuSeconds: number;
  /** Most memory that the process ever had, in bytes. */
  readonly peakRss: number;
}

/** Measures from its making to its stop. */
export class Meter {
  readonly #start = performance.now();
  readonly #cpu = process.cpuUsage();

  stop(messages: number): Sample {
    const seconds = (performance.now() - this.#start) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const { maxRSS } = process.resourceUsage();
    return { messages, seconds, cpuSeconds: (user + system) / 1e6, peakRss: maxRSS * 1024 };
  }
}
