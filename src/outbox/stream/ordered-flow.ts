import { Chain } from "./chain.js";
import { type Failure, isTooLarge } from "./failure.js";
import { type Flow, type FlowHost, isOver, type Outcome, triesAgain } from "./flow.js";
import type { Outgoing } from "./outgoing.js";

/** Messages with an outcome that may be at the beginning before the rest moves up. */
const SPARE = 1024;

/**
 * Messages in order: a window of them is on the way, each bound to the one before it (see {@link Chain}). When one fails, the rest of the run is awaited, and a new run
 * begins with the first message that has no outcome: go-back-N. After one that was refused for good it begins at once, with the whole window.
 */
export class OrderedFlow implements Flow {
  inFlight = 0;
  private items: Outgoing[] = [];
  /** Everything before it has its outcome. */
  private head = 0;
  /** The next one to be sent. */
  private at = 0;
  /** Sequence that everything before `head` lies up to. */
  private floor = 0;
  private isAloneOut = false;
  /** One has failed: nothing is sent until all on the way have come back. */
  private isSettling = false;
  /** The time has not come for the next run. */
  private isWaiting = false;
  /** Runs in a row that have ended with a failure, and nothing stored. */
  private failures = 0;
  /** The run has a failure that is not only that of the one before it. */
  private hasFailed = false;
  /** Without an outcome, and maybe in the stream: they may come there at any time. */
  private readonly doubtful = new Set<Outgoing>();
  /** A message of the run has got its outcome. */
  private hasSettled = false;
  private readonly chain: Chain;
  private readonly host: FlowHost;

  constructor(window: number, host: FlowHost) {
    this.chain = new Chain(window);
    this.host = host;
  }

  get isRecovering(): boolean {
    return this.isSettling || this.isWaiting || this.failures > 0;
  }

  add(out: Outgoing): void {
    this.items.push(out);
    this.pump();
  }

  pump(): void {
    const { chain, host } = this;
    while (!this.isSettling && !this.isWaiting && this.at < this.items.length && host.isUp) {
      const out = this.items[this.at];
      if (this.isAloneOut || this.inFlight >= chain.limit) return;
      if (out.isSettled) {
        // Stored in an earlier run, behind one that was not known to be.
        if (out.seq !== undefined) chain.passed(out.seq);
        this.at++;
        continue;
      }
      if (isOver(out)) {
        host.dropped(out);
        this.passed();
        continue;
      }
      const refusal = host.refusal(out);
      if (refusal === "asking") return;
      if (refusal !== undefined) {
        host.gaveUp(out, refusal);
        this.passed();
        continue;
      }
      if (out.isAlone) {
        if (this.inFlight > 0) return;
        this.isAloneOut = true;
        chain.restart();
      } else if (this.inFlight === 0 && !this.isRunning) {
        chain.restart();
      }
      this.isRunning = true;
      const { expected, presumed } = out.isAlone
        ? { expected: undefined, presumed: undefined }
        : chain.next();
      out.presumed = presumed;
      this.at++;
      this.inFlight++;
      host.send(out, expected, (outcome) => this.came(out, expected, outcome));
    }
  }

  /** A run ends where nothing is left to send: somebody else may write until the next one begins. */
  private isRunning = false;

  takeAll(): Outgoing[] {
    const left = this.items.slice(this.head).filter((out) => !out.isSettled);
    this.items = [];
    this.doubtful.clear();
    this.head = 0;
    this.at = 0;
    return left;
  }

  /** The next one has its outcome without being sent: the one behind it is bound to the one before it. */
  private passed(): void {
    this.at++;
    if (this.inFlight > 0) return;
    if (this.at >= this.items.length) this.isRunning = false;
    // Nothing that would do it comes back.
    this.moveUp();
    this.tidy();
  }

  private moveUp(): void {
    while (this.head < this.items.length && this.items[this.head].isSettled) {
      this.floor = Math.max(this.floor, this.items[this.head++].seq ?? 0);
    }
  }

  private came(out: Outgoing, expected: number | undefined, outcome: Outcome): void {
    this.inFlight--;
    if (out.isAlone) this.isAloneOut = false;
    // It was given up meanwhile.
    if (!out.isSettled) {
      if ("ack" in outcome) {
        this.failures = 0;
        out.seq = outcome.ack.seq;
        this.hasSettled = true;
        this.doubtful.delete(out);
        if (!this.chain.acked(out.presumed, outcome.ack, this.floor)) this.isSettling = true;
        this.host.stored(out, outcome.ack);
      } else {
        this.failed(out, expected, outcome.failure);
      }
    }
    this.moveUp();
    if (this.inFlight === 0) this.runEnded();
    this.pump();
    this.tidy();
  }

  private failed(out: Outgoing, expected: number | undefined, failure: Failure): void {
    this.isSettling = true;
    // The one before it was not stored, or somebody else has written, or it is there already: the next run will tell.
    if (expected !== undefined && failure.lastSequence !== undefined) {
      this.chain.endsAt(failure.lastSequence);
      return;
    }
    if (expected !== undefined && isTooLarge(failure)) {
      out.isAlone = true;
      return;
    }
    if (failure.maybeDelivered) {
      this.doubtful.add(out);
      this.chain.doubt();
    }
    if (!triesAgain(out, failure)) {
      this.hasSettled = true;
      this.doubtful.delete(out);
      return this.host.gaveUp(out, failure);
    }
    this.hasFailed = true;
    this.host.willRetry(out, failure);
  }

  private runEnded(): void {
    if (this.at >= this.items.length) this.isRunning = false;
    if (!this.isSettling) return;
    // Each run that goes on has settled something: it comes to an end.
    const mayGoOn =
      this.hasSettled &&
      !this.hasFailed &&
      this.doubtful.size === 0 &&
      this.head < this.items.length &&
      this.host.isUp;
    this.isSettling = false;
    this.hasSettled = false;
    this.isRunning = mayGoOn && this.chain.resume();
    this.at = this.head;
    if (!this.hasFailed) return;
    this.hasFailed = false;
    this.isWaiting = true;
    this.host.later(this.host.delay(++this.failures), () => {
      this.isWaiting = false;
      this.pump();
    });
  }

  private tidy(): void {
    if (this.head < SPARE || this.head * 2 < this.items.length) return;
    this.items = this.items.slice(this.head);
    this.at -= this.head;
    this.head = 0;
  }
}
