import { LoadWatch } from "./load.js";

/** ms between two beats: a stall that is longer than this and LOCAL_STALL together is always noticed. */
const BEAT = 1000;
/** What Node reads at most at a time: with so much, there is more behind it. */
const FULL_READ = 64 * 1024;

/**
 * Says when a timer has to be due so that a stall of this process is noticed while much comes in: a server gives a client up that
 * takes nothing for a while. It beats as long as something comes in, and no longer: nothing wakes an idle process.
 */
export class Pulse {
  /** Monotonic ms of the next beat; Infinity when there is none. */
  due = Number.POSITIVE_INFINITY;
  /** How busy this process was, looked at with each beat. */
  readonly load = new LoadWatch();
  private heard = false;

  /**
   * Something was read. `bytes` of it: returns whether there is more behind it.
   *
   * @param isPlain a read that is not full has taken all there was; not so where something lies between it and the system
   */
  read(bytes: number, now: number, isPlain: boolean): boolean {
    // What comes in first belongs to what is looked at.
    if (this.due === Number.POSITIVE_INFINITY) this.beat(now);
    this.heard = true;
    const isFull = bytes >= FULL_READ;
    this.load.read(bytes, now, isFull || !isPlain);
    return isFull;
  }

  /** A timer has fired. */
  fired(now: number): void {
    if (now < this.due) return;
    if (this.heard) this.beat(now);
    else this.stop();
  }

  /** There is no link any more that something could come from. */
  stop(): void {
    this.due = Number.POSITIVE_INFINITY;
    this.load.stop();
  }

  private beat(now: number): void {
    this.load.mark(now);
    this.heard = false;
    this.due = now + BEAT;
  }
}
