import type { HoldfastError } from "../../index.js";
import { storeError } from "../errors.js";
import type { OutboxStore, StoreChanges } from "../store/store.js";
import { Deadline } from "./deadline.js";
import type { JournalClock } from "./options.js";

/** The commits of a store, never two at once: one that has not settled in time counts as failed, and may be written nevertheless. */
export class StoreCommits {
  private readonly store: OutboxStore;
  private readonly clock: JournalClock;
  private readonly deadline: Deadline;
  /** When the one began that the store has in its hands, monotonic ms. */
  private since: number | undefined;
  private stopped = false;

  constructor(store: OutboxStore, clock: JournalClock) {
    this.store = store;
    this.clock = clock;
    this.deadline = new Deadline(clock);
  }

  /** Why there can be none now: the store has not settled the last one, though nobody waits for it any more. Or it is stopped. */
  get hindrance(): HoldfastError | undefined {
    const { since, stopped } = this;
    const { path } = this.store;
    if (since !== undefined) {
      const seconds = Math.round((this.clock.monotonic() - since) / 1000);
      return storeError("commit", path, undefined, `the last commit has not settled for ${seconds} s`);
    }
    return stopped ? storeError("commit", path, undefined, "the outbox was closed") : undefined;
  }

  /** @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `commit`; also when it has not settled after 30 s */
  async commit(changes: StoreChanges): Promise<void> {
    const { hindrance, store } = this;
    if (hindrance) throw hindrance;
    try {
      await this.deadline.within(() => this.begin(changes), "the store");
    } catch (error) {
      throw storeError("commit", store.path, error);
    }
  }

  /** Whoever waits for one does so no longer, and there is no further one. */
  stop(): void {
    this.stopped = true;
    this.deadline.stop();
  }

  /**
   * Closes the store.
   *
   * @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `close`; also when it has not settled after 30 s, and at once when it has a commit in its hands, which it may
   *   wait for: it may be in use still then
   */
  async close(): Promise<void> {
    this.stop();
    const { since, hindrance, store, clock } = this;
    try {
      const closed = new Deadline(clock).within(() => store.close(), "the store");
      if (since === undefined) return await closed;
      Promise.resolve(closed).catch(() => {});
    } catch (error) {
      throw storeError("close", store.path, error);
    }
    throw storeError("close", store.path, hindrance);
  }

  private async begin(changes: StoreChanges): Promise<void> {
    this.since = this.clock.monotonic();
    try {
      await this.store.commit(changes);
    } finally {
      this.since = undefined;
    }
  }
}
