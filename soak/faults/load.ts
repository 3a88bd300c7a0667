import { between, type Random } from "../../demo/random.js";
import { type Connection, type HoldfastSubscription, headers, isHoldfastError } from "../../src/index.js";
import { CHURN, DATA, ECHO, FILL, numbered, SLOW, type Tally } from "./protocol.js";

/** ms between two rounds. */
const ROUND = 10;
const CHURNING = 20;
/** Few enough that the client has met all of them when the warm-up is over: it remembers subjects, within bounds. */
const CHURN_SUBJECTS = 200;
const BURST = 2_000;
/** Bytes; the chunks of a process keep 8 MiB. */
const FILLING = 16 * 1024 * 1024;
const SLOW_LIMIT = 200;
/** ms that the slow subscriber takes for each message while there is load. */
const SLOWNESS = 5;
const REQUEST_TIMEOUT = 1_000;

/**
 * Uses a connection in every way at once: steady numbered messages and bursts, requests, subscriptions that come and go,
 * and one that is too slow for what it gets.
 */
export class Load {
  readonly tally: Tally = {
    accepted: 0,
    rejected: 0,
    requests: 0,
    failedRequests: 0,
    subscriptions: 0,
    slow: 0,
    slowDropped: 0,
    reconnects: 0,
    replayed: 0,
  };
  readonly #nc: Connection;
  readonly #random: Random;
  readonly #perRound: number;
  readonly #churn: HoldfastSubscription[] = [];
  readonly #requests = new Set<Promise<void>>();
  readonly #slow: HoldfastSubscription;
  #timer: NodeJS.Timeout | undefined;

  /** `rate` is in numbered messages a second, bursts not counted. */
  constructor(nc: Connection, rate: number, random: Random) {
    this.#nc = nc;
    this.#random = random;
    this.#perRound = (rate * ROUND) / 1000;
    this.#slow = nc.subscribe(SLOW, { pendingLimit: { messages: SLOW_LIMIT } });
    void this.#readSlowly();
  }

  /**
   * Fills what the client keeps for reuse to its bound at once: the more rarely a burst goes beyond all before it, the more
   * its growth would look like a slope.
   */
  async fill(): Promise<void> {
    const payload = Buffer.alloc(1_000);
    for (let bytes = 0; bytes < FILLING; bytes += payload.length) this.#nc.publish(FILL, payload);
    await this.#nc.flush();
  }

  /** Starts, or goes on. */
  go(): void {
    this.#timer ??= setInterval(() => this.#round(), ROUND);
  }

  /** Stops; resolves when all that was accepted is confirmed, each request settled, and each queue empty. */
  async rest(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#requests);
    for (const sub of this.#churn.splice(0)) sub.unsubscribe();
    await this.#nc.flush({ timeout: 30_000 });
    while (this.#slow.getPending() > 0) await new Promise((resolve) => setImmediate(resolve));
    this.tally.slowDropped = this.#slow.getDropped();
  }

  #round(): void {
    const chance = (share: number) => this.#random() < share;
    this.#publish(Math.floor(this.#perRound + this.#random()));
    if (chance(0.005)) this.#publish(BURST);
    if (chance(0.3)) this.#request();
    if (chance(0.3)) this.#resubscribe();
    for (let i = 0; i < 4; i++) this.#attempt(() => this.#nc.publish(SLOW, "x".repeat(100)));
  }

  #publish(count: number): void {
    for (let i = 0; i < count; i++) {
      const size = between(this.#random, 4, this.#random() < 0.01 ? 20_000 : 200);
      const more = this.#random() < 0.05 ? { headers: headers() } : undefined;
      more?.headers.set("soak", "yes");
      const taken = this.#attempt(() => this.#nc.publish(DATA, numbered(this.tally.accepted, size), more));
      if (taken) this.tally.accepted++;
      else this.tally.rejected++;
    }
  }

  #request(): void {
    this.tally.requests++;
    const noMux = this.#random() < 0.2;
    const request = this.#nc
      .request(ECHO, "question", { timeout: REQUEST_TIMEOUT, noMux })
      .then(() => {})
      .catch((error) => {
        if (!isHoldfastError(error)) throw error;
        this.tally.failedRequests++;
      })
      .finally(() => this.#requests.delete(request));
    this.#requests.add(request);
  }

  #resubscribe(): void {
    this.tally.subscriptions++;
    const subject = `${CHURN}.${between(this.#random, 1, CHURN_SUBJECTS)}`;
    const options = this.#random() < 0.5 ? { callback: () => {} } : { max: 3 };
    this.#churn.push(this.#nc.subscribe(subject, options));
    this.#attempt(() => this.#nc.publish(subject, "for whoever is there"));
    if (this.#churn.length > CHURNING) this.#churn.shift()?.unsubscribe();
  }

  async #readSlowly(): Promise<void> {
    for await (const _ of this.#slow) {
      this.tally.slow++;
      if (this.#timer !== undefined) await new Promise((resolve) => setTimeout(resolve, SLOWNESS));
    }
  }

  /** Whether it was accepted: the buffer may be full. */
  #attempt(publish: () => boolean): boolean {
    try {
      publish();
      return true;
    } catch (error) {
      if (isHoldfastError(error) && !this.#nc.isClosed()) return false;
      throw error;
    }
  }
}
