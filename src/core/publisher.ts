import { Kind } from "../wire/frame.js";
import { checkSubject } from "../wire/subject.js";
import { Expiry } from "./expiry.js";
import type { Fence, FenceOutcome, Fences } from "./fences.js";
import { Admitted, type Intake } from "./intake.js";
import type { EngineOptions } from "./options.js";
import type { Outbound } from "./outbound.js";
import type { PublishWishes } from "./publish-wishes.js";

/** Number of a message that is in no window: dropped at once, or taken by the overflow. */
const NOWHERE = -1;
const TAKEN = -2;

/** What {@link Publisher.publish} has to say. */
export const Published = {
  /** There is no room: not accepted, see `Intake.noRoom`. */
  Rejected: -1,
  /** Accepted or taken; the window is above its high-water mark, or it was dropped at once. */
  Crowded: 0,
  Accepted: 1,
} as const;

/** Accepts messages into the window, and says how they end. */
export class Publisher {
  readonly expiry: Expiry;
  private readonly options: EngineOptions;
  private readonly intake: Intake;
  private readonly outbound: Outbound;
  private readonly fences: Fences;
  /** Whether a link takes what is appended. */
  private readonly link: { readonly stands: boolean };
  /** Frame of the last message that was published. */
  private lastSeq = NOWHERE;

  constructor(
    options: EngineOptions,
    intake: Intake,
    outbound: Outbound,
    fences: Fences,
    link: { readonly stands: boolean },
  ) {
    this.link = link;
    this.options = options;
    this.intake = intake;
    this.outbound = outbound;
    this.fences = fences;
    this.expiry = new Expiry(outbound.window);
  }

  /**
   * Accepts a message; returns one of {@link Published}.
   *
   * @param isRequest somebody waits for answers, and its frame is never written twice
   * @throws CodedError when it is not accepted, see `Connection.publish`
   */
  publish(
    subject: string,
    payload: Uint8Array | string,
    reply: string,
    headers: Uint8Array | undefined,
    wishes: PublishWishes | undefined,
    isRequest: boolean,
    now: number,
  ): number {
    const entry = this.intake.subjects.get(subject);
    if (reply !== "") checkSubject(reply, "reply subject");
    let kind: number = isRequest && entry.kind !== Kind.Pull ? Kind.Request : entry.kind;
    if (kind === Kind.Data && !(wishes?.replay ?? this.options.atLeastOnce)) kind = Kind.DataOnce;
    const window = isRequest ? this.outbound.urgent : this.outbound.window;
    const admitted = this.intake.admit(window, kind, entry, reply, headers, payload, wishes);
    if (admitted !== Admitted.Append) {
      this.lastSeq = admitted === Admitted.Taken ? TAKEN : NOWHERE;
      return admitted === Admitted.Rejected ? Published.Rejected : Published.Crowded;
    }
    window.append(kind, entry, reply, headers, payload, now);
    this.lastSeq = window.position - 1;
    if (kind === Kind.Pull && !this.link.stands) window.takeBack(this.lastSeq, "pull");
    if (wishes !== undefined) {
      if (wishes.expiresAt !== undefined) this.expiry.add(this.lastSeq, wishes.expiresAt);
      if (wishes.recovered === true) this.intake.countRecovered();
    }
    return window.bytes <= this.options.highWater ? Published.Accepted : Published.Crowded;
  }

  /** Settles when the message accepted last is confirmed, or ends otherwise. Returns whether there is something to wait for. */
  confirmLast(settle: (outcome: FenceOutcome) => void): boolean {
    const { lastSeq } = this;
    const { window } = this.outbound;
    if (lastSeq < 0 || !window.isPending(lastSeq)) {
      settle(lastSeq === TAKEN ? "taken" : "dropped");
      return false;
    }
    this.fences.add(window.position, lastSeq, settle);
    return true;
  }

  /** Settles when everything accepted so far is confirmed, or has ended otherwise; see `Engine.fence`. */
  fence(settle: (outcome: FenceOutcome) => void, now: number): Fence {
    return this.fences.add(this.outbound.window.appendPing(now), NOWHERE, settle);
  }
}
