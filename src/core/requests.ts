import { CodedError, withoutStack } from "../errors.js";
import { Deadlines, type Timed } from "./deadlines.js";
import { LazyMap, LazySet } from "./lazy-map.js";
import type { MessageSink } from "./subscriptions.js";
import type { Window } from "./window.js";

/** Takes the one answer of a request, or the error that ends it. Must not throw. */
export interface ReplySink {
  onReply(
    buf: Buffer,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void;
  onFail(error: CodedError): void;
}

/** A request that waits for its answer. */
export interface PendingRequest extends Timed {
  readonly token: string;
  readonly subject: string;
  readonly sink: ReplySink;
  /** The frame of the request: it decides about what happens when the link dies. */
  window: Window;
  seq: number;
  /** Read-only JetStream API: sent again, so a lost link does not end it. */
  readonly safe: boolean;
  /** What to send again: kept for safe requests, and for those made while the replay was held back. */
  readonly again:
    | { readonly payload: Uint8Array | string; readonly headers: Uint8Array | undefined }
    | undefined;
}

/** A frame that somebody watches without an entry of its own here. */
export interface FrameWatch {
  readonly subject: string;
  readonly window: Window;
  readonly seq: number;
  /** Called once, when the frame was refused, dropped, or lost with its link. Must not throw. */
  readonly onFail: (error: CodedError) => void;
}

/** Number of a frame that is in no window at the moment. */
const NOWHERE = -1;

/**
 * Requests in flight behind one inbox subscription (mux). Tokens are never used twice, so that a late
 * answer cannot reach another request.
 */
export class Requests implements MessageSink {
  /** `_INBOX.<unique>.`; the token of a request follows. */
  readonly prefix: string;
  private readonly byToken = new LazyMap<string, PendingRequest>();
  private byFrame: Map<Window, Map<number, PendingRequest>> | undefined;
  private readonly watches = new LazySet<FrameWatch>();
  private readonly deadlines = new Deadlines<PendingRequest>();
  private counter = 0;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  get size(): number {
    return this.byToken.size;
  }

  get nextDeadline(): number {
    return this.deadlines.next;
  }

  nextToken(): string {
    return (++this.counter).toString(36);
  }

  add(request: PendingRequest): void {
    this.byFrame = undefined;
    this.byToken.set(request.token, request);
    this.deadlines.add(request);
  }

  /** The request has been written to another frame. */
  move(request: PendingRequest, window: Window, seq: number): void {
    request.window = window;
    request.seq = seq;
    this.byFrame = undefined;
  }

