import { CodedError } from "../errors.js";
import { publishBytes, publishSize } from "../wire/encoder.js";
import { Kind } from "../wire/frame.js";
import type { ServerInfo } from "../wire/info.js";
import { DEFAULT_MAX_PAYLOAD } from "../wire/limits.js";
import { SubjectCache, type SubjectEntry } from "../wire/subject-cache.js";
import { Admission, checkFrame, type ServerLimits } from "./admission.js";
import type { Books } from "./books.js";
import type { LostMessages } from "./lost-messages.js";
import type { EngineOptions } from "./options.js";
import { OutageBuffer } from "./outage-buffer.js";
import { makesNoRoom, type Overflow, OverflowTally, REJECT } from "./overflow.js";
import type { PublishWishes } from "./publish-wishes.js";
import type { Window } from "./window.js";

/** Whether the connection takes anything at all. */
export interface IntakeState {
  readonly connected: boolean;
  readonly closed: boolean;
}

/** What becomes of a message that was not refused. */
export const Admitted = {
  /** The caller appends it. */
  Append: 0,
  /** It was accepted and dropped at once. */
  Dropped: 1,
  /** The overflow has taken it: it is not accepted yet. */
  Taken: 2,
  /** There is no room: {@link Intake.noRoom} says which. */
  Rejected: 3,
} as const;

/** Decides whether a message is accepted: valid, not too large for the server, and within the limits. */
export class Intake {
  readonly subjects = new SubjectCache();
  readonly limits: ServerLimits = { maxPayload: DEFAULT_MAX_PAYLOAD, headers: true };
  /** No more publishing: the final flush of a drain, or a close, is under way. */
  finishing = false;
  readonly overflowed = new OverflowTally();
  readonly outage: OutageBuffer;
  private readonly state: IntakeState;
  private readonly admission: Admission;
  private readonly overflow: Overflow;
  private readonly main: Window;
  private readonly books: Books;
  private readonly lost: LostMessages;
  /** Subject of the last message that was rejected; the overflow, if that has done it. */
  private rejected = "";
  private rejectedBy: Overflow | undefined;

  /** @param main the publish window: what waits there counts for whatever is accepted */
  constructor(options: EngineOptions, state: IntakeState, main: Window, books: Books, lost: LostMessages) {
    this.state = state;
    this.main = main;
    this.books = books;
    this.lost = lost;
    this.overflow = options.overflow;
    this.outage = new OutageBuffer(main);
    this.admission = new Admission(options);
  }

  /**
   * Accepts a message into `window`, or not; returns what has become of it, see {@link Admitted}. That there is no room
   * is no exception: it may be so for a million messages a second.
   *
   * @throws CodedError see `Connection.publish`
   */
  admit(
    window: Window,
    kind: number,
    entry: SubjectEntry,
    reply: string,
    headers: Uint8Array | undefined,
    payload: Uint8Array | string,
    wishes: PublishWishes | undefined = undefined,
  ): number {
    checkFrame(this.limits, entry, reply, headers, payload);
    const offered =
      this.overflow.engaged === true &&
      kind <= Kind.DataOnce &&
      wishes?.bypassOverflow !== true &&
      wishes?.critical !== true;
    if (this.finishing || this.state.closed) throw this.refusal();
    if (this.state.connected) {
      // What is asked for while the replay is held back must not fail because of what is held back.
      const fits =
        window === this.main ? this.admission.within(window.bytes) : this.admission.fits(window.bytes);
      const room = fits || this.admission.bears(window.bytes);
      if (!offered && room) return Admitted.Append;
      const bytes = publishBytes(entry, reply, headers, payload);
      return this.overflows(window, kind, entry, reply, headers, payload, bytes, wishes, room);
    }
    const { outage } = this;
    const bytes = publishBytes(entry, reply, headers, payload);
    const room = this.admission.fitsOutage(outage.bytes + bytes, outage.messages + 1);
    if (offered || !room) {
      const admitted = this.overflows(window, kind, entry, reply, headers, payload, bytes, wishes, room);
      outage.wanted = admitted === Admitted.Taken ? 0 : bytes;
      if (admitted !== Admitted.Append) return admitted;
    }
    outage.add(bytes);
    return Admitted.Append;
  }

