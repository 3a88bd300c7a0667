import { Deadlines, type Timed } from "./deadlines.js";
import type { Window } from "./window.js";

interface Entry extends Timed {
  readonly seq: number;
}

/** Entries that may stand for frames long confirmed before they are looked through. */
const SLACK = 1024;

/**
 * The messages that were published with a `ttl`. One that is not on the link when its time has come is
 * dropped; one that is on it ends with it: confirmed, or dropped when the link dies.
 */
export class Expiry {
  private readonly window: Window;
  private deadlines: Deadlines<Entry> | undefined;
  /** Frames on the link whose time has come. */
  private late: number[] | undefined;
  private swept = SLACK;

  constructor(window: Window) {
    this.window = window;
  }

  /** Monotonic ms of the next deadline; Infinity when there is none. */
  get next(): number {
    return this.deadlines?.next ?? Number.POSITIVE_INFINITY;
  }

  /** Entries that are held; for tests of their bound. */
  get size(): number {
    return (this.deadlines?.size ?? 0) + (this.late?.length ?? 0);
  }

  /** The frame `seq` is worth nothing any more at `deadline`, in monotonic ms. */
  add(seq: number, deadline: number): void {
    this.deadlines ??= new Deadlines();
    this.deadlines.add({ seq, deadline, heapIndex: -1 });
    if (this.deadlines.size > this.swept) this.forgetDone(this.deadlines);
  }

  /** Drops what has waited too long. */
  expire(now: number): void {
    const { window, deadlines } = this;
    for (let due = deadlines?.takeDue(now); due !== undefined; due = deadlines?.takeDue(now)) {
      if (window.isPending(due.seq) && !window.dropFrame(due.seq, "ttl")) {
        this.late ??= [];
        this.late.push(due.seq);
      }
    }
    const { late } = this;
    if (late !== undefined && late.length > SLACK) this.late = late.filter((seq) => window.isPending(seq));
    window.sweep();
  }

  /** The link is gone, and the window rewound: what is overdue is not written again. */
  linkLost(now: number): void {
    const { late = [] } = this;
    this.late = undefined;
    for (const seq of late) this.window.dropFrame(seq, "ttl");
    this.expire(now);
  }

  /** Monotonic ms at which frames that still have a time are worth nothing, by their numbers. */
  all(): Map<number, number> {
    const all = new Map<number, number>();
    for (const { seq, deadline } of this.deadlines?.all ?? []) all.set(seq, deadline);
    for (const seq of this.late ?? []) all.set(seq, Number.NEGATIVE_INFINITY);
    return all;
  }

  clear(): void {
    this.deadlines = undefined;
    this.late = undefined;
  }

  /** Confirmed messages leave their entries behind: with the size doubled, they are looked for. */
  private forgetDone({ all }: Deadlines<Entry>): void {
    const { confirmed } = this.window;
    const kept = new Deadlines<Entry>();
    for (const entry of all) if (entry.seq >= confirmed) kept.add({ ...entry });
    this.deadlines = kept;
    this.swept = Math.max(SLACK, kept.size * 2);
  }
}
