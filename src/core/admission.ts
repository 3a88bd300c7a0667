import { CodedError, withoutStack } from "../errors.js";
import { checkControlLine, publishSize } from "../wire/encoder.js";
import { MAX_FRAME_SIZE } from "../wire/frame.js";
import { MAX_CONTROL_LINE } from "../wire/limits.js";
import type { SubjectEntry } from "../wire/subject-cache.js";
import { BURST_CAP } from "./options.js";

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

/**
 * The limits on what is buffered (promises.md §3): so many bytes during an outage, so many without a
 * confirmation while connected.
 */
export class Admission {
  private readonly reconnectBufSize: number;
  private readonly maxPending: number;
  /** The event loop has turned while `maxPending` was exceeded: someone could have drained it. */
  private turnedAbove = false;

  constructor(reconnectBufSize: number, maxPending: number) {
    this.reconnectBufSize = reconnectBufSize;
    this.maxPending = maxPending;
  }

  /**
   * Admits `bytes` during an outage in which `since` bytes have been accepted.
   *
   * @throws CodedError `DISCONNECTED` (nothing is buffered), `BUFFER_FULL`
   */
  duringOutage(subject: string, bytes: number, since: number): void {
    if (this.reconnectBufSize < 0) {
      throw withoutStack(
        () =>
          new CodedError("DISCONNECTED", 'there is no connection, and option "reconnectBufSize" is -1', {
            subject,
          }),
      );
    }
    if (since + bytes <= this.reconnectBufSize) return;
    throw withoutStack(
      () =>
        new CodedError(
          "BUFFER_FULL",
          `there is no connection, and the buffer is full (option "reconnectBufSize": ${this.reconnectBufSize} bytes)`,
          { subject },
        ),
    );
  }

  /** Whether so many unconfirmed bytes are within the limit while connected. */
  fits(pending: number): boolean {
    return pending < this.maxPending;
  }

  /** The same for the publish window: below the mark, a new burst may begin. */
  within(pending: number): boolean {
    if (!this.fits(pending)) return false;
    this.turnedAbove = false;
    return true;
  }

  /**
   * Admits one more message although `pending` is over `maxPending`: a synchronous burst cannot be drained
   * by anyone, so it is refused only once the event loop has turned, or at the burst cap.
   *
   * @throws CodedError `MAX_PENDING_EXCEEDED`
   */
  overPending(subject: string, pending: number): void {
    if (!this.turnedAbove && pending < BURST_CAP) return;
    throw withoutStack(
      () =>
        new CodedError(
          "MAX_PENDING_EXCEEDED",
          `${pending} bytes wait for a confirmation (option "maxPending": ${this.maxPending}): publish slower, wait for nc.writable() when publish() returns false`,
          { subject },
        ),
    );
  }

  /** The event loop has turned; `pending` bytes are unconfirmed. */
  turned(pending: number): void {
    this.turnedAbove = pending >= this.maxPending;
  }
}
