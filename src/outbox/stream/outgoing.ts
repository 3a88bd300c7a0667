import { headers, type MsgHdrs, MsgHdrsImpl, nuid } from "../../index.js";
import type { Expectations, StreamPublishOptions } from "./options.js";
import { EncodedHeaders, GivenHeaders, type HeaderLine, type OutgoingHeaders } from "./outgoing-headers.js";
import type { PubAck } from "./pub-ack.js";

/** Names of the headers that JetStream reads. */
export const Header = {
  MsgId: "Nats-Msg-Id",
  Stream: "Nats-Expected-Stream",
  LastSequence: "Nats-Expected-Last-Sequence",
  LastSubjectSequence: "Nats-Expected-Last-Subject-Sequence",
  LastSubjectSequenceSubject: "Nats-Expected-Last-Subject-Sequence-Subject",
  Increment: "Nats-Incr",
  BatchId: "Nats-Batch-Id",
  BatchSequence: "Nats-Batch-Sequence",
  BatchCommit: "Nats-Batch-Commit",
} as const;

/** Bytes of UTF-8 that a unit of a JavaScript string takes, at most. */
const UTF8_MOST = 3;
/** Bytes of encoded headers beside their lines. */
const STATUS_LINE = 16;

/** What only JetStream can judge. */
const JUDGED = [Header.LastSequence, Header.LastSubjectSequence, Header.Increment];

/** What asking the stream has shown of a message that nobody answers. */
export type Standing = "has-subject" | "lacks-subject" | "no-stream" | "unknown";

/** A message that is worth something for a while only. */
export interface Expiry {
  /** Looked at before each try, unless the stream may have the message. */
  isOver(): boolean;
  /** It is dropped. Called once, in place of `resolve` and `reject`. */
  dropped(): void;
}

/** A message on its way into a stream, until it has its outcome. */
export class Outgoing {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly headers: OutgoingHeaders;
  readonly msgID: string;
  /** Name of the only stream that may have it. */
  readonly stream: string | undefined;
  /** What it counts as against `maxPendingBytes`. */
  readonly bytes: number;
  readonly timeout: number;
  readonly retries: number;
  /** It brings what the stream is to judge; nothing is added to that. */
  readonly hasExpectations: boolean;
  /** Nothing else may be on the way beside it. */
  isAlone: boolean;
  /** Its size is not above this: there is no pass over texts for a usual message. */
  private readonly sizeBound: number;
  private exactSize: number | undefined;
  readonly resolve: (ack: PubAck) => void;
  readonly reject: (error: Error) => void;
  /** Which call of `publish()` it was. */
  number = 0;
  tries = 0;
  /** Tries that have failed by themselves, not because one before it had. */
  failures = 0;
  /** Monotonic ms of the first try after which the stream may have had it; undefined: it has not. */
  doubtSince: number | undefined;
  /** On the way now. */
  isOut = false;
  isSettled = false;
  /** What the stream has said when it was asked last why nobody answers. */
  standing: Standing | undefined;
  /** Monotonic ms of the first try, and of the latest. */
  sentAt = 0;
  triedAt = 0;
  /** Where it is in the stream. */
  seq: number | undefined;
  /** An earlier process had accepted it: the books of the connection are to say so, once. */
  isRecovered = false;
  /** Undefined: it is worth sending without end. {@link OrderedFlow} looks at it. */
  expiry: Expiry | undefined;
  /** The sequence that it gets if all goes as expected; undefined when nothing is known. */
  presumed: number | undefined;

  constructor(
    given: { subject: string; payload: Uint8Array | string | undefined; options: StreamPublishOptions },
    defaults: { stream: string | undefined; timeout: number; retries: number },
    resolve: (ack: PubAck) => void,
    reject: (error: Error) => void,
  ) {
    const { subject, payload = "", options } = given;
    this.subject = subject;
    // The caller may write into its buffer as soon as the call has returned.
    this.payload = typeof payload === "string" ? payload : new Uint8Array(payload);
    const { encodedHeaders, expect } = options;
    const lines: HeaderLine[] = [];
    this.stream = expect?.streamName ?? defaults.stream;
    if (this.stream !== undefined) lines.push([Header.Stream, this.stream]);
    const expects = expect !== undefined && addExpectations(lines, expect);
    if (encodedHeaders !== undefined && EncodedHeaders.takes(encodedHeaders)) {
      this.msgID = options.msgID ?? nuid.next();
      lines.push([Header.MsgId, this.msgID]);
      this.headers = new EncodedHeaders(encodedHeaders, lines);
      this.hasExpectations = expects;
    } else {
      const mine =
        encodedHeaders === undefined ? copyOf(options.headers) : MsgHdrsImpl.decode(encodedHeaders);
      const isBare = encodedHeaders === undefined && options.headers === undefined;
      const own = isBare ? "" : mine.get(Header.MsgId).trim();
      this.msgID = options.msgID ?? (own === "" ? nuid.next() : own);
      lines.push([Header.MsgId, this.msgID]);
      // Those of given headers count as well; a counter takes none of ours.
      this.hasExpectations = expects || (!isBare && JUDGED.some((name) => mine.has(name)));
      this.headers = new GivenHeaders(mine, lines);
    }
    this.isAlone = this.hasExpectations;
    this.timeout = options.timeout ?? defaults.timeout;
    this.retries = options.retries ?? defaults.retries;
    const headerSize = encodedHeaders?.length ?? sizeOfHeaders(options.headers);
    this.bytes = sizeOf(this.payload) + headerSize;
    const added = lines.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    const payloadBound = this.payload.length * (typeof this.payload === "string" ? UTF8_MOST : 1);
    this.sizeBound = payloadBound + (headerSize + added) * UTF8_MOST + STATUS_LINE;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** All that it is published to: a batch may have several. */
  get subjects(): Iterable<string> {
    return [this.subject];
  }

  /** Bytes of headers and payload, without what single tries add. */
  get size(): number {
    this.exactSize ??= Buffer.byteLength(this.payload) + this.headers.size;
    return this.exactSize;
  }

  /** What of it has more than so many bytes of headers and payload; undefined: nothing has. */
  over(most: number): Outgoing | undefined {
    return this.sizeBound > most && this.size > most ? this : undefined;
  }

  /** The stream may have it. */
  get maybeDelivered(): boolean {
    return this.doubtSince !== undefined;
  }
}

function copyOf(given: MsgHdrs | undefined): MsgHdrs {
  const copy = headers();
  if (given !== undefined)
    for (const [name, values] of given) for (const value of values) copy.append(name, value);
  return copy;
}

/** Returns whether there was any that only JetStream can judge. */
function addExpectations(lines: HeaderLine[], expect: Expectations): boolean {
  const { lastSequence, lastSubjectSequence, lastSubjectSequenceSubject } = expect;
  if (lastSequence !== undefined) lines.push([Header.LastSequence, `${lastSequence}`]);
  if (lastSubjectSequence !== undefined) lines.push([Header.LastSubjectSequence, `${lastSubjectSequence}`]);
  if (lastSubjectSequenceSubject !== undefined)
    lines.push([Header.LastSubjectSequenceSubject, lastSubjectSequenceSubject]);
  return lastSequence !== undefined || lastSubjectSequence !== undefined;
}

function sizeOf(payload: Uint8Array | string): number {
  // Close enough for a limit, and no pass over the text.
  return payload.length;
}

function sizeOfHeaders(hdrs: MsgHdrs | undefined): number {
  let size = 0;
  if (hdrs !== undefined)
    for (const [name, values] of hdrs) for (const value of values) size += name.length + value.length + 4;
  return size;
}
