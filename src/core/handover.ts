import { CodedError } from "../errors.js";
import { Crossings } from "./crossings.js";
import type { HandoverHost, HandoverOptions, HandoverParts } from "./handover-host.js";
import { areStrangers, failureIn, givenUp, type Stage } from "./handover-stages.js";
import type { Link } from "./link.js";
import { Overlap, type OverlapHost } from "./overlap.js";
import { Patience } from "./patience.js";
import { Probe } from "./probe.js";
import { PublishPause } from "./publish-pause.js";
import { Settling } from "./settling.js";
import { StageClock } from "./stage-clock.js";
import type { SecondLink } from "./subscriber.js";

/** ms that the old link may take to confirm what it carries, while what is published waits. */
const CONFIRM = 1000;
/** ms until a probe has to have arrived: servers that are no cluster do not pass it on. */
const PROVE = 2000;

/**
 * Brings subscriptions and publish window from a link that stands to one whose server has taken our CONNECT, so that nothing is
 * lost and nothing comes twice (docs/adr/0014). Until the window follows, the old link is as good as it was: whatever goes
 * wrong before costs nothing.
 */
export class Handover implements OverlapHost {
  private stage: Stage = "listening";
  private readonly from: Link;
  readonly to: Link;
  private readonly parts: HandoverParts;
  private readonly options: HandoverOptions;
  private readonly host: HandoverHost;
  private readonly overlap: Overlap;
  private readonly crossings: Crossings;
  private readonly probe: Probe;
  private readonly settling: Settling;
  private readonly patience: Patience;
  private readonly clock: StageClock;
  /** What is published waits, for the old link to confirm what it carries. */
  private readonly pause: PublishPause;
  private begunAt = 0;
  /** ms for which both links had the subscriptions. */
  private overlapped = 0;
  /** Monotonic ms until which it is tried to prove that the old server knows of what was subscribed late; and whether that is over. */
  private spreadsUntil = 0;
  private isSpread = false;
  /** The old link was lost before the new one could follow. */
  private isPromoted = false;

  constructor(from: Link, to: Link, parts: HandoverParts, options: HandoverOptions, host: HandoverHost) {
    this.from = from;
    this.to = to;
    this.parts = parts;
    this.options = options;
    this.host = host;
    this.probe = new Probe(`${options.secret}probe.${to.epoch}`);
    this.settling = new Settling(options.settle, host.rtt);
    this.patience = new Patience(options.timeout, this.settling.margin, host);
    this.clock = new StageClock(host.timers, from, options.timeout);
    this.pause = new PublishPause(parts.outbound);
    this.overlap = new Overlap(parts.subscriptions, parts.continuity, parts.requests, options.secret, this);
    this.crossings = new Crossings(from, to, parts, this.pause, this.overlap);
  }

  get now(): number {
    return this.host.now;
  }

  /** The new link is in use, and the old one not left yet. */
  get isLeaving(): boolean {
    return this.stage === "spreading" || this.stage === "leaving";
  }

  /** The new link is in use. */
  get hasFollowed(): boolean {
    return this.isLeaving || this.stage === "trailing";
  }

  /** For subscriptions: the link beside the one that takes what is appended. */
  get second(): SecondLink | undefined {
    return this.hasBoth ? this.crossings : undefined;
  }

  /** The subscriptions are on both links, or what is appended waits for the new one. */
  private get hasBoth(): boolean {
    if (this.stage === "listening" || this.stage === "clearing") return this.pause.isOn;
    return this.stage !== "trailing" && this.stage !== "over";
  }

  begin(): void {
    this.to.beginJoining(this.overlap.fresh);
    this.host.stragglers.deliver(this.from, this.overlap.old);
    this.crossings.compare();
    this.patience.begin(this.settling.margin);
    this.lastsFor(this.settling.margin);
    if (areStrangers(this.from, this.to)) this.clock.failsAt(this.host.now);
    this.step(this.settling.margin);
  }

  /** An error of a server that is about what is done here; false: it is none of ours. */
  takesError(link: Link, error: CodedError): boolean {
    if (error.code !== "PERMISSIONS_VIOLATION") return false;
    if (this.probe.takesError(error)) {
      if (this.stage === "clearing") this.join();
      else if (this.stage === "joining" || this.stage === "probing") this.proven();
      else if (this.stage === "spreading") this.spread(false);
      return true;
    }
    return this.crossings.takesRefusal(link, error);
  }

  /** What the old link has brought lately is remembered. */
  private listened(): void {
    this.bothAnswer([this.to], () => this.quiet());
  }

  onLong(): void {
    if (this.stage === "listening") this.quiet();
  }

