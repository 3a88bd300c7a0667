import type { DurationHistogram, HoldfastError } from "../../index.js";
import type { RecordChange } from "../store/store.js";
import type { Bodies } from "./bodies.js";
import { type Holdings, SETTLE_DELAY } from "./holdings.js";
import type { JournalRecord } from "./journal-record.js";
import type { JournalClock, JournalEvents } from "./options.js";
import type { Write } from "./record-writes.js";
import type { StoreCommits } from "./store-commits.js";
import { encodeStoreHead, STORE_HEAD } from "./store-head.js";

/** What a commit needs from around it. */
interface Surroundings {
  /** The outbox's own id. */
  readonly outbox: string;
  /** The stream that it is for. */
  readonly stream: string | undefined;
  /** The one that it was for before, as far as that is known. */
  readonly formerStream: string | undefined;
  /** When the outbox was made, ms since the epoch. */
  readonly created: number;
  readonly store: StoreCommits;
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
  /** What the commit that is under way is encrypted with. */
  private sealing: Bodies | undefined;
  /** The stream that the store is to name; and whether it does. */
  private stream: string | undefined;
  private isNamed = false;

  constructor(around: Surroundings) {
    this.around = around;
    this.stream = around.formerStream;
  }

  /** Writes what is to be written; true when all of it is. Never rejects. */
  async run(): Promise<boolean> {
    this.begun++;
    const { holdings, outbox, created, takeId, store } = this.around;
    const { hindrance } = store;
    // Whoever waits hears of it now, and no hook is asked for nothing.
    if (hindrance) return this.finish(holdings.writes.beginNone(hindrance), hindrance, undefined);
    this.nameStream();
    const bodies = this.around.bodies.forCommit();
    this.sealing = bodies;
    const began = this.around.clock.monotonic();
    const writes = await holdings.writes.begin(bodies);
    const outcomes = await holdings.outcomes.changes(bodies, takeId);
    const put: RecordChange[] = [...outcomes.put];
    for (const write of writes) if (!write.error) put.push(holdings.writes.change(write));
    const { stream } = this;
    const reserved = this.isNamed ? holdings.numbers.wanted : holdings.numbers.ahead;
    if (reserved !== undefined) {
      const head = encodeStoreHead({ id: outbox, created, reserved, stream });
      put.push({ id: STORE_HEAD, head, body: new Uint8Array(0) });
    }
    const refused = await this.write(put, outcomes.remove, began);
    if (refused) outcomes.failed();
    else {
      if (reserved !== undefined) {
        holdings.numbers.written(reserved);
        this.isNamed = true;
      }
      holdings.bytes -= outcomes.succeeded();
    }
    return this.finish(writes, refused, outcomes.error as HoldfastError | undefined);
  }

  /** What is held was meant for the former one: it is named until the other one has something of it, so that opening it by mistake leaves no trace. */
  private nameStream(): void {
    const { holdings, stream } = this.around;
    if (this.stream === stream) return;
    const { messages, counts } = holdings;
    if (messages > 0 && counts.confirmed === 0) return;
    this.stream = stream;
    this.isNamed = false;
  }

  /** The one that is under way ends, as a failed one, and there is no further one. */
  stop(): void {
    this.around.store.stop();
    this.sealing?.stop();
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
      return error as HoldfastError;
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
