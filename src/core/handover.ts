import { CodedError } from "../errors.js";
import { subLine, unsubLine } from "../wire/lines.js";
import type { Failure, HandoverHost, HandoverOptions, HandoverParts } from "./handover-host.js";
import type { Link } from "./link.js";
import { Overlap, type OverlapHost, PROBE_SID } from "./overlap.js";
import type { SecondLink } from "./subscriber.js";

/** ms for which both links have the subscriptions, at least, after it is proven that the new one gets what is published. */
const MIN_SETTLE = 50;
/** ms for which they do, at most, if nobody says otherwise: a move must be done within a lame duck's grace period. */
const MAX_SETTLE = 500;
/** Round trips for which they do. */
const SETTLE_ROUND_TRIPS = 4;
/**
 * Part of that time before and after it in which messages may be on one link alone: a route to one of the servers may be that
 * much slower than the other.
 */
const GUARD = 0.4;
/**
 * So many times as long is remembered what the old link brings before the new one is subscribed: what its server gets late, when
 * it is subscribed already, was delivered by the old link before. And so long what the new one brings is looked at when the old
 * one is gone: its server may get things later.
 */
const MARGIN = 4;
/** ms that an answer may take, at most, for a server to count as quick, and the part of the deadline for which that is waited for. */
const QUICK = 50;
const BUSY = 0.25;
/** ms that the old link may take to confirm what it carries, while what is published waits. */
const CONFIRM = 1000;
/** ms until a probe has to have arrived: servers that are no cluster do not pass it on. */
const PROVE = 2000;
/** Bytes without an answer on the old link from which on it may be slow, and times that it is waited for. */
const SLOW = 64 * 1024;
const MAX_WAITS = 10;
/** A deadline that is noticed so many ms too late was nobody else's fault. */
const LATE = 200;
/** A server that does not let us send a probe proves nothing: twice as long is given then. */
const UNPROVEN = 2;
/** ms between the first two probes, and the longest pause: what nobody listens to yet is dropped. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 50;

type Stage =
  | "listening"
  | "clearing"
  | "joining"
  | "probing"
  | "settling"
  | "confirming"
  | "leaving"
  | "trailing"
  | "over";

/** What did not happen in time. */
const FAILED: Partial<Record<Stage, string>> = {
  probing: "what is published at the old server does not reach it (are they a cluster?)",
  confirming: "the old server did not confirm in time what was published",
};

/**
 * Brings subscriptions and publish window from a link that stands to one whose server has taken our CONNECT, so that nothing is
 * lost and nothing comes twice (docs/adr/0014). Until the window follows, the old link is as good as it was: whatever goes
 * wrong before costs nothing.
 */
export class Handover implements SecondLink, OverlapHost {
  private stage: Stage = "listening";
  private readonly from: Link;
  readonly to: Link;
  private readonly parts: HandoverParts;
  private readonly options: HandoverOptions;
  private readonly host: HandoverHost;
  private readonly overlap: Overlap;
  private readonly probe: string;
  private readonly refusals: CodedError[] = [];
  private begunAt = 0;
  /** ms for which both links had the subscriptions. */
  private overlapped = 0;
  /** Monotonic ms at which it has failed; and at which the next step is due. */
  private deadline: number;
  private stepAt = Number.POSITIVE_INFINITY;
  private pause = FIRST_PAUSE;
  private takenBefore = 0;
  private waits = 0;
  /** A server does not permit probes. */
  private isDenied = false;
  /** Probes that were published. */
  private probes = 0;
  /** The parts of the settling that are to come: how long each lasts, and what follows. */
  private steps: [number, () => void][] = [];
  private settle = MIN_SETTLE;
  /** Monotonic ms until which a busy server is waited for. */
  private busyUntil = 0;
  /** What is published waits; and the position that has to be confirmed by the old link. */
  private isHolding = false;
  private heldAt = 0;
  /** Something was subscribed on both links that other servers may not know of yet. */
  private hasLate = false;
  private undoBases = () => {};
  /** Given up: monotonic ms until which the old link may bring what the new one has brought first. */
  private comparedUntil = 0;
  /** The old link was lost before the new one could follow. */
  private isPromoted = false;

  constructor(from: Link, to: Link, parts: HandoverParts, options: HandoverOptions, host: HandoverHost) {
    this.from = from;
    this.to = to;
    this.parts = parts;
    this.options = options;
    this.host = host;
    this.deadline = host.now + options.timeout;
    this.probe = `${options.inbox}probe.${to.epoch}.`;
    this.overlap = new Overlap(parts.subscriptions, parts.direct, parts.answers, options.inbox, this);
  }

  /** What is appended goes to the new link: the second one is the old one. */
  get isLeft(): boolean {
    return this.isHolding || this.hasFollowed;
  }

