import { Fifo } from "./fifo.js";

/** Fences that were given up and are kept in the queue, at least, and the part of it that they may be: so giving one up costs little. */
const SLACK = 512;
const PART = 0.5;

/** How a wait for confirmation ended. */
export type FenceOutcome = "confirmed" | "refused" | "dropped" | "taken" | "unconfirmed" | "closed";

/** Someone who waits until everything before a position in the window has an outcome. */
export interface Fence {
  /** Reached when every frame with a sequence number below this has its outcome. */
  readonly position: number;
  /** The one frame this is about, or -1 when it is about all before `position`. */
  readonly frame: number;
  /** A frame before `position` ended badly. */
  failed: FenceOutcome | undefined;
  /** Settled or given up: passed over from then on. */
  done: boolean;
  /** Called once. Must not throw. */
  readonly settle: (outcome: FenceOutcome) => void;
}

/**
 * Fences in the order of their positions. They survive reconnects: a fence waits for its messages and not
 * for the PONG of one link. Each costs constant time over its life, however many frames end badly.
 */
export class Fences {
  private waiting: Fifo<Fence> | undefined;
  /** Fences of one frame, by its number. */
  private single: Map<number, Fence> | undefined;
  /** Fences of all before them that no failure has marked yet, by position. */
  private unmarked: Fifo<Fence> | undefined;
  /** Fences that are done and wait for their turn to be forgotten, at most. */
  private givenUp = 0;
  /** Fences that are not settled. */
  size = 0;

  /** Positions never go backwards, so appending keeps the order. */
  add(position: number, frame: number, settle: (outcome: FenceOutcome) => void): Fence {
    const fence: Fence = { position, frame, failed: undefined, done: false, settle };
    this.size++;
    this.waiting ??= new Fifo();
    this.waiting.push(fence);
    if (frame === -1) {
      this.unmarked ??= new Fifo();
      this.unmarked.push(fence);
    } else {
      this.single ??= new Map();
      this.single.set(frame, fence);
    }
    return fence;
  }

  /** Gives up waiting, without a call of `settle`. */
  cancel(fence: Fence): void {
    if (fence.done) return;
    this.end(fence);
    if (++this.givenUp < SLACK || this.givenUp < PART * (this.waiting?.size ?? 0)) return;
    this.givenUp = 0;
    for (const queue of [this.waiting, this.unmarked]) queue?.filter(({ done }) => !done);
  }

  /** All frames before `position` have an outcome. */
  reached(position: number): void {
    const { waiting, unmarked } = this;
    if (waiting === undefined) return;
    while (waiting.first !== undefined && waiting.first.position <= position) {
      const fence = waiting.shift()!;
      if (unmarked?.first === fence) unmarked.shift();
      this.settle(fence, fence.failed ?? "confirmed");
    }
  }

  /** Frame `frame` ended badly: the fence of that very frame is settled, fences behind it will say so. */
  failed(frame: number, outcome: FenceOutcome): void {
    const { unmarked } = this;
    while (unmarked?.last !== undefined && unmarked.last.position > frame) unmarked.pop()!.failed = outcome;
    const fence = this.single?.get(frame);
    if (fence !== undefined) this.settle(fence, outcome);
  }

  /** The connection is closed: nothing more will be confirmed. */
  close(): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    this.unmarked?.clear();
    for (let count = waiting.size; count > 0 && waiting.size > 0; count--)
      this.settle(waiting.shift()!, "closed");
  }

  private settle(fence: Fence, outcome: FenceOutcome): void {
    if (fence.done) return;
    this.end(fence);
    fence.settle(outcome);
  }

  private end(fence: Fence): void {
    if (fence.frame !== -1) this.single?.delete(fence.frame);
    fence.done = true;
    this.size--;
  }
}
