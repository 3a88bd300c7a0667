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
  private deadlines = new Deadlines<Entry>();
  /** Frames on the link whose time has come. */
  private late: number[] = [];
  private swept = SLACK;

  constructor(window: Window) {
    this.window = window;
  }

  /** Monotonic ms of the next deadline; Infinity when there is none. */
  get next(): number {
    return this.deadlines.next;
  }

  /** Entries that are held; for tests of their bound. */
  get size(): number {
    return this.deadlines.size + this.late.length;
  }

  /** The frame `seq` is worth nothing any more at `deadline`, in monotonic ms. */
  add(seq: number, deadline: number): void {
    this.deadlines.add({ seq, deadline, heapIndex: -1 });
    if (this.deadlines.size > this.swept) this.forgetDone();
  }

  /** Drops what has waited too long. */
  expire(now: number): void {
    const { window } = this;
    for (let due = this.deadlines.takeDue(now); due !== undefined; due = this.deadlines.takeDue(now)) {
      if (window.isPending(due.seq) && !window.dropFrame(due.seq, "ttl")) this.late.push(due.seq);
    }
    if (this.late.length > SLACK) this.late = this.late.filter((seq) => window.isPending(seq));
    window.sweep();
  }

  /** The link is gone, and the window rewound: what is overdue is not written again. */
  linkLost(now: number): void {
    const { late } = this;
    this.late = [];
    for (const seq of late) this.window.dropFrame(seq, "ttl");
    this.expire(now);
  }

  clear(): void {
    this.deadlines = new Deadlines();
    this.late = [];
  }

  /** Confirmed messages leave their entries behind: with the size doubled, they are looked for. */
  private forgetDone(): void {
    const { confirmed } = this.window;
    const kept = new Deadlines<Entry>();
    for (const entry of this.deadlines.all) if (entry.seq >= confirmed) kept.add({ ...entry });
    this.deadlines = kept;
    this.swept = Math.max(SLACK, kept.size * 2);
  }
}