  /** The new link is in use, and the old one not left yet. */
  get isLeaving(): boolean {
    return this.stage === "leaving";
  }

  /** The new link is in use. */
  get hasFollowed(): boolean {
    return this.stage === "leaving" || this.stage === "trailing" || this.stage === "over";
  }

  /** The subscriptions are on both links, or what is appended waits for the new one. */
  get hasBoth(): boolean {
    if (this.stage === "listening" || this.stage === "clearing") return this.isHolding;
    return this.stage !== "trailing" && this.stage !== "over";
  }

  begin(): void {
    const { settle } = this.options;
    const { rtt = 0 } = this.host;
    this.settle = settle ?? Math.min(MAX_SETTLE, Math.max(MIN_SETTLE, SETTLE_ROUND_TRIPS * rtt));
    this.deadline = this.host.now + MARGIN * this.settle + this.options.timeout;
    this.to.beginJoining(this.overlap.fresh);
    this.from.deliverTo(this.overlap.old);
    this.parts.subscriptions.compareAll();
    this.mayBeBusy(this.host.now);
    if (areStrangers(this.from, this.to)) this.deadline = this.host.now;
    this.step(this.host.now + MARGIN * this.settle);
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

  /** An error of a server that is about what is done here; false: it is none of ours. */
  takesError(link: Link, error: CodedError): boolean {
    if (error.code !== "PERMISSIONS_VIOLATION") return false;
    const { operation, subject } = error.detail;
    if (subject?.startsWith(this.probe)) {
      this.isDenied = true;
      if (this.stage === "clearing") this.join();
      else if (this.stage === "joining" || this.stage === "probing") this.proven(UNPROVEN);
      return true;
    }
    if (operation !== "subscription") return false;
    // What the new server takes is not over because the old one has refused it meanwhile.
    if (link === this.from) return this.isLeaving;
    if (link !== this.to || this.hasFollowed) return false;
    if (this.refusals.length < this.parts.subscriptions.size) this.refusals.push(error);
    return true;
  }

  /** What the old link has brought lately is remembered. */
  private listened(): void {
    this.bothAnswer([this.to], () => this.quiet());
  }

  onLong(): void {
    if (this.stage === "listening" && !this.isHolding) this.quiet();
  }

  /** With `noEcho`, nothing of ours is on the way when the second link is subscribed: it would come back to us. */
  private quiet(): void {
    if (this.options.echo) return this.join();
    this.step(Number.POSITIVE_INFINITY);
    this.holdBack();
    this.confirmed();
  }

  /** The old server has all that is ours. A probe behind it comes in when it has arrived at the new one. */
  private clear(): void {
    this.stage = "clearing";
    this.to.send(Buffer.from(subLine(PROBE_SID, `${this.probe}*`, undefined)));
    this.sendProbe();
  }

  /** Goes on when the servers answer as fast as they should: one that is busy gets and gives messages late. */
  private bothAnswer(links: readonly Link[], then: () => void): void {
    const { stage, host } = this;
    const quick = Math.max(QUICK, SETTLE_ROUND_TRIPS * (host.rtt ?? 0));
    let waiting = links.length;
    let worst = 0;
    this.step(Number.POSITIVE_INFINITY);
    for (const link of links) {
      link.sendPing(host.now, (rtt) => {
        worst = Math.max(worst, rtt);
        if (--waiting > 0 || this.stage !== stage) return;
        if (worst <= quick || host.now >= this.busyUntil) then();
        else this.step(host.now + quick);
      });
    }
  }

  /** A stage begins in which a busy server is waited for, for a while. */
  private mayBeBusy(now: number): void {
    this.busyUntil = now + BUSY * this.options.timeout;
  }

  /** Subscribes everything on the new link, beside the old one. */
  private join(): void {
    const { to, host } = this;
    const { subscriptions } = this.parts;
    this.stage = "joining";
    this.overlap.joining();
    this.deadline = host.now + this.options.timeout;
    this.begunAt = host.now;
    for (const lines of subscriptions.joinPlan()) to.send(lines);
    if (this.isHolding) this.undoBases = subscriptions.rebase();
    if (this.probes === 0) to.send(Buffer.from(subLine(PROBE_SID, `${this.probe}*`, undefined)));
    to.sendPing(host.now, () => this.joined());
    this.step(Number.POSITIVE_INFINITY);
  }

  private joined(): void {
    if (this.stage !== "joining") return;
    this.stage = "probing";
    this.deadline = Math.min(this.deadline, this.host.now + PROVE);
    this.sendProbe();
  }

  private publishProbe(): void {
    this.from.send(Buffer.from(`PUB ${this.probe}${++this.probes} 0\r\n\r\n`));
  }

  private sendProbe(): void {
    this.publishProbe();
    this.step(this.host.now + this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
  }

  onProbe(number: number): void {
    if (this.stage === "clearing") this.join();
    else if (this.stage === "probing") this.proven(1);
    // With `noEcho`: no server takes the old link for a subscriber any more.
    else if (this.stage === "trailing" && number === this.probes) this.letGo();
  }

  /**
   * What is published now reaches the new link; what the old one carries already is behind its next PONG. Only then does the time
   * begin: a process that was busy has not read anything meanwhile.
   */
  private proven(factor: number): void {
    const { host } = this;
    this.stage = "settling";
    const { settle } = this;
    const guard = GUARD * settle;
    this.deadline = host.now + factor * settle + 2 * guard + this.options.timeout;
    this.step(Number.POSITIVE_INFINITY);
    this.from.sendPing(host.now, () => {
      if (this.stage !== "settling") return;
      this.steps = [
        [guard, () => this.overlap.proven()],
        [factor * settle, () => this.overlap.closing()],
        [guard, () => this.mayBeBusy(host.now)],
      ];
      this.settleOn();
    });
  }

  private settleOn(): void {
    const next = this.steps[0];
    if (next === undefined) this.bothAnswer([this.from, this.to], () => this.confirm());
    else this.step(this.host.now + next[0]);
  }

  /** A part of the time is over. */
  private settled(): void {
    this.steps.shift()?.[1]();
    this.settleOn();
  }

  onTooMuch(): void {
    const text = "the move was given up: more messages came in than can be compared";
    this.host.failed(this.to, "busy", new CodedError("TIMEOUT", text), this.host.now);
  }

  /** A PONG has confirmed something of the window. */
  confirmed(): void {
    if (!this.isHolding || this.parts.outbound.window.confirmed < this.heldAt) return;
    if (this.stage === "listening") this.clear();
    else if (this.stage === "confirming") this.follow();
  }

  private holdBack(): void {
    this.isHolding = true;
    this.deadline = Math.min(this.deadline, this.host.now + CONFIRM);
    this.heldAt = this.parts.outbound.holdBack(this.host.now);
  }

  private confirm(): void {
    this.stage = "confirming";
    if (!this.isHolding) {
      this.holdBack();
      this.undoBases = this.parts.subscriptions.rebase();
    }
    this.step(Number.POSITIVE_INFINITY);
    this.confirmed();
  }

  /** The window follows: the new link is the one in use. */
  private follow(): void {
    const { from, to, settle } = this;
    const { now } = this.host;
    this.stage = "leaving";
    from.phase = "leaving";
    this.deadline = now + settle + this.options.timeout;
    if (this.options.echo) this.letGo();
    this.host.follow(to, this.refusals, now);
    this.parts.subscriptions.forgetRefusals();
    this.parts.subscriber.refusedBeside(this.refusals);
    if (this.host.closed || this.stage !== "leaving") return;
    if (this.hasLate) this.step(now + settle);
    else this.leave();
  }

  private letGo(): void {
    if (!this.isHolding) return;
    this.isHolding = false;
    this.parts.outbound.letGo();
  }

  /** What was subscribed late stands everywhere: what comes over the old link from now on comes over both. */
  private lateIsProven(): void {
    this.step(Number.POSITIVE_INFINITY);
    this.from.sendPing(this.host.now, () => {
      this.parts.subscriptions.lateIsProven();
      if (this.stage === "leaving") this.leave();
    });
  }

  private leave(): void {
    const { from } = this;
    for (const lines of this.parts.subscriptions.leavePlan()) from.send(lines);
    this.overlap.leaving();
    if (!this.options.echo) this.publishProbe();
    from.sendPing(this.host.now, () => {
      if (this.stage === "leaving") this.oldIsDone(false);
    });
    this.step(Number.POSITIVE_INFINITY);
  }

  /** A step is due. */
  handleTimeout(now: number): void {
    if (now > this.deadline + LATE || (now >= this.deadline && this.isOnItsWay())) {
      // This process did not run, and what the servers have answered is being read only now; or the old link is slow.
      this.deadline = now + Math.min(PROVE, this.options.timeout);
    } else if (now >= this.deadline) {
      if (this.stage === "leaving") return this.oldIsDone(true);
      if (this.stage === "trailing") return this.done();
      const { listen } = this.to.server.address;
      const text = `the move to ${listen} was given up: ${FAILED[this.stage] ?? "the server did not answer in time"}`;
      return this.host.failed(this.to, this.failure, new CodedError("TIMEOUT", text), now);
    }
    if (now < this.stepAt) return this.step(this.stepAt);
    if (this.stage === "probing" || this.stage === "clearing") this.sendProbe();
    else if (this.stage === "listening") this.listened();
    else if (this.stage === "settling") this.settled();
    else if (this.stage === "leaving") this.lateIsProven();
    else if (this.stage === "trailing") this.trailed();
  }

  /** Whether the old link has got rid of something since it was looked at last, before which a probe, or a PING, has to wait. */
  private isOnItsWay(): boolean {
    const { taken, unanswered } = this.from;
    const moves = !this.hasFollowed && unanswered > SLOW && taken > this.takenBefore;
    this.takenBefore = taken;
    return moves && ++this.waits < MAX_WAITS;
  }

  private get failure(): Failure {
    if (this.stage === "probing" || areStrangers(this.from, this.to)) return "unproven";
    return this.isHolding ? "busy" : "server";
  }

  private trailed(): void {
    if (this.isPromoted) this.done();
    else this.bothAnswer([this.to], () => this.done());
  }

  private step(at: number): void {
    this.stepAt = at;
    this.host.timers.set("handover", Math.min(at, this.deadline));
  }

  /** The old link is lost before it was left. */
  oldLost(): void {
    if (this.stage === "leaving") this.oldIsDone(true);
  }

  /** What is still compared after an outage is of no use for another move. */
  stopComparing(): void {
    if (this.isPromoted) this.done();
  }

  /** The new link is lost after it had followed. */
  newLost(): void {
    if (this.stage === "leaving") this.oldIsDone(true);
    this.done();
  }

  /**
   * The old link has brought what it had, or is lost, or has had its time.
   *
   * @param reset what its kernel holds is of no use
   */
  private oldIsDone(reset: boolean): void {
    const { to, from, host, overlap } = this;
    const { subscriptions, subscriber, outbound } = this.parts;
    this.stage = "trailing";
    if (this.options.echo || this.isDenied) this.letGo();
    to.deliverTo(overlap.trailing);
    host.left(from, reset);
    this.mayBeBusy(host.now);
    for (const lines of subscriptions.joinLast()) to.send(lines);
    this.overlapped = host.now - this.begunAt;
    this.deadline = host.now + MARGIN * this.settle + this.options.timeout;
    this.step(host.now + MARGIN * this.settle);
    overlap.release();
    if (!host.closed) subscriber.confirmed(outbound.window);
  }

  private done(): void {
    if (!this.end()) return;
    for (const lines of this.parts.subscriptions.recount()) this.to.send(lines);
    this.to.send(Buffer.from(unsubLine(PROBE_SID, undefined)));
    if (this.isPromoted) this.host.ended();
    else this.host.done(this.from, this.to, this.overlapped, this.overlap.twins);
  }

  /** The move is given up, and the old link stays in use. The new one is the caller's to close. */
  abort(): void {
    const { undoBases } = this;
    const wasHolding = this.isHolding;
    if (!this.end()) return;
    const { subscriptions, subscriber, direct } = this.parts;
    this.comparedUntil = this.host.now + MARGIN * this.settle;
    this.from.deliverTo(this.overlap.stays() ? this.overlap.staying : direct);
    undoBases();
    subscriptions.forgetCrossings();
    // Lines that were meant for the new link go to the old one, which counts otherwise.
    if (wasHolding) subscriber.limitAnew();
  }

  onStaying(): void {
    if (this.host.now > this.comparedUntil) this.from.deliverTo(this.parts.direct);
  }

  /** The old link is lost: what the new one has brought beside it is delivered, and it is restored as any other. */
  promote(): void {
    const { to, host, parts, overlap } = this;
    this.letGo();
    this.stage = "trailing";
    this.isPromoted = true;
    to.deliverTo(overlap.trailing);
    const joined = [...parts.subscriptions.all].filter(({ crossing }) => crossing?.joined !== undefined);
    parts.subscriptions.inherit(this.refusals);
    this.deadline = host.now + MARGIN * this.settle + this.options.timeout;
    this.step(host.now + MARGIN * this.settle);
    overlap.release();
    // What has got its last message just now ends on a link that is gone.
    for (const entry of joined)
      if (!parts.subscriptions.has(entry)) to.send(Buffer.from(unsubLine(entry.sid, undefined)));
  }

  private end(): boolean {
    if (this.stage === "over") return false;
    this.stage = "over";
    this.host.timers.clear("handover");
    this.letGo();
    if (this.to.phase === "live" || this.to.phase === "restoring") this.to.deliverTo(this.parts.direct);
    return true;
  }
}

/** Two servers that are in no cluster: what is published at one does not reach the other. */
function areStrangers({ info: one }: Link, { info: other }: Link): boolean {
  return one?.cluster === undefined && other?.cluster === undefined && one?.server_id !== other?.server_id;
}
