import { messageOf } from "../../../demo/actors/client.js";
import { sleep } from "../../../demo/clock.js";
import type { Duty } from "./duty.js";
import type { Member } from "./member.js";
import { ECHO, MANY, REPLIES } from "./serving.js";
import { Tally } from "./tally.js";

/** ms between two requests, of which each tenth is for many replies. */
const EVERY = 5;
const PATIENCE = 5_000;
const MANY_PATIENCE = 2_000;

/** Sends requests all the time: some are always in flight. */
export class Asking implements Duty {
  readonly #member: Member;
  readonly #replies: number;
  readonly #requests = new Tally("request");
  readonly #many = new Tally("requestMany");
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #number = 0;

  /** @param services how many answer a request for many */
  constructor(member: Member, services: number) {
    this.#member = member;
    this.#replies = services * REPLIES;
  }

  go(): void {
    this.#timer = setInterval(() => {
      const number = this.#number++;
      const asked = number % 10 === 0 ? this.#askMany(number) : this.#ask(number);
      this.#underWay.add(asked);
      void asked.then(() => this.#underWay.delete(asked));
    }, EVERY);
  }

  async rest(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    // What came too late, or twice, was not ours to wait for.
    await sleep(0);
  }

  errands() {
    return [this.#requests.errand(), this.#many.errand()];
  }

  async #ask(number: number): Promise<void> {
    const tally = this.#requests;
    tally.begin();
    try {
      const answer = await this.#member.nc.request(ECHO, `${number}`, { timeout: PATIENCE });
      if (answer.string() === `${number}`) tally.well();
      else tally.wrong(`request ${number} got the answer ${answer.string()}`);
    } catch (error) {
      tally.wrong(`request ${number}: ${messageOf(error)}`);
    }
  }

  /** Also one reply too many is noticed: more are waited for than there should be. */
  async #askMany(number: number): Promise<void> {
    const tally = this.#many;
    tally.begin();
    const got: string[] = [];
    try {
      const options = { strategy: "timer", maxWait: MANY_PATIENCE } as const;
      for await (const reply of await this.#member.nc.requestMany(MANY, `${number}`, options)) {
        got.push(reply.string());
      }
    } catch (error) {
      return tally.wrong(`requestMany ${number}: ${messageOf(error)}`);
    }
    const distinct = new Set(got).size;
    if (distinct === this.#replies && got.length === distinct) tally.well();
    else
      tally.wrong(`requestMany ${number}: ${got.length} replies, ${distinct} of ${this.#replies} different`);
  }
}
