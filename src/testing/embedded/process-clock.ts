import type { Scheduler, Timer } from "../broker/line.js";

/** Time in a server's process: real, but while the process stands still nothing is due. Keeps no process alive. */
export class ProcessClock implements Scheduler {
  private readonly timers = new Set<NodeJS.Timeout>();
  private overdue: (() => void)[] = [];
  private isStopped = false;

  get now(): number {
    return performance.now();
  }

  in(delay: number, run: () => void): Timer {
    let cancelled = false;
    const due = (): void => {
      this.timers.delete(timer);
      if (cancelled) return;
      if (this.isStopped) this.overdue.push(due);
      else run();
    };
    const timer = setTimeout(due, delay).unref();
    this.timers.add(timer);
    return {
      cancel: () => {
        cancelled = true;
        clearTimeout(timer);
        this.timers.delete(timer);
      },
    };
  }

  /** From now on nothing happens, until it goes on. */
  stop(): void {
    this.isStopped = true;
  }

  /** What was due meanwhile happens now. */
  cont(): void {
    this.isStopped = false;
    const { overdue } = this;
    this.overdue = [];
    for (const due of overdue) due();
  }

  /** The process is gone: nothing is due any more. */
  clear(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.overdue = [];
    this.isStopped = false;
  }
}
