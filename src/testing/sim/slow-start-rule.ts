import type { Window } from "../../core/window.js";
import type { Chunk } from "../../wire/chunk.js";
import { Kind } from "../../wire/frame.js";
import { demand } from "./violation.js";

/** Bytes of a replay that may be on the link before anything of it is confirmed (promises.md §3). */
const FIRST = 256 * 1024;

/** A place in the window that a link has been handed: what is before it has so many bytes. */
interface Mark {
  readonly position: number;
  readonly bytes: number;
  /** A PING stands there: its PONG makes room. */
  readonly isPing: boolean;
}

/** Checks that a replay begins slowly, and grows with what is confirmed; written down once more. */
export class SlowStartRule {
  private readonly window: Window;
  private credit = Number.POSITIVE_INFINITY;
  private end = 0;
  private handedBytes = 0;
  private acked = 0;
  private marks: Mark[] = [];

  constructor(window: Window) {
    this.window = window;
  }

  /** A link gets the window. `replays`: something waits in it. */
  begin(replays: boolean): void {
    this.credit = replays ? FIRST : Number.POSITIVE_INFINITY;
    this.end = this.window.position;
    this.handedBytes = 0;
    this.acked = 0;
    this.marks = [];
  }

  /** Frames `first` up to `last` of a chunk are handed to the link. */
  handed(chunk: Chunk, first: number, last: number): void {
    const outstanding = this.handedBytes - this.acked;
    const fits = outstanding < this.credit || !this.marks.some((mark) => mark.isPing);
    demand(fits, "slow-start", () => `${outstanding} bytes are out, and no more than ${this.credit} may be`);
    const start = chunk.startOf(first);
    for (let frame = first; frame < last; frame++) {
      const isPing = chunk.kindAt(frame) === Kind.Ping;
      if (!isPing && frame + 1 < last) continue;
      const bytes = this.handedBytes + chunk.ends[frame] - start;
      this.marks.push({ position: chunk.base + frame + 1, bytes, isPing });
    }
    this.handedBytes += chunk.ends[last - 1] - start;
  }

  /** A PONG has confirmed what is before `position`. */
  confirmed(window: Window, position: number): void {
    if (window !== this.window) return;
    let { acked } = this;
    let gone = 0;
    for (; gone < this.marks.length && this.marks[gone].position <= position; gone++)
      acked = this.marks[gone].bytes;
    this.marks.splice(0, gone);
    if (position >= this.end) this.credit = Number.POSITIVE_INFINITY;
    else this.credit += acked - this.acked;
    this.acked = acked;
  }
}
