const MIB = 1024 * 1024;

/** What a process holds: JavaScript's heap, and what lies outside of it (buffers), in MiB. */
function heldMiB(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
}

/** Follows how much more is held than at the start. */
export class MemoryWatch {
  readonly start: number;
  /** The most that was held beyond the start, MiB. */
  worst = 0;

  constructor() {
    // What the first collection leaves over is gone after the second.
    heldMiB();
    this.start = heldMiB();
  }

  /** Looks now, after a collection; returns what is held beyond the start, MiB. */
  look(): number {
    const more = heldMiB() - this.start;
    if (more > this.worst) this.worst = more;
    return more;
  }
}
