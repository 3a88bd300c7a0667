import type { Intake } from "./intake.js";

/** How full the buffer is when listeners are warned, and when they are told that it is over. */
export const HIGH_LEVEL = 0.8;
export const NORMAL_LEVEL = 0.6;

/** Level of the buffer, as the `buffer` event tells it. */
export type BufferLevel = "high" | "normal";

/** Notices when the buffer fills up, and when it has room again: not at the same level, so that it does not flutter. */
export class Pressure {
  private readonly intake: Intake;
  private level: BufferLevel = "normal";

  constructor(intake: Intake) {
    this.intake = intake;
  }

  /** Whether {@link changed} has something to say. */
  get differs(): boolean {
    return this.next !== this.level;
  }

  private get next(): BufferLevel {
    const { fullness } = this.intake;
    return fullness >= HIGH_LEVEL ? "high" : fullness < NORMAL_LEVEL ? "normal" : this.level;
  }

  /** The new level, or undefined when it is the old one. */
  changed(): BufferLevel | undefined {
    const level = this.next;
    if (level === this.level) return undefined;
    this.level = level;
    return level;
  }
}