  /** There is no room, or the overflow is engaged: it decides. Requests and JetStream's control messages are always rejected. */
  private overflows(
    window: Window,
    kind: number,
    entry: SubjectEntry,
    reply: string,
    headers: Uint8Array | undefined,
    payload: Uint8Array | string,
    bytes: number,
    wishes: PublishWishes | undefined,
    room: boolean,
  ): number {
    const { subject } = entry;
    if (!room) this.overflowed.add(bytes);
    if (kind <= Kind.DataOnce && this.overflow !== REJECT) {
      const ttl = wishes?.ttl;
      const replay = kind === Kind.Data;
      const own = wishes?.bypassOverflow === true;
      const critical = wishes?.critical === true;
      const message = { subject, reply, headers, payload, bytes, ttl, replay, critical, own };
      const decision = this.overflow.offer(message);
      if (decision === "taken") {
        this.books.overflowed++;
        return Admitted.Taken;
      }
      // It may have closed the connection.
      if (this.finishing || this.state.closed) throw this.refusal();
      if (decision === "pass" && room) return Admitted.Append;
      if (room) this.overflowed.add(bytes);
      switch (decision) {
        case "reject":
          return this.reject(subject, this.overflow);
        case "drop-oldest":
          if (this.makeRoom(window, bytes)) return Admitted.Append;
          // Nothing may go for it: a link has the older ones already, or they are requests. In an outage it gives way to them, as one of those
          // would have; whoever wants the newest is not to get an error for it. What could never fit is no use to anybody.
          if (this.state.connected || !this.admission.fitsOutage(bytes, 1)) break;
          return this.dropped(subject, headers, payload);
        case "drop-newest":
          return this.dropped(subject, headers, payload);
        default:
      }
    }
    return this.reject(subject, undefined);
  }

  /** @param by who has refused it, if it was not a limit */
  private reject(subject: string, by: Overflow | undefined): number {
    this.books.rejected++;
    this.rejected = subject;
    this.rejectedBy = by;
    return Admitted.Rejected;
  }

  /** The message that was appended last is one that an earlier process had accepted. */
  countRecovered(): void {
    this.books.recovered++;
  }

  /** It is accepted, and dropped at once. */
  private dropped(subject: string, headers: Uint8Array | undefined, payload: Uint8Array | string): number {
    this.books.acceptDropped("drop-newest", publishSize(headers, payload));
    this.lost.addUnsent(subject, headers, payload, "drop-newest");
    return Admitted.Dropped;
  }

  /** Why the last message was {@link Admitted.Rejected}. Valid until the next call. */
  get noRoom(): Error {
    const told = this.rejectedBy?.refusal?.();
    if (told !== undefined) return told;
    return this.admission.refusal(this.rejected, this.state.connected);
  }

  /** Drops the oldest that counts against the same limit; returns whether `bytes` fit then. */
  private makeRoom(window: Window, bytes: number): boolean {
    const { outage, admission } = this;
    if (this.state.connected) {
      if (!admission.fits(window.bytes) && !window.dropOldest(0, bytes, () => true)) return false;
      // So much waits with the message: below the mark, a new burst may begin.
      if (window === this.main) admission.within(window.bytes + bytes);
      return true;
    }
    const { reconnectBufSize, maxBufferedMessages } = admission.limits;
    const tooMuch = outage.bytes + bytes - reconnectBufSize;
    return window.dropOldest(outage.messages + 1 - maxBufferedMessages, tooMuch, outage.has);
  }

  /** Whether the buffer of an outage has room for as large a message as found none last, if one did. */
  get hasRoom(): boolean {
    const { outage, admission } = this;
    if (this.state.connected) return true;
    const needed = Math.max(outage.wanted, makesNoRoom(this.overflow) ? 1 : 0);
    return needed === 0 || admission.fitsOutage(outage.bytes + needed, outage.messages + 1);
  }

  /** What is published in this outage is no concern of the buffer's: the overflow takes it. */
  get isDiverted(): boolean {
    return !this.state.connected && this.overflow.engaged === true;
  }

  /** Whether `publish()` may return false although there is room: the overflow decides about each message. */
  get isUncertain(): boolean {
    return this.overflow !== REJECT && (!this.state.connected || this.overflow.engaged === true);
  }

  /** How full the buffer is: 1 when nothing more fits. */
  get fullness(): number {
    const { reconnectBufSize, maxBufferedMessages, maxPending } = this.admission.limits;
    if (this.state.connected) return this.main.bytes / maxPending;
    const { bytes, messages } = this.outage;
    return reconnectBufSize < 0 ? 0 : Math.max(bytes / reconnectBufSize, messages / maxBufferedMessages);
  }

  /** Why nothing is accepted any more. */
  refusal(): CodedError {
    return this.state.closed
      ? new CodedError("CONNECTION_CLOSED", "the connection is closed")
      : new CodedError("CONNECTION_DRAINING", "the connection is draining: nothing more is accepted");
  }

  /** Whether it wants to be told of the next turn of the event loop, see `Admission.awaitsTurn`. */
  get awaitsTurn(): boolean {
    return this.admission.awaitsTurn(this.main.bytes);
  }

  /** So much is unconfirmed at the end of a burst or an input: below the mark, a new burst may begin. */
  settle(pending: number): void {
    this.admission.within(pending);
  }

  /** The event loop has turned; `pending` bytes are unconfirmed. */
  turned(pending: number): void {
    this.admission.turned(pending);
  }

  serverInfo(info: ServerInfo): void {
    this.limits.maxPayload = info.max_payload;
    this.limits.headers = info.headers === true;
  }
}
