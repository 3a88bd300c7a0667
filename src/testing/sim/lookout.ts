import type { EngineEvent } from "../../core/events.js";
import type { Window } from "../../core/window.js";
import { CodedError } from "../../errors.js";
import type { AttemptRules } from "./attempt-rules.js";
import type { CauseRules } from "./cause-rules.js";
import type { Client } from "./client.js";
import { markOf } from "./content.js";
import { isProbe } from "./probe.js";
import type { ReplayHold } from "./replay-hold.js";
import type { Draft } from "./sent.js";
import type { SlowStartRule } from "./slow-start-rule.js";
import type { Watcher } from "./watch.js";

/** Rules of a client that nobody else asks. */
export interface LookoutRules {
  readonly attempts: AttemptRules;
  readonly causes: CauseRules;
  readonly slowStart: SlowStartRule;
  readonly hold: ReplayHold;
}

/** Hears what goes on inside of a client's engine, and tells the rules that it concerns. */
export class Lookout implements Watcher {
  private readonly client: Client;
  private readonly rules: LookoutRules;

  constructor(client: Client, rules: LookoutRules) {
    this.client = client;
    this.rules = rules;
  }

  sentAgain(reply: string): Draft | undefined {
    for (const asked of this.client.asking.open)
      if (asked.sent?.draft.reply === reply) return asked.sent.draft;
    return undefined;
  }

  restoring(epoch: number): void {
    const { spares, turns, peers, profile, rules, coverage } = this.client;
    spares.restoring(epoch);
    turns.last = epoch;
    // One that was joining beside another has its turn already, and may have been told of subscriptions.
    if (turns.take(epoch)) peers.get(epoch)!.repeats = true;
    this.rules.hold.begin(profile.options.holdTimeout > 0 && rules.wasUp);
    coverage.count("link", "restored");
  }

  restored(epoch: number): void {
    const { witness, ledger, engine } = this.client;
    witness.restored(epoch);
    this.rules.slowStart.begin(ledger.oldestPending(engine.outbound.window) !== undefined);
  }

  joining(epoch: number): void {
    const { spares, turns, moves, coverage, app } = this.client;
    spares.joining(epoch);
    turns.take(epoch);
    moves.begin(epoch);
    coverage.count("link", "joined");
    app.moving();
  }

  followed(epoch: number): void {
    const { moves, turns, witness, profile, peers, coverage } = this.client;
    moves.followed(epoch, turns.last);
    this.rules.attempts.followed();
    turns.last = epoch;
    witness.restored(epoch, true);
    // What was subscribed while nothing was published has been said on the link itself, and is in the window as well.
    if (!profile.options.connect.echo) peers.get(epoch)!.repeats = true;
    this.rules.slowStart.begin(false);
    coverage.count("link", "followed");
  }

  emitted(event: EngineEvent): void {
    const { turns, moves, told, spares } = this.client;
    turns.emitted(event);
    if (event.type === "disconnect") this.rules.attempts.lost();
    moves.emitted(event);
    told.emitted(event);
    this.rules.causes.emitted(event);
    spares.emitted(event);
  }

  linkLost<T>(cause: Error | undefined, unclean: boolean, lose: () => T): T {
    const { inputEpoch, staleness, turns, coverage, asking } = this.client;
    if (cause instanceof CodedError && cause.code === "STALE_CONNECTION" && inputEpoch === 0)
      staleness.judge(cause, turns.last);
    this.rules.hold.end();
    coverage.count("link", unclean ? "died" : "left");
    return asking.duringLoss(lose);
  }

  ponged(window: Window, position: number, delay: number): void {
    this.rules.slowStart.confirmed(window, position, delay);
  }

  outage(): void {
    this.client.outages++;
    this.client.intake.outage.begin();
  }

  arrived(epoch: number, sid: number, subject: string, payload: Buffer): void {
    const { peers, moves, subscribers, delivery } = this.client;
    const mark = markOf(subject, payload);
    peers.get(epoch)!.arrived(sid, mark);
    if (isProbe(subject)) moves.probeArrived(epoch);
    if (subscribers.get(sid)?.ended === true) delivery.tooLate(mark);
  }
}
