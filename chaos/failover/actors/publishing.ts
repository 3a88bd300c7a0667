import { Pace } from "../../../demo/actors/pace.js";
import { now, sleep } from "../../../demo/clock.js";
import { isSampled, TimeSamples } from "../../../demo/ledger/samples.js";
import { PayloadMaker } from "../../../demo/payload.js";
import { PAYLOAD } from "../protocol.js";
import type { Duty } from "./duty.js";
import type { Member } from "./member.js";

/** The counted messages; a publisher's number follows, one digit. */
export const LOAD = "load.";
/** After a message was not accepted. */
const AFTER_REJECTION = 5;

/** Publishes counted messages at a steady rate. */
export class Publishing implements Duty {
  readonly publisher: number;
  readonly sendTimes = new TimeSamples();
  /** The id of the next message. */
  next = 0;
  rejected = 0;
  readonly #member: Member;
  readonly #subject: string;
  readonly #payloads = new PayloadMaker(PAYLOAD);
  #rate = 0;
  #resting = true;
  #running: Promise<void> = Promise.resolve();

  constructor(member: Member, publisher: number) {
    this.#member = member;
    this.publisher = publisher;
    this.#subject = `${LOAD}${publisher}`;
  }

  /** @param rate messages a second, from the next {@link go} on */
  pace(rate: number): void {
    this.#rate = rate;
  }

  go(): void {
    this.#resting = false;
    this.#running = this.#publish();
  }

  async rest(): Promise<void> {
    this.#resting = true;
    await this.#running;
    await this.#member.nc.flush();
  }

  async #publish(): Promise<void> {
    const pace = new Pace(this.#rate, now(), this.next);
    while (!this.#resting) {
      const at = now();
      if (this.#publishSome(pace.due(at, this.next), at)) await sleep(1);
      else {
        await sleep(AFTER_REJECTION);
        pace.restart(now(), this.next);
      }
    }
  }

  #publishSome(count: number, at: number): boolean {
    for (let i = 0; i < count; i++) {
      try {
        this.#member.nc.publish(this.#subject, this.#payloads.make(this.next, at));
      } catch {
        this.rejected++;
        return false;
      }
      if (isSampled(this.next)) this.sendTimes.note(this.next, at);
      this.next++;
    }
    return true;
  }
}
