import { CodedError } from "../errors.js";
import { publishBytes } from "../wire/encoder.js";
import type { ServerInfo } from "../wire/info.js";
import { DEFAULT_MAX_PAYLOAD } from "../wire/limits.js";
import { SubjectCache, type SubjectEntry } from "../wire/subject-cache.js";
import { Admission, checkFrame, type ServerLimits } from "./admission.js";
import type { EngineOptions } from "./options.js";
import type { Window } from "./window.js";

/** Whether the connection takes anything at all. */
export interface IntakeState {
  readonly connected: boolean;
  readonly closed: boolean;
}

/** Decides whether a message is accepted: valid, not too large for the server, and within the limits. */
export class Intake {
  readonly subjects = new SubjectCache();
  readonly limits: ServerLimits = { maxPayload: DEFAULT_MAX_PAYLOAD, headers: true };
  /** No more publishing: the final flush of a drain, or a close, is under way. */
  finishing = false;
  private readonly state: IntakeState;
  private readonly admission: Admission;
  /** Bytes ever appended to the window when the outage began. */
  private outageBase = 0;

  constructor(options: EngineOptions, state: IntakeState) {
    this.state = state;
    this.admission = new Admission(options.reconnectBufSize, options.maxPending);
  }

  /**
   * Accepts a message into `window`, or throws; the caller appends it.
   *
   * @throws CodedError see `Connection.publish`
   */
  admit(
    window: Window,
    entry: SubjectEntry,
    reply: string,
    headers: Uint8Array | undefined,
    payload: Uint8Array | string,
  ): void {
    checkFrame(this.limits, entry, reply, headers, payload);
    if (this.finishing || this.state.closed) throw this.refusal();
    if (!this.state.connected) {
      const bytes = publishBytes(entry, reply, headers, payload);
      this.admission.duringOutage(entry.subject, bytes, window.appendedBytes - this.outageBase);
    } else if (!this.admission.within(window.bytes)) {
      this.admission.overPending(entry.subject, window.bytes);
    }
  }

  /** Why nothing is accepted any more. */
  refusal(): CodedError {
    return this.state.closed
      ? new CodedError("CONNECTION_CLOSED", "the connection is closed")
      : new CodedError("CONNECTION_DRAINING", "the connection is draining: nothing more is accepted");
  }

  /** The event loop has turned; `pending` bytes are unconfirmed. */
  turned(pending: number): void {
    this.admission.turned(pending);
  }

  /** What is accepted from now on counts against `reconnectBufSize`. */
  outageBegins(window: Window): void {
    this.outageBase = window.appendedBytes;
  }

  serverInfo(info: ServerInfo): void {
    this.limits.maxPayload = info.max_payload;
    this.limits.headers = info.headers === true;
  }
}
