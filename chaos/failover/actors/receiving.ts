import { now } from "../../../demo/clock.js";
import { sequenceAt } from "../../../demo/payload.js";
import type { Duty } from "./duty.js";
import type { Ledger } from "./ledger.js";
import type { Member } from "./member.js";
import { LOAD } from "./publishing.js";

const DIGIT_0 = 48;

/** Hears the counted messages, alone or as one of a queue group, whose members share a ledger. */
export class Receiving implements Duty {
  readonly #ledger: Ledger;

  constructor({ nc }: Member, ledger: Ledger, queue?: string) {
    this.#ledger = ledger;
    nc.subscribe(`${LOAD}*`, {
      queue,
      callback: (error, { subject, data }) => {
        const id = error ? -1 : sequenceAt(data, 0);
        if (id < 0) ledger.strangers++;
        else ledger.note(subject.charCodeAt(LOAD.length) - DIGIT_0, id, now());
      },
    });
  }

  go(): void {
    this.#ledger.restart();
  }

  async rest(): Promise<void> {}
}
