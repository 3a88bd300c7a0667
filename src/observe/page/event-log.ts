import type { LogView } from "../dashboard/protocol.js";

/** Entries that are kept of a connection, and rows that are shown of them. */
export const KEPT = 500;
export const SHOWN = 200;

/** From which level on: everything, or what somebody should look at. */
export type LevelFilter = "info" | "warning" | "error";

const SEVERITY: Readonly<Record<LogView["level"], number>> = { info: 0, warning: 1, error: 2 };

/** The events of a connection: the last {@link KEPT}, each with an id of its own that grows. */
export class EventLog {
  /** By id, in the order of ids. */
  private entries = new Map<number, LogView>();
  /** The id of the newest; 0 when there is none. */
  lastId = 0;

  get size(): number {
    return this.entries.size;
  }

  /** Adds an entry, or replaces the one with its id. */
  add(entry: LogView): void {
    const isNew = !this.entries.has(entry.id);
    this.entries.set(entry.id, entry);
    if (!isNew) return;
    // In a storm only the newest are told at once; the others come with the next view of the connection.
    if (entry.id < this.lastId) this.entries = new Map([...this.entries].sort(([a], [b]) => a - b));
    this.lastId = Math.max(this.lastId, entry.id);
    if (this.entries.size > KEPT) this.entries.delete(this.entries.keys().next().value!);
  }

  addAll(entries: readonly LogView[]): void {
    for (const entry of entries) this.add(entry);
  }

  /**
   * What is to be shown.
   *
   * @param until nothing newer than this id; default: all
   */
  view(level: LevelFilter, newestFirst: boolean, until = Number.POSITIVE_INFINITY): LogView[] {
    const wanted = [...this.entries.values()].filter(
      (entry) => SEVERITY[entry.level] >= SEVERITY[level] && entry.id <= until,
    );
    const shown = wanted.slice(-SHOWN);
    return newestFirst ? shown.reverse() : shown;
  }

  /** How many are newer than the one with this id. */
  countAfter(id: number): number {
    let n = 0;
    for (const known of this.entries.keys()) if (known > id) n++;
    return n;
  }
}
