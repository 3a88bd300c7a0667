import { performance } from "node:perf_hooks";
import type { Load } from "../core/causes/facts.js";

type Utilization = ReturnType<typeof performance.eventLoopUtilization>;

/** What was known at one moment. */
interface Mark {
  /** Monotonic ms. */
  readonly at: number;
  readonly used: Utilization;
  /** All bytes that had come in. */
  readonly inbound: number;
}

/** How busy the event loop is while something comes in. It looks at the moments that it is told of, once a second. */
export class LoadWatch {
  /** All bytes that have come in. */
  inbound = 0;
  private before: Mark | undefined;
  private last: Mark | undefined;

  mark(now: number): void {
    this.before = this.last;
    this.last = { at: now, used: performance.eventLoopUtilization(), inbound: this.inbound };
  }

  /** Nothing comes in any more. */
  stop(): void {
    this.before = undefined;
    this.last = undefined;
  }

  /** From the mark before the last one until now; undefined when there is none. */
  since(now: number): Load | undefined {
    const { before: mark = this.last } = this;
    if (mark === undefined) return undefined;
    const { utilization } = performance.eventLoopUtilization(mark.used);
    return { span: now - mark.at, busy: utilization, inbound: this.inbound - mark.inbound };
  }
}
