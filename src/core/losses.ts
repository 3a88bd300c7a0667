import type { Chunk } from "../wire/chunk.js";
import type { DropReason } from "./books.js";
import type { EngineEvent } from "./events.js";
import type { Fences } from "./fences.js";
import type { Intake } from "./intake.js";
import type { LostMessages } from "./lost-messages.js";
import type { Overflow } from "./overflow.js";
import { Pressure } from "./pressure.js";
import type { Requests } from "./requests.js";
import type { Timers } from "./timers.js";
import type { Window, WindowSink } from "./window.js";

/** ms between two tellings of what was lost, as long as something is. */
export const TELL_EVERY = 10;

/** Who hears of a message that does not end as confirmed: parts of the engine around it. */
export interface LossesHost {
  readonly fences: Fences;
  /** Sends requests, if there were any. */
  readonly senderIfAny: { readonly requests: Requests } | undefined;
  readonly lost: LostMessages;
  readonly timers: Timers;
  readonly options: { readonly overflow: Overflow };
  /** Monotonic ms of the input that is being handled. */
  readonly now: number;
  readonly session: { emit(event: EngineEvent): void };
}

/**
 * Hears of every message that does not end as confirmed, passes it on to who waits for it, and tells what was dropped,
 * what found no room, and how full the buffer is.
 */
export class Losses implements WindowSink {
  private readonly host: LossesHost;
  private window!: Window;
  private intake!: Intake;
  private pressure!: Pressure;
  /** Monotonic ms before which losses are gathered rather than told. */
  private tellAt = 0;

  constructor(host: LossesHost) {
    this.host = host;
  }

  /** Joins it to the publish window, which needs it in order to be made. */
  attach(window: Window, intake: Intake): void {
    this.window = window;
    this.intake = intake;
    this.pressure = new Pressure(intake);
  }

  onSettled(window: Window, chunk: Chunk, frame: number, outcome: "refused" | "unconfirmed"): void {
    this.failed(window, chunk, frame, outcome);
  }

  onDropped(window: Window, chunk: Chunk, frame: number, reason: DropReason): void {
    const { lost, now } = this.host;
    lost.add(chunk, frame, reason, window.isHanded(chunk.base + frame), now);
    this.failed(window, chunk, frame, reason === "kept" ? "taken" : "dropped");
  }

  isWanted(window: Window, seq: number): boolean {
    return this.host.senderIfAny?.requests.isWaiting(window, seq) === true;
  }

  private failed(
    window: Window,
    chunk: Chunk,
    frame: number,
    outcome: "refused" | "dropped" | "taken" | "unconfirmed",
  ): void {
    const { fences, senderIfAny: sender } = this.host;
    const seq = chunk.base + frame;
    if (window === this.window) {
      this.intake.outage.freed(seq, chunk.ends[frame] - chunk.startOf(frame));
      fences.failed(seq, outcome);
    }
    // What is taken is no request.
    if (outcome !== "taken") sender?.requests.frameFailed(window, seq, outcome);
  }

  /** Tells what there is to tell: at once, and then no more than so often; `last`: there is no later. */
  tell(now: number, last = false): void {
    const { host } = this;
    const { lost, timers } = host;
    if (now < this.tellAt && !last) {
      if (this.hasNews) timers.set("losses", this.tellAt);
      return;
    }
    const messages = lost.take();
    if (messages !== undefined) host.session.emit({ type: "messageLost", messages });
    const overflowed = this.intake.overflowed.take();
    const { name: policy } = host.options.overflow;
    if (overflowed !== undefined) host.session.emit({ type: "overflow", policy, ...overflowed });
    const level = this.pressure.changed();
    if (level !== undefined) host.session.emit({ type: "buffer", level });
    if (messages !== undefined || overflowed !== undefined || level !== undefined)
      this.tellAt = now + TELL_EVERY;
  }

  private get hasNews(): boolean {
    return this.host.lost.size > 0 || this.intake.overflowed.messages > 0 || this.pressure.differs;
  }
}
