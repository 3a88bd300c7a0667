import type { CodedError } from "../errors.js";
import type { HandoverParts } from "./handover-host.js";
import type { Link } from "./link.js";
import type { Overlap } from "./overlap.js";
import type { PublishPause } from "./publish-pause.js";
import type { SecondLink, Subscriber } from "./subscriber.js";
import type { Subscriptions } from "./subscriptions.js";

/**
 * The subscriptions on their way from one link to another: what the two servers are told of them in each stage of a handover, and
 * what the new one has refused.
 */
export class Crossings implements SecondLink {
  private readonly from: Link;
  private readonly to: Link;
  private readonly table: Subscriptions;
  private readonly subscriber: Subscriber;
  private readonly pause: PublishPause;
  private readonly overlap: Pick<Overlap, "drains">;
  /** The new link is the one that they are on. */
  private hasFollowed = false;
  private undoBases = () => {};
  /** What the new server has refused. */
  readonly refusals: CodedError[] = [];
  /** Something was subscribed on both links that other servers may not know of yet. */
  hasLate = false;

  /** @param pause while it is on, what is appended to the window waits for the new link */
  constructor(
    from: Link,
    to: Link,
    { subscriptions, subscriber }: HandoverParts,
    pause: PublishPause,
    overlap: Pick<Overlap, "drains">,
  ) {
    this.from = from;
    this.to = to;
    this.table = subscriptions;
    this.subscriber = subscriber;
    this.pause = pause;
    this.overlap = overlap;
  }

  get isLeft(): boolean {
    return this.pause.isOn || this.hasFollowed;
  }

  send(lines: string): void {
    (this.isLeft ? this.from : this.to).send(Buffer.from(lines));
  }

  sendNew(lines: string): void {
    this.to.send(Buffer.from(lines));
  }

  joinedLate(): void {
    this.hasLate = true;
  }

  drains(sid: number): void {
    this.overlap.drains(sid);
  }

  /** Whether a server has refused a subscription that does not end by that, or not yet. */
  takesRefusal(link: Link, error: CodedError): boolean {
    if (error.detail.operation !== "subscription") return false;
    // What the new server takes is not over because the old one has refused it meanwhile.
    if (link === this.from) return this.hasFollowed;
    if (link !== this.to || this.hasFollowed) return false;
    if (this.refusals.length < this.table.size) this.refusals.push(error);
    return true;
  }

  /** What the old link brings for them is compared with what the new one will bring. */
  compare(): void {
    this.table.compareAll();
  }

  /** All of them are subscribed on the new link, beside the old one. */
  join(): void {
    for (const lines of this.table.joinPlan()) this.to.send(lines);
    if (this.pause.isOn) this.rebase();
  }

  /** What is appended to the window is meant for the new server, which counts otherwise. */
  rebase(): void {
    this.undoBases = this.table.rebase();
  }

  /** The new link carries the window. */
  follow(): void {
    this.hasFollowed = true;
  }

  /** What the new server has refused ends now, and what the old one has refused is forgotten. */
  settleRefusals(): void {
    this.table.turn();
    this.subscriber.refusedBeside(this.refusals);
  }

  /** They end on the old link. */
  leave(): void {
    for (const lines of this.table.leavePlan()) this.from.send(lines);
  }

  /** The old link is gone: those that could not be on both are subscribed on the new one. */
  joinLast(): void {
    for (const lines of this.table.joinLast()) this.to.send(lines);
  }

  /** Nothing comes twice any more. */
  end(): void {
    for (const lines of this.table.recount()) this.to.send(lines);
  }

  /**
   * They stay on the old link.
   *
   * @param hadPause lines that were meant for the new link go to the old one, which counts otherwise
   */
  stay(hadPause: boolean): void {
    this.undoBases();
    this.table.forgetCrossings();
    if (hadPause) this.subscriber.limitAnew();
  }

  /** The old link was lost, and the new one is to be restored in its place. */
  inherit(): void {
    this.hasFollowed = true;
    this.table.inherit(this.refusals);
  }
}
