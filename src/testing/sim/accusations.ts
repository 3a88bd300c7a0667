import type { Sent } from "./sent.js";

/** Errors that say that they are about what was written last, and those that may be, which prove a message guilty. */
const CERTAIN = 3;
const POSSIBLE = 4;

/** Links that servers have ended for what was written on them: what a client may conclude about poison from that. */
export class Accusations {
  /** Ended with an error that may be about what we wrote; true: that says so. */
  private readonly accused = new Map<number, boolean>();
  /** Ended because of one message. */
  private readonly expelled = new Set<number>();

  /** A server has ended the link `epoch` with an error; `certain`: it says that it is about what we wrote. */
  accuse(epoch: number, certain: boolean): void {
    this.accused.set(epoch, certain);
  }

  /** A server has ended the link `epoch` because of `sent`. */
  expel(epoch: number, sent: Sent): void {
    this.expelled.add(epoch);
    sent.expelledOn.push(epoch);
  }

  /** Servers have ended links for this very message; or several in a row with an error that seemed to be about it. */
  convict(sent: Sent): boolean {
    const suspicious = sent.links.filter((epoch) => this.expelled.has(epoch)).length;
    const accusations = sent.links.flatMap((epoch) => this.accused.get(epoch) ?? []);
    const enough = accusations.includes(true) ? CERTAIN : POSSIBLE;
    // The first of these links need not have carried it: then it was one of several suspects behind that link's head.
    const suspected = accusations.length === 0 ? 0 : accusations.length + suspicious;
    const found = suspected >= enough - 1 && this.accused.size + this.expelled.size >= enough;
    if (sent.expelledOn.length > 1 || found) return true;
    // The client cannot know that a link ended because of another one that was on it as well.
    return sent.expelledOn.length === 1 && accusations.length + suspicious > 1;
  }
}
