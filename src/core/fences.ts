/** How a wait for confirmation ended. */
export type FenceOutcome = "confirmed" | "refused" | "dropped" | "unconfirmed" | "closed";

/** Someone who waits until everything before a position in the window has an outcome. */
export interface Fence {
  /** Confirmed when every frame with a sequence number below this is. */
  readonly position: number;
  /** The one frame this is about, or -1 when it is about all before `position`. */
  readonly frame: number;
  /** A frame before `position` ended badly. */
  failed: FenceOutcome | undefined;
  /** Called once. Must not throw. */
  readonly settle: (outcome: FenceOutcome) => void;
}

/**
 * Fences in the order of their positions. They survive reconnects: a fence waits for its messages and not
 * for the PONG of one link.
 */
export class Fences {
  private waiting: Fence[] = [];

  get size(): number {
    return this.waiting.length;
  }

  /** Positions never go backwards, so appending keeps the order. */
  add(position: number, frame: number, settle: (outcome: FenceOutcome) => void): Fence {
    const fence: Fence = { position, frame, failed: undefined, settle };
    this.waiting.push(fence);
    return fence;
  }

  /** Gives up waiting, without a call of `settle`. */
  cancel(fence: Fence): void {
    const at = this.waiting.indexOf(fence);
    if (at !== -1) this.waiting.splice(at, 1);
  }

  /** All frames before `position` have an outcome. */
  reached(position: number): void {
    if (this.waiting.length === 0 || this.waiting[0].position > position) return;
    let count = 1;
    while (count < this.waiting.length && this.waiting[count].position <= position) count++;
    for (const fence of this.waiting.splice(0, count)) fence.settle(fence.failed ?? "confirmed");
  }

  /** Frame `frame` ended badly: the fence of that very frame is settled, fences behind it will say so. */
  failed(frame: number, outcome: FenceOutcome): void {
    if (this.waiting.length === 0) return;
    let settled: Fence[] | undefined;
    for (const fence of this.waiting) {
      if (fence.position <= frame) continue;
      if (fence.frame === -1) fence.failed ??= outcome;
      else if (fence.frame === frame) {
        settled ??= [];
        settled.push(fence);
      }
    }
    if (settled === undefined) return;
    const gone = settled;
    this.waiting = this.waiting.filter((fence) => !gone.includes(fence));
    for (const fence of gone) fence.settle(outcome);
  }

  /** The connection is closed: nothing more will be confirmed. */
  close(): void {
    const all = this.waiting;
    this.waiting = [];
    for (const fence of all) fence.settle("closed");
  }
}
