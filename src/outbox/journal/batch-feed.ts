import type { HoldfastError } from "../../index.js";
import { BatchReader } from "./batch-reader.js";
import type { Bodies } from "./bodies.js";
import type { StoredEntry } from "./body-codec.js";
import type { Batch } from "./entry.js";
import type { GroupCommit } from "./group-commit.js";
import type { Holdings } from "./holdings.js";
import type { JournalRecord } from "./journal-record.js";
import type { JournalClock, JournalEvents } from "./options.js";
import { Patience } from "./patience.js";

/** What it needs from around it. */
interface Surroundings {
  readonly path: string;
  readonly bodies: Bodies;
  readonly clock: JournalClock;
  readonly maxAge: number;
  readonly events: Partial<JournalEvents>;
  readonly holdings: Holdings;
  readonly commits: GroupCommit;
  /** A batch is handed out. */
  handed(): void;
}

/** Hands out what is held, batch by batch, in order, wherever it is: on disk, on its way there, or in memory alone. */
export class BatchFeed {
  /** Reads that failed. */
  failures = 0;
  private readonly around: Surroundings;
  private readonly reader: BatchReader;
  private readonly patience: Patience;
  /** {@link next} had nothing. */
  private idle = true;
  private reading: Promise<unknown> = Promise.resolve();
  private stopped = false;

  constructor(around: Surroundings) {
    this.around = around;
    const { path, bodies, clock, maxAge, events } = around;
    const failed = (error: HoldfastError, again: boolean) => {
      this.failures++;
      if (!again) events.failed?.(error);
    };
    const ready = () => this.wake();
    this.reader = new BatchReader({ path, bodies, clock, maxAge, failed, ready });
    this.patience = new Patience(clock);
  }

  /** Why the record whose turn it is cannot be read; undefined: nothing is known against it. */
  get failure(): HoldfastError | undefined {
    return this.reader.failure;
  }

  /** See {@link Journal.next}. */
  next(): Promise<Batch | undefined> {
    const turn = this.reading.then(() => this.read());
    this.reading = turn;
    return turn;
  }

  /** See {@link Journal.takeUnstored}. */
  takeUnstored(): Batch | undefined {
    const { holdings, commits } = this.around;
    for (;;) {
      const { first } = holdings;
      if (this.stopped || first?.state !== "memory" || first.waiters.length > 0) return undefined;
      const end = (first.numbered ? first.number : holdings.numbers.next) + first.slots;
      if (!holdings.numbers.covers(end)) {
        commits.request(0);
        return undefined;
      }
      if (!first.numbered) first.number = holdings.numbers.take(first.slots);
      const batch = this.fromMemory(first);
      if (batch) return batch;
    }
  }

  /** Something is there that was not there when {@link next} had nothing. */
  wake(): void {
    if (!this.idle) return;
    this.idle = false;
    this.around.events.work?.();
  }

  /** It may be another's turn: whoever waits looks again. */
  interrupt(): void {
    this.reader.interrupt();
    this.patience.end();
  }

  /** Hands out nothing more. */
  stop(): void {
    this.stopped = true;
    this.reader.stop();
    this.patience.end();
  }

  /** The call of {@link next} that runs has ended. */
  ended(): Promise<unknown> {
    return this.reading;
  }

  private async read(): Promise<Batch | undefined> {
    const { holdings } = this.around;
    while (!this.stopped) {
      const { first } = holdings;
      if (!first) break;
      if (first.state === "stored") {
        const entries = await this.load(first);
        const batch = entries && this.hand(first, entries);
        if (batch) return batch;
        // From here to the end nothing may be waited for: what becomes ready meanwhile would be told to nobody.
        if (this.isWaitedFor(first)) break;
        continue;
      }
      if (first.state === "memory" && first.safe) {
        const batch = this.fromMemory(first);
        if (batch) return batch;
        continue;
      }
      if (first.state === "memory" && first.waiters.length === 0) break;
      if (!(await this.committed()) && holdings.first === first && isOnItsWay(first)) break;
    }
    this.idle = true;
    return undefined;
  }

  /** Undefined: what is first has to be looked at again. */
  private async load(record: JournalRecord): Promise<(StoredEntry | undefined)[] | undefined> {
    const { reader } = this;
    const { holdings } = this.around;
    try {
      const { body } = record;
      const entries = body ? reader.decode(record, body) : await reader.entries(record);
      if (entries) holdings.foundParked(record);
      // Meanwhile older ones may have come in front of it, or it has got its outcome.
      if (this.stopped || holdings.first !== record || record.state !== "stored") return undefined;
      return entries;
    } catch (error) {
      if (!this.stopped && record.left > 0) holdings.lose(record, error as HoldfastError);
      return undefined;
    }
  }

  /** Its turn has come, and it cannot be had yet. */
  private isWaitedFor(record: JournalRecord): boolean {
    return this.around.holdings.first === record && record.state === "stored" && !this.reader.has(record);
  }

  /** The commit that is under way, or the next one, has ended; false: not yet, or something else has to be looked at. */
  private async committed(): Promise<boolean> {
    let ended = false;
    void this.around.commits.ended().then(() => {
      ended = true;
      this.patience.end();
    });
    await this.patience.wait();
    return ended;
  }

  private fromMemory(record: JournalRecord): Batch | undefined {
    this.around.holdings.writes.remove(record);
    return this.hand(record, this.reader.decode(record, record.seal()));
  }

  private hand(record: JournalRecord, entries: readonly (StoredEntry | undefined)[]): Batch | undefined {
    const batch = this.around.holdings.hand(record, entries);
    if (batch) this.around.handed();
    return batch;
  }
}

function isOnItsWay({ state, waiters }: JournalRecord): boolean {
  return state === "committing" || (state === "memory" && waiters.length > 0);
}
