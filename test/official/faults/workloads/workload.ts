import { setTimeout as sleep } from "node:timers/promises";

const RETRY_MS = 100;

/**
 * Something that an application does with an official package all the time, through whatever happens. What fails it does again, as
 * an application would.
 */
export abstract class Workload {
  readonly name: string;
  /** What has failed, and how often. */
  readonly failures = new Map<string, number>();
  /** What came out otherwise than it must. */
  readonly wrong: string[] = [];
  protected stopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(name: string) {
    this.name = name;
  }

  /** Grows with everything that it gets done. */
  abstract get progress(): number;

  /** What it does until {@link stopped}. */
  protected abstract run(): Promise<void>;

  /** Begins. */
  async start(): Promise<void> {
    this.running = this.run();
    this.running.catch(() => {}); // stop() tells
  }

  /** Ends it; resolves when nothing of it runs any more. */
  stop(): Promise<void> {
    this.stopped = true;
    return this.running;
  }

  /** Tries until it works. */
  protected async again<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const { name, message } = error as Error;
        const what = `${name}: ${message}`;
        this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
        await sleep(RETRY_MS);
      }
    }
  }
}
