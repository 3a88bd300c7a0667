import type { Books } from "../../demo/protocol.js";
import type { IdRange } from "../protocol.js";

/**
 * Finds out which messages the client has reported. It names dropped ones itself; unconfirmed ones it only counts, but
 * messages get their outcome in the order of their ids, so the count says which they are, if one looks at once.
 */
export class Outcomes {
  /** Ids that were given up after they had been written, in order. */
  readonly unconfirmed: IdRange[] = [];
  readonly dropped: { id: number; reason: string }[] = [];
  #unconfirmed = 0;
  #dropped = 0;

  drop(id: number, reason: string): void {
    this.dropped.push({ id, reason });
  }

  /** Looks into the books, whenever a link was lost; gives the number of messages that have had an outcome. */
  look(books: Books | undefined): number | undefined {
    if (books === undefined) return undefined;
    const settled = books.accepted - books.pending;
    const more = books.unconfirmed - this.#unconfirmed;
    // What is dropped when a connection is closed had not been written, and so is newer.
    const to = settled - (books.dropped - this.#dropped);
    if (more > 0) this.unconfirmed.push({ from: to - more, to });
    this.#unconfirmed = books.unconfirmed;
    this.#dropped = books.dropped;
    return settled;
  }
}