  onMessage(
    buf: Buffer,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void {
    const at = subject + this.prefix.length;
    // The server decides what it sends to this sid.
    if (at >= subjectEnd) return;
    const token = buf.latin1Slice(at, subjectEnd);
    const request = this.byToken.get(token);
    if (request === undefined) return;
    this.remove(request);
    request.sink.onReply(buf, subject, subjectEnd, reply, replyEnd, start, body, end);
  }

  /** The inbox subscription has ended: closed, or refused by the server. */
  onEnd(error: CodedError | undefined): void {
    for (const request of [...this.byToken.values()]) this.fail(request, error ?? closed(request.subject));
  }

  /** Ends what has waited long enough; a request that was not written yet is taken out of the window. */
  expire(now: number): void {
    for (let due = this.deadlines.takeDue(now); due !== undefined; due = this.deadlines.takeDue(now)) {
      this.byToken.delete(due.token);
      const { subject, window, seq } = due;
      const maybeDelivered = window.isHanded(seq);
      window.takeBack(seq, "timeout");
      due.sink.onFail(withoutStack(CodedError, "TIMEOUT", "timeout", { subject, maybeDelivered }));
    }
  }

  /** Whoever asked has given up: nothing is told any more, and a frame that was not written yet is taken back. */
  cancel(request: PendingRequest): void {
    if (!this.byToken.has(request.token)) return;
    this.remove(request);
    request.window.takeBack(request.seq, "timeout");
  }

  /** Watches a frame whose answers go elsewhere (`requestMany`): `onFail` hears when it ends badly. */
  watch(watch: FrameWatch): void {
    this.watches.add(watch);
  }

  unwatch(watch: FrameWatch): void {
    this.watches.delete(watch);
  }

  /**
   * The link died: what it may have carried to the server fails at once (promises.md §2). Returns the
   * requests that must be sent again because their frame does not come along in `window`: the read-only
   * ones, and those that were never written. Call it before the windows settle their frames.
   */
  linkLost(cause: Error | undefined, window: Window): PendingRequest[] {
    const again: PendingRequest[] = [];
    for (const request of [...this.byToken.values()]) {
      if (!this.byToken.has(request.token)) continue;
      const handed = request.window.isHanded(request.seq);
      if (handed && !request.safe) {
        this.fail(request, lost(request.subject, true, cause));
      } else if (request.window !== window || request.seq < window.confirmed) {
        request.seq = NOWHERE;
        again.push(request);
      }
    }
    for (const watch of [...this.watches]) {
      const handed = watch.window.isHanded(watch.seq);
      if (handed || watch.window !== window) this.failWatch(watch, lost(watch.subject, handed, cause));
    }
    return again;
  }

  /** Whether somebody waits for the answer of the request in this frame. */
  isWaiting(window: Window, seq: number): boolean {
    return this.inFrame(window, seq) !== undefined;
  }

  /** Frames end badly many at a time, when a link dies: the index is made then, and lasts until the next request. */
  private inFrame(window: Window, seq: number): PendingRequest | undefined {
    if (this.byToken.size === 0) return undefined;
    if (this.byFrame === undefined) {
      this.byFrame = new Map();
      for (const request of this.byToken.values()) {
        const frames = this.byFrame.get(request.window) ?? new Map<number, PendingRequest>();
        this.byFrame.set(request.window, frames.set(request.seq, request));
      }
    }
    const request = this.byFrame.get(window)?.get(seq);
    const isCurrent = request !== undefined && request.seq === seq && this.byToken.has(request.token);
    return isCurrent ? request : undefined;
  }

  /** The frame of a request ended badly. */
  frameFailed(window: Window, seq: number, outcome: "refused" | "dropped" | "unconfirmed"): void {
    const request = this.inFrame(window, seq);
    const handed = window.isHanded(seq);
    if (request !== undefined) return this.fail(request, frameError(request.subject, outcome, handed));
    for (const watch of this.watches) {
      if (watch.seq !== seq || watch.window !== window) continue;
      return this.failWatch(watch, frameError(watch.subject, outcome, handed));
    }
  }

  /** Ends everything that waits: the connection is closed. */
  close(): void {
    for (const request of [...this.byToken.values()]) this.fail(request, closed(request.subject));
    for (const watch of [...this.watches]) this.failWatch(watch, closed(watch.subject));
  }

  /** A sink may close the connection: what that has ended already is not ended again. */
  private failWatch(watch: FrameWatch, error: CodedError): void {
    if (this.watches.delete(watch)) watch.onFail(error);
  }

  private fail(request: PendingRequest, error: CodedError): void {
    if (!this.byToken.has(request.token)) return;
    this.remove(request);
    request.sink.onFail(error);
  }

  private remove(request: PendingRequest): void {
    this.byToken.delete(request.token);
    this.deadlines.remove(request);
  }
}

function closed(subject: string): CodedError {
  return withoutStack(CodedError, "CONNECTION_CLOSED", "the connection was closed", { subject });
}

function frameError(
  subject: string,
  outcome: "refused" | "dropped" | "unconfirmed",
  handed: boolean,
): CodedError {
  if (outcome !== "refused") return lost(subject, handed, undefined);
  const text = `Permissions Violation for Publish to "${subject}"`;
  return withoutStack(CodedError, "PERMISSIONS_VIOLATION", text, { operation: "publish", subject });
}

/** The link died under a request. */
export function lost(subject: string, maybeDelivered: boolean, cause: Error | undefined): CodedError {
  const told = maybeDelivered ? "the server may have got the request" : "the request was never sent";
  return withoutStack(
    CodedError,
    "CONNECTION_LOST",
    `the connection was lost before an answer came; ${told}`,
    {
      subject,
      maybeDelivered,
      cause,
    },
  );
}
