import { CodedError, withoutStack } from "../errors.js";
import { checkControlLine, publishSize } from "../wire/encoder.js";
import { MAX_FRAME_SIZE } from "../wire/frame.js";
import { MAX_CONTROL_LINE } from "../wire/limits.js";
import type { SubjectEntry } from "../wire/subject-cache.js";
import { BURST_CAP, type EngineOptions } from "./options.js";

/** What the server that we are connected to, or were last connected to, takes. */
export interface ServerLimits {
  maxPayload: number;
  headers: boolean;
}

/**
 * Refuses a message that no server would take: too large, headers where there are none, or a control line
 * that costs the connection. Cheap for the usual message: bounds first, exact sizes only near the limit.
 *
 * @throws CodedError `MAX_PAYLOAD_EXCEEDED`, `HEADERS_UNSUPPORTED`, `MAX_CONTROL_LINE_EXCEEDED`
 */
export function checkFrame(
  limits: ServerLimits,
  entry: SubjectEntry,
  reply: string,
  headers: Uint8Array | undefined,
  payload: Uint8Array | string,
): void {
  const maxPayload = Math.min(limits.maxPayload, MAX_FRAME_SIZE);
  if (payload.length * 3 + (headers === undefined ? 0 : headers.length) > maxPayload) {
    const size = publishSize(headers, payload);
    if (size > maxPayload) {
      throw new CodedError(
        "MAX_PAYLOAD_EXCEEDED",
        `a message of ${size} bytes (headers and payload) is over the server's max_payload of ${maxPayload}`,
        { subject: entry.subject },
      );
    }
  }
  if (headers !== undefined && !limits.headers) {
    throw new CodedError("HEADERS_UNSUPPORTED", "the server takes no headers: send the message without", {
      subject: entry.subject,
    });
  }
  if (entry.prefix.length + reply.length * 3 > MAX_CONTROL_LINE - 32) checkControlLine(entry, reply);
}

/** Limits on what is buffered; see {@link EngineOptions}. */
export type BufferLimits = Pick<EngineOptions, "reconnectBufSize" | "maxBufferedMessages" | "maxPending">;

/**
 * The limits on what is buffered (promises.md §3): so many bytes and messages during an outage, so many
 * bytes without a confirmation while connected.
 */
export class Admission {
  readonly limits: BufferLimits;
  /** The event loop has turned while `maxPending` was exceeded: someone could have drained it. */
  private turnedAbove = false;

  private bufferFull: CodedError | undefined;
  private tooMuchPending: CodedError | undefined;

  constructor(limits: BufferLimits) {
    this.limits = limits;
  }

  /** Whether one more message fits into an outage's buffer, which then holds so much. */
  fitsOutage(bytes: number, messages: number): boolean {
    return bytes <= this.limits.reconnectBufSize && messages <= this.limits.maxBufferedMessages;
  }

  /** Whether so many unconfirmed bytes are within the limit while connected. */
  fits(pending: number): boolean {
    return pending < this.limits.maxPending;
  }

  /** The same for the publish window: below the mark, a new burst may begin. */
  within(pending: number): boolean {
    if (!this.fits(pending)) return false;
    this.turnedAbove = false;
    return true;
  }

  /**
   * Whether one more message is let in although `pending` is over `maxPending`: a synchronous burst cannot
   * be drained by anyone, so it is refused only once the event loop has turned, or at the burst cap.
   */
  bears(pending: number): boolean {
    return !this.turnedAbove && pending < BURST_CAP;
  }

  /** Whether a burst is over the mark of which only a turn of the event loop will tell whether anyone drains it. */
  awaitsTurn(pending: number): boolean {
    return !this.turnedAbove && pending >= this.limits.maxPending;
  }

  /** The event loop has turned; `pending` bytes are unconfirmed. */
  turned(pending: number): void {
    this.turnedAbove = pending >= this.limits.maxPending;
  }

  /**
   * Why a message is not accepted: `DISCONNECTED`, `BUFFER_FULL` or `MAX_PENDING_EXCEEDED`. Valid until the next call:
   * one may be needed for every message, so that they are made once, when the first is needed, and without a stack.
   */
  refusal(subject: string, connected: boolean): CodedError {
    const { limits } = this;
    this.tooMuchPending ??= pendingError(limits);
    this.bufferFull ??= bufferError(limits);
    const error = connected ? this.tooMuchPending : this.bufferFull;
    error.detail.subject = subject;
    return error;
  }
}

function pendingError({ maxPending }: BufferLimits): CodedError {
  const text = `too much waits for a confirmation (option "maxPending": ${maxPending} bytes): publish slower, wait for nc.writable() when publish() returns false`;
  return withoutStack(CodedError, "MAX_PENDING_EXCEEDED", text, {});
}

function bufferError({ reconnectBufSize, maxBufferedMessages }: BufferLimits): CodedError {
  if (reconnectBufSize < 0) {
    const text = 'there is no connection, and option "reconnectBufSize" is -1';
    return withoutStack(CodedError, "DISCONNECTED", text, {});
  }
  const counted = maxBufferedMessages !== Number.POSITIVE_INFINITY;
  const count = counted ? `, option "maxBufferedMessages": ${maxBufferedMessages}` : "";
  const text = `there is no connection, and the buffer is full (option "reconnectBufSize": ${reconnectBufSize} bytes${count})`;
  return withoutStack(CodedError, "BUFFER_FULL", text, {});
}
