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
  private waiting: Fence[] = [];
  /** Fences of one frame, by its number. */
  private readonly single = new Map<number, Fence>();
  /** Fences of all before them that no failure has marked yet, by position. */
  private unmarked: Fence[] = [];

  /** Fences that are not settled. */
  get size(): number {
    return this.waiting.reduce((count, fence) => count + (fence.done ? 0 : 1), 0);
  }

  /** Positions never go backwards, so appending keeps the order. */
  add(position: number, frame: number, settle: (outcome: FenceOutcome) => void): Fence {
    const fence: Fence = { position, frame, failed: undefined, done: false, settle };
    this.waiting.push(fence);
    if (frame === -1) this.unmarked.push(fence);
    else this.single.set(frame, fence);
    return fence;
  }

  /** Gives up waiting, without a call of `settle`. */
  cancel(fence: Fence): void {
    fence.done = true;
    remove(this.waiting, fence);
    remove(this.unmarked, fence);
    if (fence.frame !== -1) this.single.delete(fence.frame);
  }

  /** All frames before `position` have an outcome. */
  reached(position: number): void {
    if (this.waiting.length === 0 || this.waiting[0].position > position) return;
    const isReached = (fence: Fence) => fence.position <= position;
    for (const fence of takeWhile(this.waiting, isReached)) this.settle(fence, fence.failed ?? "confirmed");
    takeWhile(this.unmarked, isReached);
  }

  /** Frame `frame` ended badly: the fence of that very frame is settled, fences behind it will say so. */
  failed(frame: number, outcome: FenceOutcome): void {
    let from = this.unmarked.length;
    while (from > 0 && this.unmarked[from - 1].position > frame) from--;
    for (const behind of this.unmarked.splice(from)) behind.failed = outcome;
    const fence = this.single.get(frame);
    if (fence !== undefined) this.settle(fence, outcome);
  }

  /** The connection is closed: nothing more will be confirmed. */
  close(): void {
    this.unmarked = [];
    for (const fence of this.waiting.splice(0)) this.settle(fence, "closed");
  }

  private settle(fence: Fence, outcome: FenceOutcome): void {
    if (fence.frame !== -1) this.single.delete(fence.frame);
    if (fence.done) return;
    fence.done = true;
    fence.settle(outcome);
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at !== -1) list.splice(at, 1);
}

/** Takes the items at the head of the list for which the condition holds. */
function takeWhile<T>(list: T[], holds: (item: T) => boolean): T[] {
  let count = 0;
  while (count < list.length && holds(list[count])) count++;
  return list.splice(0, count);
}
