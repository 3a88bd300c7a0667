/** A message in a buffer of its own: subject, reply, headers and payload behind one another, as offsets. */
export interface Arrival {
  readonly sid: number;
  readonly bytes: Buffer;
  /** The subject begins at 0. */
  readonly subjectEnd: number;
  readonly reply: number;
  readonly replyEnd: number;
  /** Headers, then payload from `body` on. */
  readonly start: number;
  readonly body: number;
}

/** Messages of one subscription that nobody can tell apart: how often each link has brought them, and when. */
export interface Content {
  readonly sample: Arrival;
  /** From the old link, before it was proven that the new one gets what is published; and monotonic ms of the first of them. */
  early: number;
  earlySince: number;
  /** From the old link, after that: each of these is on the new link too, now or later. */
  proven: number;
  /** From the new link, long enough before the old one was left: each of these is on the old link too. */
  beside: number;
  /** From the new link, after that. */
  late: number;
  /** Pairs of them that were delivered once. */
  removed: number;
}

/** A message of its own: a read may be much larger, and would be kept alive by it. */
export function arrivalOf(
  buf: Buffer,
  sid: number,
  subject: number,
  subjectEnd: number,
  reply: number,
  replyEnd: number,
  start: number,
  body: number,
  end: number,
): Arrival {
  const hasReply = replyEnd > reply;
  return {
    sid,
    bytes: Buffer.from(buf.subarray(subject, end)),
    subjectEnd: subjectEnd - subject,
    reply: (hasReply ? reply : subjectEnd) - subject,
    replyEnd: (hasReply ? replyEnd : subjectEnd) - subject,
    start: start - subject,
    body: body - subject,
  };
}

/** Messages with the same hash that are told apart; further ones are not recognised as twins. */
const CROWDED = 16;

/**
 * Finds what two links have brought of the same message. Core NATS gives messages no number, so twins are found by their content:
 * subscription, subject, reply, headers and payload. Of equal messages as many are twins as must be, and no more: what may be a
 * message of its own is delivered.
 */
export class Twins {
  private readonly contents = new Map<number, Content[]>();
  private readonly seed: number;
  /** Messages, and their bytes, that are remembered. */
  size = 0;
  bytes = 0;

  /** @param secret nobody outside can guess it: else messages could be made that all look alike to a hash */
  constructor(secret: string) {
    let seed = 0x811c9dc5;
    for (let i = 0; i < secret.length; i++) seed = mix(seed, secret.charCodeAt(i));
    this.seed = seed;
  }

  /** A message came in over the old link at `now`, in monotonic ms. */
  old(arrival: Arrival, isProven: boolean, now: number): Content {
    const content = this.find(arrival);
    if (isProven) content.proven++;
    else {
      content.early++;
      content.earlySince = Math.min(content.earlySince, now);
    }
    return content;
  }

  /** It is proven that the new link gets whatever the old one has brought since then, in monotonic ms. */
  proven(since: number): void {
    for (const bucket of this.contents.values()) {
      for (const content of bucket) {
        if (content.earlySince < since) continue;
        content.proven += content.early;
        content.early = 0;
      }
    }
  }

  /** A message came in over the new link. */
  fresh(arrival: Arrival, isClosing: boolean): Content {
    const content = this.find(arrival);
    if (isClosing) content.late++;
    else content.beside++;
    return content;
  }

  /** Whether a message that the old link brings when the new one is gone was on that, and was delivered. */
  stays(arrival: Arrival): boolean {
    const content = this.known(arrival);
    if (content === undefined || content.early + content.proven >= content.beside + content.late)
      return false;
    content.early++;
    return true;
  }

  /** Whether a message that the new link brings when the old one is gone was on that, and is one of those that had to follow. */
  trails(arrival: Arrival, isNew: boolean): boolean {
    const content = this.known(arrival);
    if (content === undefined) return false;
    const owed = isNew ? content.early + content.proven : content.proven;
    if (content.removed >= owed) return false;
    content.removed++;
    return true;
  }

  private known(arrival: Arrival): Content | undefined {
    return this.contents.get(hash(arrival, this.seed))?.find(({ sample }) => isSame(sample, arrival));
  }

  private find(arrival: Arrival): Content {
    this.size++;
    const key = hash(arrival, this.seed);
    const bucket = this.contents.get(key);
    const known = bucket?.find(({ sample }) => isSame(sample, arrival));
    if (known !== undefined) return known;
    const earlySince = Number.POSITIVE_INFINITY;
    const content = { sample: arrival, early: 0, earlySince, proven: 0, beside: 0, late: 0, removed: 0 };
    this.bytes += arrival.bytes.length;
    if (bucket === undefined) this.contents.set(key, [content]);
    else if (bucket.length < CROWDED) bucket.push(content);
    return content;
  }
}

/**
 * How many of the messages that the new link has brought are certain to be on the old one as well. At least those that came while
 * both links had the subscription, by either of them; never more than one of them has.
 */
export function certainTwins({ early, proven, beside, late }: Content): number {
  return Math.min(early + proven, beside + late, Math.max(proven, beside));
}

/**
 * Where what comes first is delivered, by either link: whether the message that came last, which is counted already, is the twin of
 * one that the other link has brought.
 */
export function isSecond({ early, proven, beside, late }: Content, by: "old" | "fresh"): boolean {
  const [old, fresh] = [early + proven, beside + late];
  return by === "old" ? old <= fresh : fresh <= old;
}

function isSame(one: Arrival, other: Arrival): boolean {
  return (
    one.sid === other.sid &&
    one.subjectEnd === other.subjectEnd &&
    one.replyEnd - one.reply === other.replyEnd - other.reply &&
    one.body - one.start === other.body - other.start &&
    one.bytes.compare(other.bytes, 0, other.subjectEnd, 0, one.subjectEnd) === 0 &&
    one.bytes.compare(other.bytes, other.reply, other.replyEnd, one.reply, one.replyEnd) === 0 &&
    one.bytes.compare(other.bytes, other.start, other.bytes.length, one.start, one.bytes.length) === 0
  );
}

/** Over what makes two messages the same. */
function hash({ sid, bytes, subjectEnd, reply, replyEnd, start }: Arrival, seed: number): number {
  let h = mix(seed, sid);
  for (let i = 0; i < subjectEnd; i++) h = mix(h, bytes[i]);
  for (let i = reply; i < replyEnd; i++) h = mix(h, bytes[i]);
  for (let i = start; i < bytes.length; i++) h = mix(h, bytes[i]);
  return h;
}

/** One step of FNV-1a, and a rotation that a multiplication alone has not: what it does depends on the seed. */
function mix(h: number, value: number): number {
  const product = Math.imul(h ^ value, 0x01000193);
  return product ^ (product >>> 15);
}
