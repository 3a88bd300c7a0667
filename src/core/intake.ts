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
  private readonly main: Window;
  /** Encoded bytes accepted since the outage began, and where in the window's stream they end. */
  private sinceOutage = 0;
  private outageEnd = 0;

  /** @param main the publish window: what waits there counts for whatever is accepted */
  constructor(options: EngineOptions, state: IntakeState, main: Window) {
    this.state = state;
    this.main = main;
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
      this.admission.duringOutage(entry.subject, bytes, this.sinceOutage);
      this.sinceOutage += bytes;
      if (window === this.main) this.outageEnd = window.appendedBytes + bytes;
      return;
    }
    // What is asked for while the replay is held back must not fail because of what is held back.
    const fits =
      window === this.main ? this.admission.within(window.bytes) : this.admission.fits(window.bytes);
    if (!fits) this.admission.overPending(entry.subject, window.bytes);
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
  outageBegins(): void {
    // A link that has not confirmed what the last outage left behind gives no new room.
    if (this.main.confirmedBytes >= this.outageEnd) this.sinceOutage = 0;
  }

  serverInfo(info: ServerInfo): void {
    this.limits.maxPayload = info.max_payload;
    this.limits.headers = info.headers === true;
  }
}