  /** With `noEcho`, nothing of ours is on the way when the second link is subscribed: it would come back to us. */
  private quiet(): void {
    if (this.options.echo) return this.join();
    // What is published waits already: much has come in while the new server was waited for.
    if (this.pause.isOn) return;
    this.clock.wait();
    this.holdBack();
    this.confirmed();
  }

  /** The old server has all that is ours. A probe behind it comes in when it has arrived at the new one. */
  private clear(): void {
    this.stage = "clearing";
    this.lastsFor(0);
    this.clock.failsAt(this.host.now + PROVE);
    this.probe.listen(this.to);
    this.sendProbe();
  }

  /** Goes on when the servers answer as fast as they should: one that is busy gets and gives messages late. */
  private bothAnswer(links: readonly Link[], then: () => void): void {
    const { stage } = this;
    this.clock.wait();
    this.patience.ask(links, (again) => {
      if (this.stage !== stage) return;
      if (again === 0) then();
      else this.step(again);
    });
  }

  /** Subscribes everything on the new link, beside the old one. */
  private join(): void {
    const { to, host } = this;
    this.stage = "joining";
    this.overlap.joining();
    this.lastsFor(0);
    this.begunAt = host.now;
    this.crossings.join();
    // Behind the subscriptions: what has cleared the way was listened to before them.
    if (this.options.echo) this.probe.listen(to);
    else this.probe.listenAnew(to);
    to.sendPing(host.now, () => this.joined());
    this.clock.wait();
  }

  private joined(): void {
    if (this.stage !== "joining") return;
    if (this.probe.isDenied) return this.proven();
    this.stage = "probing";
    this.clock.failsAt(this.host.now + PROVE);
    this.sendProbe();
  }

  private sendProbe(): void {
    if (this.stage === "probing") this.probe.sendTimed(this.from, this.host);
    else this.probe.send(this.from);
    this.step(this.probe.pause());
  }

  onProbe(number: number): void {
    if (!this.probe.wasSent(number)) return;
    if (this.stage === "clearing") this.join();
    else if (this.stage === "probing") this.proven(number);
    else if (this.stage === "spreading") this.spread(true);
    // With `noEcho`: no server takes the old link for a subscriber any more.
    else if (this.probe.isLast(number)) this.pause.end();
  }

  /**
   * What is published now reaches the new link; what the old one carries already is behind its next PONG. Only then does the time
   * begin: a process that was busy has not read anything meanwhile.
   *
   * @param number of the probe that has shown it
   */
  private proven(number?: number): void {
    const { overlap, probe, settling } = this;
    this.stage = "settling";
    const last = () => this.patience.begin(0);
    const proven = () => overlap.proven(probe.takenAt(number ?? 0) + settling.time);
    this.lastsFor(settling.begin(!probe.isDenied, { proven, closing: () => overlap.closing() }, last));
    this.clock.wait();
    this.from.sendPing(this.host.now, () => {
      if (this.stage === "settling") this.settleOn();
    });
  }

  private settleOn(): void {
    const { next } = this.settling;
    if (next === undefined) this.bothAnswer([this.from, this.to], () => this.confirm());
    else this.step(next);
  }

  private settled(): void {
    this.settling.partIsOver();
    this.settleOn();
  }

  onTooMuch(): void {
    const text = "the move was given up: more messages came in than can be compared";
    this.host.failed(this.to, "busy", new CodedError("TIMEOUT", text), this.host.now);
  }

  /** A PONG has confirmed something of the window. */
  confirmed(): void {
    if (!this.pause.isClear) return;
    if (this.stage === "listening") this.clear();
    else if (this.stage === "confirming") this.follow();
  }

  private holdBack(): void {
    this.clock.failsAt(this.host.now + CONFIRM);
    this.pause.begin(this.host.now);
  }

  private confirm(): void {
    this.stage = "confirming";
    if (!this.pause.isOn) {
      this.holdBack();
      this.crossings.rebase();
    }
    this.clock.wait();
    this.confirmed();
  }

  /** The window follows: the new link is the one in use. */
  private follow(): void {
    const { from, to } = this;
    const { now } = this.host;
    this.stage = "spreading";
    from.phase = "leaving";
    this.crossings.follow();
    if (this.options.echo) this.pause.end();
    this.host.follow(to, this.crossings.refusals, now);
    this.crossings.settleRefusals();
    if (this.host.closed) return;
    if (this.crossings.hasLate) this.beginSpreading();
    else this.leave();
  }

  /** Of what was subscribed late nobody has proven yet that other servers know of it at the new one. */
  private beginSpreading(): void {
    this.lastsFor(this.settling.time);
    this.spreadsUntil = this.host.now + Math.min(PROVE, this.options.timeout / 2);
    this.probe.listenAnew(this.to);
    this.sendProbe();
  }

