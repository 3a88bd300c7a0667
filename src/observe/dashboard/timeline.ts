import { Ring } from "../ring.js";
import type { ConnectionView, StateName } from "./protocol.js";

/** How long states are remembered, ms. */
const HOUR = 3_600_000;
/** Most changes that are kept: a link that flaps many times a second would take them all. */
const MOST = 1_000;

type Step = ConnectionView["timeline"][number];

/** The states of the last hour. */
export class Timeline {
  private readonly steps = new Ring<Step>(MOST);

  add(at: number, state: StateName): void {
    this.steps.push({ at, state });
  }

  /** Oldest first: the state that the hour began in, and those that came in it; at most the last so many. */
  since(now: number, most = MOST): readonly Step[] {
    const steps = this.steps.toArray().slice(-most);
    const inside = steps.findIndex(({ at }) => at > now - HOUR);
    return steps.slice(Math.max(0, (inside === -1 ? steps.length : inside) - 1));
  }
}
