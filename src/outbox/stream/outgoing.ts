import { headers, type MsgHdrs, MsgHdrsImpl, nuid } from "../../index.js";
import type { Expectations, StreamPublishOptions } from "./options.js";
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

/** A message on its way into a stream, until it has its outcome. */
export class Outgoing {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  /** Sent with every try; changed between tries by whoever sends it, and by nobody else. */
  readonly headers: MsgHdrs;
  readonly msgID: string;
  /** What it counts as against `maxPendingBytes`. */
  readonly bytes: number;
  readonly timeout: number;
  readonly retries: number;
  /** It brings what the stream is to judge; nothing is added to that. */
  readonly hasExpectations: boolean;
  /** Nothing else may be on the way beside it. */
  isAlone: boolean;
  readonly resolve: (ack: PubAck) => void;
  readonly reject: (error: Error) => void;
  /** Which call of `publish()` it was. */
  number = 0;
  tries = 0;
  /** Tries that have failed by themselves, not because one before it had. */
  failures = 0;
  /** The stream may have it. */
  maybeDelivered = false;
  isSettled = false;
  /** Nobody has answered, and the stream says that the subject is none of its. */
  isStray = false;
  /** Monotonic ms of the first try. */
  sentAt = 0;
  /** Where it is in the stream. */
  seq: number | undefined;
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
    const { encodedHeaders } = options;
    const mine = encodedHeaders === undefined ? copyOf(options.headers) : MsgHdrsImpl.decode(encodedHeaders);
    const isBare = encodedHeaders === undefined && options.headers === undefined;
    this.msgID = options.msgID ?? (isBare ? "" : mine.get(Header.MsgId));
    if (this.msgID === "") this.msgID = nuid.next();
    mine.set(Header.MsgId, this.msgID);
    const stream = options.expect?.streamName ?? defaults.stream;
    if (stream !== undefined) mine.set(Header.Stream, stream);
    const expects = options.expect !== undefined && setExpectations(mine, options.expect);
    // Those of encoded headers count as well; a counter takes none of ours.
    this.hasExpectations =
      expects ||
      (!isBare &&
        [Header.LastSequence, Header.LastSubjectSequence, Header.Increment].some((name) => mine.has(name)));
    this.isAlone = this.hasExpectations;
    this.headers = mine;
    this.timeout = options.timeout ?? defaults.timeout;
    this.retries = options.retries ?? defaults.retries;
    this.bytes = sizeOf(this.payload) + (encodedHeaders?.length ?? sizeOfHeaders(options.headers));
    this.resolve = resolve;
    this.reject = reject;
  }
}

function copyOf(given: MsgHdrs | undefined): MsgHdrs {
  const copy = headers();
  if (given !== undefined)
    for (const [name, values] of given) for (const value of values) copy.append(name, value);
  return copy;
}

/** Returns whether there was any that only JetStream can judge. */
function setExpectations(hdrs: MsgHdrs, expect: Expectations): boolean {
  const { lastSequence, lastSubjectSequence, lastSubjectSequenceSubject } = expect;
  if (lastSequence !== undefined) hdrs.set(Header.LastSequence, `${lastSequence}`);
  if (lastSubjectSequence !== undefined) hdrs.set(Header.LastSubjectSequence, `${lastSubjectSequence}`);
  if (lastSubjectSequenceSubject !== undefined)
    hdrs.set(Header.LastSubjectSequenceSubject, lastSubjectSequenceSubject);
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
