import { Receipts } from "../../../demo/ledger/receipts.js";
import type { Gap, MessageId, Range, Receipt } from "../protocol.js";
import { Gaps } from "./gaps.js";

/** Enough to find out what they have in common. */
const NAMED = 2_000;

/** What one receiver has got, or the members of one queue group together. */
export class Ledger {
  readonly #name: string;
  readonly #queue: boolean;
  readonly #receipts: Receipts[];
  readonly #gaps: Gaps[];
  readonly #twice: Receipt["twice"][number][] = [];
  #disorder = 0;
  /** Messages that are none of ours. */
  strangers = 0;

  constructor(name: string, queue: boolean, publishers: number) {
    this.#name = name;
    this.#queue = queue;
    this.#receipts = Array.from({ length: publishers }, () => new Receipts());
    this.#gaps = Array.from({ length: publishers }, () => new Gaps());
  }

  /** Deliveries so far. */
  get heard(): number {
    return this.#receipts.reduce((sum, { received }) => sum + received, 0);
  }

  /** Called for every message, so it must be cheap. */
  note(publisher: number, id: number, at: number): void {
    const isFirst = this.#receipts[publisher].add(id);
    if (!isFirst && this.#twice.length < NAMED) this.#twice.push({ publisher, id, at });
    this.#gaps[publisher].note(at);
  }

  /** Publishers go on after a pause. */
  restart(): void {
    for (const gaps of this.#gaps) gaps.restart();
  }

  /** What became of these ranges. */
  receipt(ranges: readonly Range[]): Receipt {
    const lostIds: MessageId[] = [];
    let lost = 0;
    let duplicated = 0;
    for (const { publisher, from, to } of ranges) {
      const counts = this.#receipts[publisher].counts();
      for (let id = from; id < to; id++) {
        const count = counts[id] ?? 0;
        if (count > 1) duplicated += count - 1;
        if (count > 0) continue;
        lost++;
        if (lostIds.length < NAMED) lostIds.push({ publisher, id });
      }
    }
    const disorder = this.#receipts.reduce((sum, { outOfOrder }) => sum + outOfOrder, 0);
    const more = disorder - this.#disorder;
    this.#disorder = disorder;
    const gaps: Gap[] = this.#gaps.flatMap((each) => each.take());
    return {
      receiver: this.#name,
      queue: this.#queue,
      lost,
      lostIds,
      duplicated,
      servers: 0,
      twice: this.#twice.splice(0),
      disorder: more,
      gaps,
    };
  }
}
