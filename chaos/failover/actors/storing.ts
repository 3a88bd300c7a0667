import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { messageOf } from "../../../demo/actors/client.js";
import type { Duty } from "./duty.js";
import type { Member } from "./member.js";
import { Tally } from "./tally.js";

/** The stream, and the subject of what is stored. */
export const STREAM = "FAILOVER";
const SUBJECT = "store.one";
/** ms between two messages. */
const EVERY = 10;
/** To make the stream. */
const ATTEMPTS = 3;

/** Publishes to a stream, with message ids, and awaits each PubAck. */
export class Storing implements Duty {
  readonly #member: Member;
  readonly #tally = new Tally("store");
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #number = 0;

  constructor(member: Member) {
    this.#member = member;
  }

  /** Makes the stream. A cluster that has just begun may elect another leader meanwhile. */
  async prepare(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const manager = await jetstreamManager(this.#member.nc);
        await manager.streams.add({ name: STREAM, subjects: ["store.>"], storage: StorageType.Memory });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  go(): void {
    this.#timer = setInterval(() => {
      const stored = this.#store(this.#number++);
      this.#underWay.add(stored);
      void stored.then(() => this.#underWay.delete(stored));
    }, EVERY);
  }

  async rest(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  errands() {
    return [this.#tally.errand()];
  }

  async #store(number: number): Promise<void> {
    const tally = this.#tally;
    tally.begin();
    try {
      const js = jetstream(this.#member.nc);
      const { duplicate } = await js.publish(SUBJECT, `${number}`, { msgID: `${number}` });
      tally.well();
      if (duplicate) tally.again();
    } catch (error) {
      tally.wrong(`message ${number} was not stored: ${messageOf(error)}`);
    }
  }
}
