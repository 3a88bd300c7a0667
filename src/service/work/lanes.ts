import { Fifo } from "./fifo.js";

/** What waits behind a message with the same key. */
type Lane<J> = Fifo<J>;

/**
 * Bounded concurrency, with order where it is asked for: jobs with the same key come one after the other, in the order in which they
 * were added; others beside them, up to `concurrency` in all. Jobs without a key start in the order in which they were added.
 */
export class Lanes<J> {
  /** Jobs that have started, and whose place has not been given back. */
  running = 0;
  private readonly concurrency: number;
  private readonly start: (job: J, key: string | undefined) => void;
  /** Jobs that wait for a place alone. */
  private readonly queue = new Fifo<{ readonly job: J; readonly key: string | undefined }>();
  /** For each key that is taken (it runs, or is ready): what waits behind it. */
  private lanes: Map<string, Lane<J> | undefined> | undefined;
  private behind = 0;
  private isFilling = false;

  /** @param start begins a job, which calls {@link done} once when it is over, at once or later; it does not throw */
  constructor(concurrency: number, start: (job: J, key: string | undefined) => void) {
    this.concurrency = concurrency;
    this.start = start;
  }

  /** Jobs that have not started. */
  get waiting(): number {
    return this.queue.size + this.behind;
  }

  /** Jobs that wait for a place alone, and not behind one with their key. */
  get ready(): number {
    return this.queue.size;
  }

  /** Starts the job, now or when it is its turn. */
  add(job: J, key?: string): void {
    if (key !== undefined && !this.enter(job, key)) return;
    if (this.running < this.concurrency && this.queue.size === 0) {
      this.running++;
      this.start(job, key);
    } else this.queue.push({ job, key });
  }

  /** A job is over: its place, and its key, are free. Without its key: that stays taken until {@link freeKey}. */
  done(key?: string): void {
    this.running--;
    if (key !== undefined) this.leave(key);
    if (this.queue.size > 0) this.fill();
  }

  /** The key of a job whose place was free before. */
  freeKey(key: string): void {
    this.leave(key);
    this.fill();
  }

  /** Takes what has not started, in the order of their keys' turns; what runs stays. */
  takeWaiting(): J[] {
    const taken: J[] = [];
    for (const { job, key } of this.queue.takeAll()) {
      taken.push(job);
      if (key === undefined) continue;
      const lane = this.lanes?.get(key);
      if (lane !== undefined) taken.push(...lane.takeAll());
      this.lanes?.delete(key);
    }
    // Behind those that run.
    for (const lane of this.lanes?.values() ?? []) if (lane !== undefined) taken.push(...lane.takeAll());
    this.behind = 0;
    return taken;
  }

  /** Takes the key; false: it is taken, and the job waits behind it. */
  private enter(job: J, key: string): boolean {
    this.lanes ??= new Map();
    if (!this.lanes.has(key)) {
      this.lanes.set(key, undefined);
      return true;
    }
    let lane = this.lanes.get(key);
    if (lane === undefined) {
      lane = new Fifo();
      this.lanes.set(key, lane);
    }
    lane.push(job);
    this.behind++;
    return false;
  }

  private leave(key: string): void {
    const { lanes, queue } = this;
    const lane = lanes?.get(key);
    const job = lane?.shift();
    if (job === undefined) {
      lanes?.delete(key);
      return;
    }
    this.behind--;
    queue.push({ job, key });
  }

  /** A loop and no recursion: thousands of jobs may be over as soon as they start. */
  private fill(): void {
    if (this.isFilling) return;
    this.isFilling = true;
    try {
      while (this.running < this.concurrency) {
        const next = this.queue.shift();
        if (next === undefined) break;
        this.running++;
        this.start(next.job, next.key);
      }
    } finally {
      this.isFilling = false;
    }
  }
}
