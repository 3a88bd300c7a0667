import { AckPolicy, type ConsumerMessages, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { sleep } from "../../../demo/clock.js";
import type { Duty } from "./duty.js";
import type { Member } from "./member.js";
import { STREAM } from "./storing.js";
import { Tally } from "./tally.js";

const DURABLE = "reader";
/** How long the rest of the stream may take to come, ms. */
const PATIENCE = 10_000;
const LOOK_EVERY = 20;

/** Consumes the stream, and acknowledges each message. */
export class Consuming implements Duty {
  readonly #member: Member;
  readonly #tally = new Tally("consume");
  readonly #seen = new Set<number>();
  #messages: ConsumerMessages | undefined;

  constructor(member: Member) {
    this.#member = member;
  }

  /** Begins to consume; the stream must be there. */
  async prepare(): Promise<void> {
    const { nc } = this.#member;
    const manager = await jetstreamManager(nc);
    await manager.consumers.add(STREAM, { durable_name: DURABLE, ack_policy: AckPolicy.Explicit });
    this.#messages = await (await jetstream(nc).consumers.get(STREAM, DURABLE)).consume();
    void this.#read(this.#messages);
  }

  go(): void {}

  /** Resolves when all that is stored was read; nobody may store meanwhile. */
  async rest(): Promise<void> {
    const manager = await jetstreamManager(this.#member.nc);
    const { state } = await manager.streams.info(STREAM);
    const end = performance.now() + PATIENCE;
    while (this.#seen.size < state.messages && performance.now() < end) await sleep(LOOK_EVERY);
    for (let n = this.#seen.size; n < state.messages; n++) this.#tally.wrong("a stored message did not come");
  }

  errands() {
    return [this.#tally.errand()];
  }

  async #read(messages: ConsumerMessages): Promise<void> {
    for await (const message of messages) {
      message.ack();
      if (this.#seen.has(message.seq)) {
        this.#tally.again();
        continue;
      }
      this.#seen.add(message.seq);
      this.#tally.begin();
      this.#tally.well();
    }
  }
}
