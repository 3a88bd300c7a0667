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
  /** Those of full reads. */
  readonly full: number;
}

const NOTHING_CAME: Load = { span: 0, busy: 0, inbound: 0, full: 0 };

/** How busy the event loop is while something comes in. It looks at the moments that it is told of, once a second. */
export class LoadWatch {
  /** All bytes that have come in. */
  inbound = 0;
  private full = 0;
  private before: Mark | undefined;
  private last: Mark | undefined;

  /** `isFull`: there may be more than was read. */
  read(bytes: number, isFull: boolean): void {
    this.inbound += bytes;
    if (isFull) this.full += bytes;
  }

  mark(now: number): void {
    this.before = this.last;
    const { inbound, full } = this;
    this.last = { at: now, used: performance.eventLoopUtilization(), inbound, full };
  }

  /** Nothing comes in any more. */
  stop(): void {
    this.before = undefined;
    this.last = undefined;
  }

  /** From the mark before the last one until now; without a mark nothing has come in lately. */
  since(now: number): Load {
    const { before: mark = this.last, inbound, full } = this;
    if (mark === undefined) return NOTHING_CAME;
    const { utilization } = performance.eventLoopUtilization(mark.used);
    return {
      span: now - mark.at,
      busy: utilization,
      inbound: inbound - mark.inbound,
      full: full - mark.full,
    };
  }
}
