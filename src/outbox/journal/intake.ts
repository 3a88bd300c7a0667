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

/** Where messages come in: which record they go to, at what time, and in which order. */
export class Intake {
  private readonly around: Surroundings;
  private nextId: number;
  private firstId: number;
  private lastAt: number;
  private tail: JournalRecord | undefined;
  private keptTail: JournalRecord | undefined;
  /** Where successive kept messages go on; undefined: the next one begins in front of all. */
  private keptNext: number | undefined;

  constructor({ firstId, lastId, lastAt }: FoundRecords, around: Surroundings) {
    this.around = around;
    this.firstId = firstId;
    this.nextId = lastId + 1;
    this.lastAt = lastAt;
  }

  /** The number of a new record, behind all others. */
  readonly takeId = (): number => this.nextId++;

  /** Behind all others; gives its record, whose last slot it has. */
  append(message: OverflowMessage): JournalRecord {
    const now = this.now();
    this.endKept();
    if (fits(this.tail, message.bytes)) {
      this.addTo(this.tail, message, now, now);
      return this.tail;
    }
    this.tail = this.begin(this.nextId, message, now, now);
    this.nextId++;
    return this.tail;
  }

  /** In front of all others but those that were kept just before; false when there are no numbers left. */
  keep(message: OverflowMessage): boolean {
    const now = this.now();
    if (this.keptNext === undefined) {
      if (this.firstId - KEPT_ROOM < LOWEST_RECORD) return false;
      this.firstId -= KEPT_ROOM;
      this.keptNext = this.firstId;
      this.keptTail = undefined;
    }
    if (fits(this.keptTail, message.bytes)) {
      this.addTo(this.keptTail, message, this.keptTail.at, now);
      return true;
    }
    if (this.keptNext === this.firstId + KEPT_ROOM) return false;
    // Older than the others, so it must not look younger.
    const at = Math.min(now, this.around.holdings.oldestAt ?? now);
    this.keptTail = this.begin(this.keptNext, message, at, now);
    this.keptNext++;
    return true;
  }

  /** What is kept from now on is older than what was kept until now. */
  endKept(): void {
    this.keptNext = undefined;
  }

  /** The wall clock, as long as it does not go back. */
  private now(): number {
    const now = Math.floor(this.around.clock.now());
    if (now > this.lastAt) this.lastAt = now;
    return this.lastAt;
  }

  private begin(id: number, message: OverflowMessage, at: number, now: number): JournalRecord {
    const record = JournalRecord.open(id, at);
    // Not before it has something: nobody is to find it empty.
    add(record, message, at, now);
    this.around.holdings.add(record);
    this.around.request(this.around.commitDelay);
    this.grown(record.bytes);
    return record;
  }

  private addTo(record: JournalRecord, message: OverflowMessage, at: number, now: number): void {
    this.grown(add(record, message, at, now));
  }

  private grown(bytes: number): void {
    const { holdings } = this.around;
    const before = holdings.memoryBytes;
    holdings.grown(bytes);
    if (before < COMMIT_AT && before + bytes >= COMMIT_AT) this.around.request(0);
  }
}

function add(record: JournalRecord, message: OverflowMessage, at: number, now: number): number {
  const { ttl } = message;
  return record.add(message, at, ttl === undefined ? Number.POSITIVE_INFINITY : now + ttl);
}

/** Whether so many bytes more belong to this record. */
function fits(record: JournalRecord | undefined, bytes: number): record is JournalRecord {
  return record?.gathering === true && record.size + bytes <= BODY_SIZE;
}
