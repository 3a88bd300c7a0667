import { SPACE } from "./ascii.js";
import { Kind } from "./frame.js";
import { checkSubject } from "./subject.js";

/** A subject that was checked and encoded once. */
export interface SubjectEntry {
  readonly subject: string;
  /** `PUB subject ` as bytes; an HPUB frame is the same behind an `H`. */
  readonly prefix: Uint8Array;
  /** What a plain publish to this subject is: data, or JetStream's control traffic. */
  readonly kind: Kind;
  /** What a request to this subject is. */
  readonly requestKind: Kind;
  /** Messages that were accepted since {@link SubjectCache.count}. */
  published: number;
}

/** Takes what was counted for a subject. */
export type CountVisitor = (subject: string, messages: number) => void;

const JS_API = /^\$JS\.(?:[^.]+\.)?API\./;
const JS_READ_ONLY = /^\$JS\.(?:[^.]+\.)?API\.(?:INFO|(?:STREAM|CONSUMER)\.(?:INFO|NAMES|LIST))(?:\.|$)/;
const JS_PULL = /^\$JS\.(?:[^.]+\.)?API\.CONSUMER\.MSG\.NEXT\./;

/** What a plain publish to `subject` is (promises.md §2: `$JS.API.>` with or without a domain, `$JS.ACK.>`). */
export function kindOfPublish(subject: string): Kind {
  if (subject.charCodeAt(0) !== 36) return Kind.Data;
  if (JS_API.test(subject)) return JS_PULL.test(subject) ? Kind.Pull : Kind.Control;
  return subject.startsWith("$JS.ACK.") ? Kind.Control : Kind.Data;
}

/** What a request to `subject` is: one that only reads JetStream's state may be sent again. */
export function kindOfRequest(subject: string): Kind {
  return JS_READ_ONLY.test(subject) ? Kind.SafeRequest : Kind.Request;
}

/** A full cache begins anew when so many times its capacity was looked up in vain: other subjects are in use now. */
const STALE = 8;
const PUB = "PUB ";

/**
 * Encoded subjects by name, of bounded number. What finds no room is encoded for the one call: to keep it, and drop another, would cost
 * several times as much, and pays only if it comes again soon. So neither the memory nor the time grows with the number of subjects
 * ever seen, also when each message has a subject of its own.
 */
export class SubjectCache {
  /** Made for the second subject: many connections publish to one, which is the last one always. */
  private entries: Map<string, SubjectEntry> | undefined;
  private last: SubjectEntry | undefined;
  /** The last two were the same: so may the next be. Comparing texts that differ only at their end costs more than a lookup. */
  private repeats = false;
  /** Looked up in vain since it was full. */
  private missed = 0;
  private readonly capacity: number;
  /** Hears of the counts of subjects that are dropped. */
  onDrop: CountVisitor | undefined;

  /** @param capacity entries that are kept; default 16,384 */
  constructor(capacity = 16_384) {
    this.capacity = capacity;
  }

  /** @throws CodedError `INVALID_SUBJECT` */
  get(subject: string): SubjectEntry {
    const { last } = this;
    if (this.repeats && last!.subject === subject) return last!;
    let entry = this.entries?.get(subject);
    // One without room may come again at once.
    if (entry === undefined)
      entry = last !== undefined && last.subject === subject ? last : this.add(subject);
    this.repeats = entry === last;
    this.last = entry;
    return entry;
  }

  private add(subject: string): SubjectEntry {
    const entry = encoded(subject);
    const { last } = this;
    if (last === undefined) return entry;
    this.entries ??= new Map([[last.subject, last]]);
    if (this.entries.size < this.capacity) {
      this.entries.set(subject, entry);
    } else if (++this.missed > STALE * this.capacity) {
      if (this.onDrop !== undefined) this.count(this.onDrop);
      this.entries = new Map([[subject, entry]]);
      this.missed = 0;
    }
    return entry;
  }

  /** Hands over what was accepted to each subject since the last call. What never found room here is not counted. */
  count(visit: CountVisitor): void {
    for (const entry of this.kept()) takeCount(entry, visit);
  }

  /** What is kept now, in no order that means anything. */
  kept(): Iterable<SubjectEntry> {
    const { entries, last } = this;
    if (entries !== undefined) return entries.values();
    return last === undefined ? [] : [last];
  }
}

function takeCount(entry: SubjectEntry, visit: CountVisitor): void {
  const { published } = entry;
  if (published === 0) return;
  entry.published = 0;
  visit(entry.subject, published);
}

function encoded(subject: string): SubjectEntry {
  checkSubject(subject);
  return {
    subject,
    prefix: prefixOf(subject),
    kind: kindOfPublish(subject),
    requestKind: kindOfRequest(subject),
    published: 0,
  };
}

/** Memory of its own: a piece of Node's pool would keep a whole slab alive, and lies far from the rest of the entry. */
function prefixOf(subject: string): Uint8Array {
  const { length } = subject;
  const bytes = new Uint8Array(PUB.length + length + 1);
  for (let i = 0; i < PUB.length; i++) bytes[i] = PUB.charCodeAt(i);
  for (let i = 0; i < length; i++) {
    const c = subject.charCodeAt(i);
    if (c > 127) return new Uint8Array(Buffer.from(`${PUB}${subject} `));
    bytes[PUB.length + i] = c;
  }
  bytes[PUB.length + length] = SPACE;
  return bytes;
}
