import type { OverflowMessage } from "../../index.js";
import type { Holdings } from "./holdings.js";
import { JournalRecord } from "./journal-record.js";
import type { FoundRecords } from "./open-store.js";
import type { JournalClock } from "./options.js";

const MIB = 1024 * 1024;
/** Bytes of a body, about. */
const BODY_SIZE = MIB;
/** Bytes in memory from which on a commit is made at once. */
const COMMIT_AT = 4 * MIB;
/** Numbers of records that are left free in front for kept messages that come together: 64 GiB of bodies. */
const KEPT_ROOM = 2 ** 16;
/** Records get numbers that are so far apart: what is kept in between is a connection's window, 1 GiB of bodies would have room. */
const STEP = 2 ** 10;
/** So many places where something was kept are remembered before it is looked which of them are worth it. */
const MANY_PLACES = 1024;
/** Below it is what the store keeps for itself. */
const LOWEST_RECORD = 16;

/** What the intake needs from around it. */
interface Surroundings {
  readonly holdings: Holdings;
  readonly clock: JournalClock;
  readonly commitDelay: number;
  /** A commit is wanted within `ms`. */
  request(ms: number): void;
}

/** A place for kept messages that come one after the other. */
interface KeptRun {
  /** Number of the record that is in front of them; undefined: they are in front of all. */
  readonly behind: number | undefined;
  /** The next number for a record, and the first that is somebody else's. */
  next: number;
  readonly end: number;
  tail: JournalRecord | undefined;
}

/** Where messages come in: which record they go to, at what time, and in which order. */
export class Intake {
  private readonly around: Surroundings;
  private nextId: number;
  private firstId: number;
  private tail: JournalRecord | undefined;
  /** Where successive kept messages go on; undefined: the next one begins a run. */
  private kept: KeptRun | undefined;
  /** The highest number that was given in between, by the number in front of it which is a multiple of the step. */
  private readonly between = new Map<number, number>();
  /** The step in which it goes on behind one whose numbers are used by half. */
  private readonly onward = new Map<number, number>();
  private forgetAt = MANY_PLACES;

  constructor({ firstId, lastId, records, parked, damaged }: FoundRecords, around: Surroundings) {
    this.around = around;
    this.firstId = firstId;
    this.nextId = stepOf(lastId) + STEP;
    for (const { id } of [...records, ...parked, ...damaged]) this.gaveBetween(id);
  }

  /** The number of a new record, behind all others. */
  readonly takeId = (): number => {
    const id = this.nextId;
    this.nextId += STEP;
    return id;
  };

  /** Behind all others; gives its record, whose last slot it has. */
  append(message: OverflowMessage): JournalRecord {
    const now = this.now();
    this.endKept();
    if (fits(this.tail, message.bytes)) {
      this.addTo(this.tail, message, now);
      return this.tail;
    }
    this.tail = this.begin(this.takeId(), message, now, now);
    return this.tail;
  }

  /** Settles with the end of the message that was appended last. */
  confirmLast(): Promise<void> | undefined {
    return this.tail?.confirmLast();
  }

  /**
   * In front of all others, or directly behind record `behind`; in either case behind those that were kept just before at the same place. False when there are no
   * numbers left.
   */
  keep(message: OverflowMessage, behind?: number): boolean {
    const now = this.now();
    let run = this.kept;
    if (run === undefined || run.behind !== behind) run = this.beginKept(behind);
    if (run === undefined) return false;
    this.kept = run;
    if (fits(run.tail, message.bytes)) {
      this.addTo(run.tail, message, now);
      return true;
    }
    if (run.next === run.end) return false;
    // The record is older than the others, and must not look younger; when its messages were taken is known of none.
    const at = Math.min(now, this.around.holdings.oldestAt ?? now);
    run.tail = this.begin(run.next, message, at, now);
    this.gaveBetween(run.next);
    run.next++;
    return true;
  }

  /** What is kept from now on is older than what was kept until now. */
  endKept(): void {
    this.kept = undefined;
  }

  private beginKept(behind: number | undefined): KeptRun | undefined {
    if (behind !== undefined) return this.beginBehind(behind);
    if (this.firstId - KEPT_ROOM < LOWEST_RECORD) return undefined;
    this.firstId -= KEPT_ROOM;
    return { behind, next: this.firstId, end: this.firstId + KEPT_ROOM, tail: undefined };
  }

  /** Undefined: all numbers up to what is behind it are given. In front of all it would be out of order, and nobody be told. */
  private beginBehind(behind: number): KeptRun | undefined {
    let step = stepOf(behind);
    for (let on = this.onward.get(step); on !== undefined; on = this.onward.get(step)) step = on;
    let next = Math.max(behind, this.between.get(step) ?? step) + 1;
    if (next - step >= STEP / 2 && !this.around.holdings.hasFrom(step + STEP)) {
      // Nothing is behind it, as at the end of each connection that sends all and hears of nothing: there are numbers without end.
      const on = this.takeId();
      this.onward.set(step, on);
      step = on;
      next = on + 1;
    }
    return next < step + STEP ? { behind, next, end: step + STEP, tail: undefined } : undefined;
  }

  private gaveBetween(id: number): void {
    const step = stepOf(id);
    if (id === step) return;
    if (this.between.size >= this.forgetAt) this.forget();
    this.between.set(step, Math.max(id, this.between.get(step) ?? 0));
  }

  /** Where no record has a number any more, all are free again. */
  private forget(): void {
    const { between, onward } = this;
    const used = new Set<number>();
    for (const id of this.around.holdings.numbersInUse()) used.add(stepOf(id));
    for (const step of between.keys()) if (!used.has(step)) between.delete(step);
    for (const [step, on] of onward) if (!used.has(step) && !used.has(on)) onward.delete(step);
    this.forgetAt = Math.max(MANY_PLACES, between.size * 2);
  }

  /** The wall clock; a record sees to it that its own times do not go back. */
  private now(): number {
    return Math.floor(this.around.clock.now());
  }

  /** @param at when the record is from: never after `now`, when the message is from */
  private begin(id: number, message: OverflowMessage, at: number, now: number): JournalRecord {
    const record = JournalRecord.open(id, at);
    // Not before it has something: nobody is to find it empty.
    add(record, message, now);
    this.around.holdings.add(record);
    this.around.request(this.around.commitDelay);
    this.grown(record.bytes);
    return record;
  }

  private addTo(record: JournalRecord, message: OverflowMessage, now: number): void {
    this.grown(add(record, message, now));
  }

  private grown(bytes: number): void {
    const { holdings } = this.around;
    const before = holdings.memoryBytes;
    holdings.grown(bytes);
    if (before < COMMIT_AT && before + bytes >= COMMIT_AT) this.around.request(0);
  }
}

/** The multiple of the step that is in front of a number, or is it. */
function stepOf(id: number): number {
  return Math.floor(id / STEP) * STEP;
}

function add(record: JournalRecord, message: OverflowMessage, now: number): number {
  const { ttl } = message;
  return record.add(message, now, ttl === undefined ? Number.POSITIVE_INFINITY : now + ttl);
}

/** Whether so many bytes more belong to this record. */
function fits(record: JournalRecord | undefined, bytes: number): record is JournalRecord {
  return record?.gathering === true && record.size + bytes <= BODY_SIZE;
}
