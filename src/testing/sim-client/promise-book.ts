import { demand, Violation } from "../sim/violation.js";
import type { World } from "../sim/world.js";
import type { Findings } from "./findings.js";

/** What the application waits for. */
interface Wait {
  readonly what: string;
  /** Virtual ms; Infinity: whenever. */
  readonly deadline: number;
}

/** Follows the promises of the public API: each settles, and in time. */
export class PromiseBook {
  private readonly world: World;
  /** ms that a timer of the client may be late. */
  private readonly slack: number;
  private readonly waits = new Set<Wait>();
  private readonly findings: Findings;

  constructor(world: World, slack: number, findings: Findings) {
    this.world = world;
    this.slack = slack;
    this.findings = findings;
  }

  /** What has not settled and has to before the connection is closed. */
  get open(): string[] {
    return [...this.waits].map(({ what }) => what).filter((what) => what !== "status");
  }

  /**
   * Follows a promise; what it settles with is not looked at.
   *
   * @param timeout ms within which it must settle; default: whenever
   */
  follow(what: string, promise: Promise<unknown>, timeout = Number.POSITIVE_INFINITY): void {
    const wait = { what, deadline: this.world.now + timeout };
    this.waits.add(wait);
    const settle = () => {
      this.waits.delete(wait);
      this.world.trace.note(what);
      const late = this.world.now - Math.max(wait.deadline, this.world.thawedAt);
      if (late > this.slack)
        this.findings.note(new Violation("late-promise", `${what} settled ${late} ms late`));
    };
    promise.then(settle, settle);
  }

  /** Nothing more will happen. */
  conclude(): void {
    const open = [...this.waits].map(({ what }) => what);
    demand(open.length === 0, "open-promise", () => `never settled: ${open.join(", ")}`);
  }
}
