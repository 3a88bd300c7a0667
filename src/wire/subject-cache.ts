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
}

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

/**
 * Encoded subjects by name, in two generations of bounded size: what is in use moves to the young one,
 * the old one is dropped whole when the young one is full. So neither the lookups nor the memory grow
 * with the number of subjects ever seen.
 */
export class SubjectCache {
  private young = new Map<string, SubjectEntry>();
  private old = new Map<string, SubjectEntry>();
  private last: SubjectEntry | undefined;
  /** The last two were the same: so may the next be. Comparing texts that differ only at their end costs more than a lookup. */
  private repeats = false;
  private readonly capacity: number;

  /** @param capacity entries of one generation; default 16,384 */
  constructor(capacity = 16_384) {
    this.capacity = capacity;
  }

  /** @throws CodedError `INVALID_SUBJECT` */
  get(subject: string): SubjectEntry {
    const { last } = this;
    if (this.repeats && last!.subject === subject) return last!;
    let entry = this.young.get(subject);
    if (entry === undefined) {
      entry = this.old.get(subject) ?? this.make(subject);
      if (this.young.size >= this.capacity) {
        this.old = this.young;
        this.young = new Map();
      }
      this.young.set(subject, entry);
    }
    this.repeats = entry === last;
    this.last = entry;
    return entry;
  }

  private make(subject: string): SubjectEntry {
    checkSubject(subject);
    return {
      subject,
      // A copy of its own: one from Node's pool would keep a whole slab alive, and lies far from the rest of the entry.
      prefix: new Uint8Array(Buffer.from(`PUB ${subject} `)),
      kind: kindOfPublish(subject),
      requestKind: kindOfRequest(subject),
    };
  }
}