  private spread(isProven: boolean): void {
    if (this.isSpread) return;
    this.isSpread = true;
    const time = this.settling.timeFor(isProven);
    this.patience.begin(time);
    this.lastsFor(time);
    this.step(time);
  }

  private spreadOn(): void {
    if (this.isSpread) this.bothAnswer([this.from, this.to], () => this.leave());
    else if (this.host.now < this.spreadsUntil) this.sendProbe();
    else this.spread(false);
  }

  private leave(): void {
    const { from } = this;
    this.stage = "leaving";
    this.lastsFor(0);
    this.crossings.leave();
    this.overlap.leaving();
    if (!this.options.echo) this.probe.sendLast(from);
    from.sendPing(this.host.now, () => this.oldIsDone(false));
    this.clock.wait();
  }

  /** A step is due, or the stage has failed. */
  handleTimeout(now: number): void {
    // Before the new link is in use, a probe or a PING has to go out on the old one.
    const due = this.clock.check(now, !this.hasFollowed);
    if (due === "failed") return this.late(now);
    if (due === "early") return;
    if (this.stage === "probing" || this.stage === "clearing") this.sendProbe();
    else if (this.stage === "listening") this.listened();
    else if (this.stage === "settling") this.settled();
    else if (this.stage === "spreading") this.spreadOn();
    else if (this.stage === "trailing") this.trailed();
  }

  /** The stage has taken too long. */
  private late(now: number): void {
    if (this.isLeaving) return this.oldIsDone(true);
    if (this.stage === "trailing") return this.done();
    const failure = areStrangers(this.from, this.to) ? "unproven" : failureIn(this.stage, this.pause.isOn);
    this.host.failed(this.to, failure, givenUp(this.to, failure), now);
  }

  private trailed(): void {
    if (this.isPromoted) this.done();
    else this.bothAnswer([this.to], () => this.done());
  }

  /** The next step is due in so many ms. */
  private step(ms: number): void {
    this.clock.step(this.host.now + ms);
  }

  /** What is done now lasts so many ms, and as long as a server may take to answer. */
  private lastsFor(ms: number): void {
    this.clock.lastsUntil(this.host.now + ms);
  }

  /** The old link is lost before it was left. */
  oldLost(): void {
    if (this.isLeaving) this.oldIsDone(true);
  }

  /** What is still compared after an outage is of no use for another move. */
  stopComparing(): void {
    if (this.isPromoted) this.done();
  }

  /** The new link is lost after it had followed. */
  newLost(): void {
    if (this.isLeaving) this.oldIsDone(true);
    this.done();
  }

  /**
   * The old link has brought what it had, or is lost, or has had its time.
   *
   * @param reset what its kernel holds is of no use
   */
  private oldIsDone(reset: boolean): void {
    const { to, from, host, overlap } = this;
    const { subscriber, outbound } = this.parts;
    this.stage = "trailing";
    if (this.probe.isDenied) this.pause.end();
    to.deliverTo(overlap.trailing);
    host.left(from, reset);
    this.patience.begin(this.settling.margin);
    this.crossings.joinLast();
    this.overlapped = host.now - this.begunAt;
    this.lastsFor(this.settling.margin);
    this.step(this.settling.margin);
    overlap.release();
    subscriber.confirmed(outbound.window);
  }

  private done(): void {
    // Who was given what was held back may have closed the connection.
    if (this.host.closed || !this.end()) return;
    this.crossings.end();
    this.probe.end(this.to);
    if (this.isPromoted) this.host.ended();
    else this.host.done(this.from, this.to, this.overlapped, this.overlap.twins);
  }

  /** The move is given up, and the old link stays in use. The new one is the caller's to close. */
  abort(): void {
    const hadPause = this.pause.isOn;
    if (!this.end()) return;
    this.overlap.stays(this.from, this.host.stragglers, this.host.now + this.settling.margin);
    this.host.stragglers.deliver(this.from, this.parts.continuity);
    this.crossings.stay(hadPause);
  }

  /** The old link is lost: what the new one has brought beside it is delivered, and it is restored as any other. */
  promote(): void {
    const { to, overlap } = this;
    this.pause.end();
    this.stage = "trailing";
    this.isPromoted = true;
    to.deliverTo(overlap.trailing);
    this.lastsFor(this.settling.margin);
    this.step(this.settling.margin);
    this.crossings.inherit();
    overlap.release();
  }

  private end(): boolean {
    if (this.stage === "over") return false;
    this.stage = "over";
    this.clock.stop();
    this.pause.end();
    if (this.to.phase === "live" || this.to.phase === "restoring") this.to.deliverTo(this.parts.continuity);
    return true;
  }
}
