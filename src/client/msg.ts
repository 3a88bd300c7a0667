import { decodeHeaders } from "../interop/headers.js";
import type { Msg, MsgHdrs, Payload, PublishOptions } from "../interop/nats-core.js";
import { isLeaderGone, isNoResponders } from "../wire/status.js";

/** Whoever can publish an answer. */
export interface Responder {
  /** Publishes an answer, as the `publish()` of a connection does: returns false when much is waiting for a confirmation, throws the same errors. */
  publish(subject: string, payload?: Payload, options?: PublishOptions): boolean;
}

/**
 * A message that came in: the read it lies in and where. Subject, reply, headers and data are made when
 * they are asked for. The bytes are not copied: a message that is kept keeps the whole read (up to
 * 64 KiB), so copy `data` if you keep small messages for long. (Those that wait in a subscription are
 * copied out of their reads when these are much larger than what waits.)
 */
export class HoldfastMsg implements Msg {
  /** Subscription that it came in on. */
  readonly sid: number;
  /** Who answers: `respond()` publishes here. */
  readonly publisher: Responder;
  private buf: Buffer;
  private subjectAt: number;
  private subjectEnd: number;
  private replyAt: number;
  private replyEnd: number;
  private start: number;
  private body: number;
  private end: number;
  private parsedHeaders: MsgHdrs | undefined = undefined;

  constructor(
    publisher: Responder,
    sid: number,
    buf: Buffer,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ) {
    this.publisher = publisher;
    this.sid = sid;
    this.buf = buf;
    this.subjectAt = subject;
    this.subjectEnd = subjectEnd;
    this.replyAt = reply;
    this.replyEnd = replyEnd;
    this.start = start;
    this.body = body;
    this.end = end;
  }

  /** The subject that it was published to. */
  get subject(): string {
    return this.buf.utf8Slice(this.subjectAt, this.subjectEnd);
  }

  /** Subject to answer to; empty when no answer is wanted. */
  get reply(): string {
    return this.buf.utf8Slice(this.replyAt, this.replyEnd);
  }

  /** Its headers, decoded at the first look; undefined when it has none. */
  get headers(): MsgHdrs | undefined {
    if (this.body === this.start) return undefined;
    this.parsedHeaders ??= decodeHeaders(this.buf.subarray(this.start, this.body));
    return this.parsedHeaders;
  }

  /** The payload: a view of the read that it came in, not a copy. */
  get data(): Uint8Array {
    return this.buf.subarray(this.body, this.end);
  }

  /** Bytes of subject, reply, headers and payload together. */
  size(): number {
    return this.subjectEnd - this.subjectAt + this.replyEnd - this.replyAt + this.end - this.start;
  }

  /** @internal Bytes of headers and payload: what limits and counters count. */
  get contentSize(): number {
    return this.end - this.start;
  }

  /** @internal The read that it lies in, and keeps alive. */
  get read(): Buffer {
    return this.buf;
  }

  /** @internal Moves it to `target[at, at + size())`; its read is free of it then. */
  moveTo(target: Buffer, at: number): void {
    const { buf } = this;
    const reply = at + buf.copy(target, at, this.subjectAt, this.subjectEnd);
    const start = reply + buf.copy(target, reply, this.replyAt, this.replyEnd);
    const end = start + buf.copy(target, start, this.start, this.end);
    this.subjectAt = at;
    this.subjectEnd = reply;
    this.replyAt = reply;
    this.replyEnd = start;
    this.body = start + this.body - this.start;
    this.start = start;
    this.end = end;
    this.buf = target;
  }

  /** Publishes an answer; false when none is wanted. */
  respond(payload?: Payload, options?: PublishOptions): boolean {
    if (this.replyEnd === this.replyAt) return false;
    this.publisher.publish(this.reply, payload, options);
    return true;
  }

  /** The payload parsed as JSON. @throws SyntaxError when it is not JSON */
  json<T = unknown>(reviver?: (key: string, value: unknown) => unknown): T {
    return JSON.parse(this.string(), reviver) as T;
  }

  /** The payload as UTF-8 text. */
  string(): string {
    return this.buf.utf8Slice(this.body, this.end);
  }

  /** What a log shows of it: `subject`, `reply`, `sid`, and as `size` the bytes of headers and payload; nothing of the payload. */
  toJSON(): { subject: string; reply: string; sid: number; size: number } {
    return { subject: this.subject, reply: this.reply, sid: this.sid, size: this.end - this.start };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }

  /** Whether the server says that nobody listens on the subject of a request (status 503, no payload). */
  get isNoResponders(): boolean {
    return isNoResponders(this.buf, this.start, this.body, this.end);
  }

  /** @internal Whether the server says that a pull has ended because its consumer's leader is gone. */
  get isLeaderGone(): boolean {
    return isLeaderGone(this.buf, this.start, this.body, this.end);
  }
}
