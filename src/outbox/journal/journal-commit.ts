import type { DurationHistogram, HoldfastError } from "../../index.js";
import { storeError } from "../errors.js";
import type { OutboxStore, RecordChange } from "../store/store.js";
import type { Bodies } from "./bodies.js";
import { type Holdings, SETTLE_DELAY } from "./holdings.js";
import type { JournalRecord } from "./journal-record.js";
import type { JournalClock, JournalEvents } from "./options.js";
import type { Write } from "./record-writes.js";
import { encodeStoreHead, STORE_HEAD } from "./store-head.js";

/** What a commit needs from around it. */
interface Surroundings {
  /** The outbox's own id. */
  readonly outbox: string;
  /** The stream that it is for. */
  readonly stream: string | undefined;
  /** When the outbox was made, ms since the epoch. */
  readonly created: number;
  readonly store: OutboxStore;
  readonly bodies: Bodies;
  readonly holdings: Holdings;
  readonly clock: JournalClock;
  readonly events: Partial<JournalEvents>;
  readonly flushes: DurationHistogram;
  /** ms until what is only offered is written, at most. */
  readonly commitDelay: number;
  takeId(): number;
  /** A commit is wanted within `ms`; urgent: somebody waits for it. */
  request(ms: number, urgent?: boolean): void;
  /** A record that is not handed out has come to the disk, or stays in memory. */
  expect(record: JournalRecord): void;
  /** There may be something to be sent. */
  wake(): void;
}

/** One commit after the other: what is written, and what follows from its success or failure. */
export class JournalCommit {
  begun = 0;
  failures = 0;
  lastError: HoldfastError | undefined;
  private readonly around: Surroundings;

  constructor(around: Surroundings) {
    this.around = around;
  }

  /** Writes what is to be written; true when all of it is. Never rejects. */
  async run(): Promise<boolean> {
    this.begun++;
    const { holdings, outbox, stream, created, takeId } = this.around;
    const bodies = this.around.bodies.forCommit();
    const began = this.around.clock.monotonic();
    const writes = await holdings.writes.begin(bodies);
    const outcomes = await holdings.outcomes.changes(bodies, takeId);
    const put: RecordChange[] = [...outcomes.put];
    for (const write of writes) if (!write.error) put.push(holdings.writes.change(write));
    const reserved = holdings.numbers.wanted;
    if (reserved !== undefined) {
      const head = encodeStoreHead({ id: outbox, created, reserved, stream });
      put.push({ id: STORE_HEAD, head, body: new Uint8Array(0) });
    }
    const refused = await this.write(put, outcomes.remove, began);
    if (refused) outcomes.failed();
    else {
      if (reserved !== undefined) holdings.numbers.written(reserved);
      holdings.bytes -= outcomes.succeeded();
    }
    return this.finish(writes, refused, outcomes.error as HoldfastError | undefined);
  }

  private async write(
    put: readonly RecordChange[],
    remove: readonly number[],
    began: number,
  ): Promise<HoldfastError | undefined> {
    if (put.length + remove.length === 0) return undefined;
    const { store, clock, flushes } = this.around;
    try {
      await store.commit({ put, remove });
      flushes.add(clock.monotonic() - began);
      return undefined;
    } catch (error) {
      return storeError("commit", store.path, error);
    }
  }

  private finish(
    writes: readonly Write[],
    refused: HoldfastError | undefined,
    otherError: HoldfastError | undefined,
  ): boolean {
    const { holdings, events, request, wake, commitDelay } = this.around;
    let error = refused ?? otherError;
    let stored = 0;
    for (const write of writes) {
      const why = refused ?? write.error;
      error ??= why;
      if (why) this.failed(write, why);
      else stored += this.succeeded(write);
    }
    if (error) {
      this.failures++;
      this.lastError = error;
      // What was behind the failed ones: whoever waits for it is not to wait for a retry that waits ever longer.
      if (holdings.pending > 0) request(0, true);
    } else {
      // What was too much for this commit goes with the next: somebody may wait for it, who has asked for no other.
      const [next] = holdings.writes.waiting;
      if (next !== undefined) request(next.gathering && next.waiters.length === 0 ? commitDelay : 0);
    }
    if (holdings.outcomes.size > 0) request(SETTLE_DELAY);
    if (error) events.failed?.(error);
    if (!refused) events.stored?.(stored);
    // Also when nothing came to the disk: what was only offered can be sent from memory.
    if (writes.length > 0) wake();
    return error === undefined;
  }

  private succeeded(write: Write): number {
    const { holdings, expect } = this.around;
    const home = holdings.writes.succeeded(write);
    const count = holdings.stored(write.record, home);
    expect(home);
    return count;
  }

  private failed(write: Write, error: HoldfastError): void {
    const { holdings, expect } = this.around;
    const { record } = write;
    const { bytes, waiters } = record;
    holdings.pending -= waiters.length;
    const remains = holdings.writes.failed(write, error);
    if (write.target?.safe) holdings.doubtful(write.target);
    holdings.grown(record.bytes - bytes);
    if (remains) expect(record);
    else holdings.drop(record);
  }
}
