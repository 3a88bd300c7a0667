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
  /** ms in which more lay ready than had been read, so far. */
  readonly behind: number;
}

const NOTHING_CAME: Load = { span: 0, busy: 0, inbound: 0, behind: 0 };

/** How busy the event loop is while something comes in. It looks at the moments that it is told of, once a second. */
export class LoadWatch {
  /** All bytes that have come in. */
  inbound = 0;
  /** ms up to the last read. */
  private behind = 0;
  /** When that was, if there may be more than it has taken. */
  private left: number | undefined;
  private before: Mark | undefined;
  private last: Mark | undefined;

  /** `isFull`: there may be more than was read. */
  read(bytes: number, now: number, isFull: boolean): void {
    this.inbound += bytes;
    if (this.left !== undefined) this.behind += now - this.left;
    this.left = isFull ? now : undefined;
  }

  mark(now: number): void {
    this.before = this.last;
    const { inbound } = this;
    this.last = {
      at: now,
      used: performance.eventLoopUtilization(),
      inbound,
      behind: this.behindUntil(now),
    };
  }

  /** Nothing comes in any more. */
  stop(): void {
    this.before = undefined;
    this.last = undefined;
    this.left = undefined;
  }

  /** From the mark before the last one until now; without a mark nothing has come in lately. */
  since(now: number): Load {
    const { before: mark = this.last, inbound } = this;
    if (mark === undefined) return NOTHING_CAME;
    const { utilization } = performance.eventLoopUtilization(mark.used);
    return {
      span: now - mark.at,
      busy: utilization,
      inbound: inbound - mark.inbound,
      behind: this.behindUntil(now) - mark.behind,
    };
  }

  private behindUntil(now: number): number {
    return this.behind + (this.left === undefined ? 0 : now - this.left);
  }
}
