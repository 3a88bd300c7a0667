import type { RecordChange } from "../store/store.js";
import type { Bodies } from "./bodies.js";
import type { StoredEntry } from "./body-codec.js";
import { encodeHead } from "./head-codec.js";
import { JournalRecord, RECORD_OVERHEAD } from "./journal-record.js";

/** Entries of one record, one after the other, that were refused for the same reason. */
interface ParkedRun {
  readonly record: JournalRecord;
  readonly reason: string;
  readonly entries: StoredEntry[];
  /** Its own record, once a commit was begun with it: one that failed may have written it. */
  id: number | undefined;
}

/** What a commit says of outcomes, and what is to be done after it. */
export interface OutcomeChanges {
  readonly put: readonly RecordChange[];
  readonly remove: readonly number[];
  /** Why something was left out: it could not be encrypted. It stays for the next commit. */
  readonly error: unknown;
  /** Gives how many bytes of the disk are free, less those that parked entries take. */
  succeeded(): number;
  failed(): void;
}

/** Outcomes that are not on disk yet. */
export class Outcomes {
  private readonly progressed = new Set<JournalRecord>();
  private readonly finished = new Set<JournalRecord>();
  private readonly leftovers = new Set<number>();
  private runs: ParkedRun[] = [];

  /** How many changes wait. */
  get size(): number {
    return this.progressed.size + this.finished.size + this.leftovers.size + this.runs.length;
  }

  /** Numbers of records that are to be removed. */
  *removals(): Generator<number> {
    for (const { id } of this.finished) yield id;
    yield* this.leftovers;
  }

  /** It is on disk, and some of its entries have got their outcome. */
  progress(record: JournalRecord): void {
    if (record.left > 0) {
      if (record.done > record.writtenDone) this.progressed.add(record);
      return;
    }
    this.progressed.delete(record);
    this.finished.add(record);
  }

  /** Something of it may be on disk, and is not wanted. */
  discard(id: number): void {
    this.leftovers.add(id);
  }

  park(record: JournalRecord, entry: StoredEntry, reason: string): void {
    const run = this.runs.at(-1);
    const follows =
      run?.record === record &&
      run.id === undefined &&
      run.reason === reason &&
      run.entries.at(-1)!.number + 1 === entry.number;
    if (follows) run.entries.push(entry);
    else this.runs.push({ record, reason, entries: [entry], id: undefined });
  }

  /** @param nextId gives the number of a new record */
  async changes(bodies: Bodies, nextId: () => number): Promise<OutcomeChanges> {
    // All that is read, is read before anything is waited for: heads, removals and parked entries must be of one instant.
    const runs = this.runs;
    this.runs = [];
    const heads = [...this.progressed].map((record) => ({ record, head: record.currentHead() }));
    const finished = [...this.finished];
    const leftovers = [...this.leftovers];
    const parked: { run: ParkedRun; change: RecordChange; bytes: number }[] = [];
    const unsealed: ParkedRun[] = [];
    let error: unknown;
    for (const run of runs) {
      try {
        run.id ??= nextId();
        parked.push({ run, ...(await parkedRecord(run, run.id, bodies)) });
      } catch (cause) {
        error = cause;
        unsealed.push(run);
      }
    }
    this.runs = [...unsealed, ...this.runs];
    // An entry leaves its record only together with its coming among the parked ones.
    const held = new Set(unsealed.map(({ record }) => record));
    const moved = heads.filter(({ record }) => !held.has(record));
    const removed = finished.filter((record) => !held.has(record));
    return {
      put: [
        ...moved.map(({ record, head }) => ({ id: record.id, head: encodeHead(head) })),
        ...parked.map(({ change }) => change),
      ],
      remove: [...removed.map(({ id }) => id), ...leftovers],
      error,
      succeeded: () => {
        for (const { record, head } of moved) {
          record.writtenDone = head.done;
          if (record.done === head.done) this.progressed.delete(record);
        }
        for (const record of removed) this.finished.delete(record);
        for (const id of leftovers) this.leftovers.delete(id);
        const freed = removed.reduce((sum, { bytes }) => sum + bytes, 0);
        return parked.reduce((sum, { bytes }) => sum - bytes, freed);
      },
      failed: () => {
        this.runs = [...parked.map(({ run }) => run), ...this.runs];
      },
    };
  }
}

async function parkedRecord(
  { entries, reason }: ParkedRun,
  id: number,
  bodies: Bodies,
): Promise<{ change: RecordChange; bytes: number }> {
  const record = new JournalRecord(id, entries[0].at);
  record.replace(entries, reason);
  record.number = entries[0].number;
  const { bytes: body, ...facts } = await bodies.seal(record.body!);
  Object.assign(record, facts);
  return {
    change: { id, head: encodeHead(record.currentHead(true)), body },
    bytes: RECORD_OVERHEAD + facts.length,
  };
}
