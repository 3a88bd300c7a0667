import type { Failure } from "./failure.js";
import { type Flow, type FlowHost, type Outcome, triesAgain } from "./flow.js";
import type { Outgoing } from "./outgoing.js";

/** Messages in any order: each is tried again by itself, and holds up no other. */
export class PlainFlow implements Flow {
  inFlight = 0;
  private readonly window: number;
  private readonly host: FlowHost;
  /** Those without an outcome, in order. */
  private readonly all = new Set<Outgoing>();
  /** To be sent for the first time, from `at` on. */
  private fresh: Outgoing[] = [];
  private at = 0;
  /** Their time for another try has come. */
  private due: Outgoing[] = [];
  /** It is being found out whether they would be refused. */
  private held: Outgoing[] = [];
  private troubled = 0;

  constructor(window: number, host: FlowHost) {
    this.window = window;
    this.host = host;
  }

  get isRecovering(): boolean {
    return this.troubled > 0;
  }

  add(out: Outgoing): void {
    this.all.add(out);
    this.fresh.push(out);
    this.pump();
  }

  pump(): void {
    this.letGo();
    while (this.inFlight < this.window && this.host.isUp) {
      const out = this.due.pop() ?? this.takeFresh();
      if (out === undefined) return;
      if (out.isSettled) continue;
      const refusal = this.host.refusal(out);
      if (refusal === "asking") {
        this.held.push(out);
        continue;
      }
      if (refusal !== undefined) {
        this.giveUp(out, refusal);
        continue;
      }
      this.inFlight++;
      this.host.send(out, undefined, (outcome) => this.came(out, outcome));
    }
  }

  takeAll(): Outgoing[] {
    const left = [...this.all].filter((out) => !out.isSettled);
    this.all.clear();
    this.fresh = [];
    this.due = [];
    this.held = [];
    this.at = 0;
    return left;
  }

  /** The answer to the question that the first of them waits for is one to all that were there with it. */
  private letGo(): void {
    const [first] = this.held;
    if (first === undefined || (!first.isSettled && this.host.refusal(first) === "asking")) return;
    this.due.push(...this.held.reverse());
    this.held = [];
  }

  private takeFresh(): Outgoing | undefined {
    if (this.at >= this.fresh.length) return undefined;
    const out = this.fresh[this.at++];
    if (this.at === this.fresh.length) {
      this.fresh = [];
      this.at = 0;
    }
    return out;
  }

  private came(out: Outgoing, outcome: Outcome): void {
    this.inFlight--;
    if (!out.isSettled) this.settle(out, outcome);
    this.pump();
  }

  private settle(out: Outgoing, outcome: Outcome): void {
    if ("failure" in outcome && triesAgain(out, outcome.failure)) {
      if (out.failures === 1) this.troubled++;
      this.host.willRetry(out, outcome.failure);
      this.host.later(this.host.delay(out.failures), () => {
        this.due.push(out);
        this.pump();
      });
      return;
    }
    this.all.delete(out);
    if (out.failures > 1 || ("ack" in outcome && out.failures > 0)) this.troubled--;
    if ("ack" in outcome) this.host.stored(out, outcome.ack);
    else this.host.gaveUp(out, outcome.failure);
  }

  /** It is not sent, or not again. */
  private giveUp(out: Outgoing, refusal: Failure): void {
    this.all.delete(out);
    if (out.failures > 0) this.troubled--;
    this.host.gaveUp(out, refusal);
  }
}
