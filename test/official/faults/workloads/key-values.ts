import { setTimeout as sleep } from "node:timers/promises";
import type { KV } from "@nats-io/kv";
import { Workload } from "./workload.js";

/** So many that no change is overwritten before a watcher that fell behind has seen it, with the history that a bucket can have. */
const KEYS = 64;
const PAUSE_MS = 10;
const READ_AGAIN_MS = 5;

/** Puts, gets, updates and deletes keys of a bucket. */
export class KeyValues extends Workload {
  /** Rounds that are complete. */
  progress = 0;
  private readonly kv: KV;

  constructor(kv: KV) {
    super("kv operations");
    this.kv = kv;
  }

  protected async run(): Promise<void> {
    for (; !this.stopped; this.progress++) {
      await this.round(`k${this.progress % KEYS}`, String(this.progress), this.progress % 4 === 0);
      await sleep(PAUSE_MS);
    }
  }

  private async round(key: string, value: string, isToDelete: boolean): Promise<void> {
    await this.again(() => this.kv.put(key, value));
    await this.shows(key, value);
    const updated = `${value}, updated`;
    // An update that failed may have been stored all the same: then it is found there.
    await this.again(async () => {
      const now = await this.kv.get(key);
      if (now === null) throw new Error(`${key} is gone`);
      if (now.string() !== updated) await this.kv.update(key, updated, now.revision);
    });
    await this.shows(key, updated);
    if (!isToDelete) return;
    await this.again(() => this.kv.delete(key));
    await this.shows(key, "");
  }

  /** Reads the key until it is so: any replica answers, and one may be behind for a moment. */
  private async shows(key: string, value: string): Promise<void> {
    while ((await this.again(() => this.kv.get(key)))?.string() !== value) await sleep(READ_AGAIN_MS);
  }
}

/** Watches a bucket, with the one `watch()` that it began with. */
export class Watching extends Workload {
  /** The revisions that were told, in their order. */
  readonly revisions: number[] = [];
  private readonly kv: KV;
  private watch: Awaited<ReturnType<KV["watch"]>> | undefined;

  constructor(kv: KV) {
    super("kv watch");
    this.kv = kv;
  }

  get progress(): number {
    return this.revisions.at(-1) ?? 0;
  }

  override async start(): Promise<void> {
    this.watch = await this.kv.watch();
    await super.start();
  }

  protected async run(): Promise<void> {
    for await (const { revision } of this.watch!) this.revisions.push(revision);
    if (!this.stopped) this.wrong.push("it has ended by itself");
  }

  override async stop(): Promise<void> {
    this.stopped = true;
    this.watch?.stop();
    await super.stop();
  }
}
