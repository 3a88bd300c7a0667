import type { Window } from "../../core/window.js";
import type { Chunk } from "../../wire/chunk.js";
import { Kind } from "../../wire/frame.js";
import { demand } from "./violation.js";

/** Bytes of a replay that may be on the link before anything of it is confirmed (promises.md §3, docs/adr/0018). */
const FIRST = 8 * 1024;
/** Less room than this is not used while a PONG is to come. */
const LEAST = FIRST / 2;
/** What each confirmed byte makes room for, besides itself, at most. */
const GROWTH = 3;
/** ms by which a PONG may be late, and each confirmed byte makes room for another one. */
const EASY = 200;

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
    const fits = this.hasRoom || !this.marks.some((mark) => mark.isPing);
    demand(fits, "slow-start", () => `${outstanding} bytes are out, and no more than ${this.credit} may be`);
    const start = chunk.startOf(first);
    const bytes = chunk.ends[last - 1] - start;
    const frames = chunk.kindAt(last - 1) === Kind.Ping ? last - 1 : last;
    const isWhole = frames <= first + 1 || outstanding + chunk.ends[frames - 1] - start <= this.credit;
    demand(isWhole, "slow-start", () => `${bytes} bytes at once, with ${outstanding} of ${this.credit} out`);
    for (let frame = first; frame < last; frame++) {
      const isPing = chunk.kindAt(frame) === Kind.Ping;
      if (!isPing && frame + 1 < last) continue;
      const before = this.handedBytes + chunk.ends[frame] - start;
      this.marks.push({ position: chunk.base + frame + 1, bytes: before, isPing });
    }
    this.handedBytes += bytes;
    // The link sends a PING of its own behind it: without one there would be no more room.
    if (!this.hasRoom) this.marks.push({ ...this.marks.at(-1)!, isPing: true });
  }

  private get hasRoom(): boolean {
    return this.handedBytes - this.acked + LEAST <= this.credit;
  }

  /** A PONG has confirmed what is before `position`, `delay` ms later than the quickest one on its link. */
  confirmed(window: Window, position: number, delay: number): void {
    if (window !== this.window) return;
    let { acked } = this;
    let gone = 0;
    for (; gone < this.marks.length && this.marks[gone].position <= position; gone++)
      acked = this.marks[gone].bytes;
    this.marks.splice(0, gone);
    if (position >= this.end) this.credit = Number.POSITIVE_INFINITY;
    else this.credit += (acked - this.acked) * Math.min(GROWTH, (EASY / delay) ** 2);
    this.acked = acked;
  }
}
