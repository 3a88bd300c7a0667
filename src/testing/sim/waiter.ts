import type { FenceOutcome } from "../../core/fences.js";
import type { Sent } from "./sent.js";
import { demand } from "./violation.js";

/** Someone who waits for the confirmation of one message, or of all before a position. */
export class Waiter {
  /** The one message; undefined: all. */
  readonly one: Sent | undefined;
  /** Of all: those that were accepted when it began to wait, and how many had ended badly by then. */
  readonly position: number;
  readonly badBefore: number;
  outcome: FenceOutcome | undefined;

  constructor(one: Sent | undefined, position: number, badBefore: number) {
    this.one = one;
    this.position = position;
    this.badBefore = badBefore;
  }

  /** It is settled. `bad`: messages of the publish window that ended otherwise than confirmed, in that order. */
  settle(outcome: FenceOutcome, oldestPending: number, bad: readonly Sent[], closed: boolean): void {
    demand(this.outcome === undefined, "fence", () => `settled twice: ${this.outcome}, ${outcome}`);
    this.outcome = outcome;
    if (this.one !== undefined) {
      const { one } = this;
      const expected = one.reason === "kept" ? "taken" : one.outcome;
      demand(outcome === expected, "fence", () => `settled as ${outcome}: ${one}`);
      return;
    }
    if (outcome === "closed") {
      demand(closed, "fence", () => "settled as closed on an open connection");
      return;
    }
    demand(
      oldestPending >= this.position,
      "fence",
      () => `settled as ${outcome} before frame ${oldestPending} had its outcome`,
    );
    const first = bad.slice(this.badBefore).find((sent) => sent.seq < this.position);
    const expected = first?.outcome ?? "confirmed";
    demand(outcome === expected, "fence", () => `settled as ${outcome} instead of ${expected}: ${first}`);
  }
}
