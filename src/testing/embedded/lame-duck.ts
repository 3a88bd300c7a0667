import type { Broker } from "../broker/broker.js";
import type { Scheduler } from "../broker/line.js";

const DEFAULT_GRACE = 10_000;
const DEFAULT_DURATION = 120_000;
/** Longest time between two clients that are sent away, ms. */
const MOST_APART = 1000;

/** Lame duck mode: sends the clients away one by one, and says when there are none. */
export class LameDuck {
  private readonly broker: Broker;
  private readonly scheduler: Scheduler;
  private readonly done: () => void;

  constructor(
    broker: Broker,
    scheduler: Scheduler,
    { grace = DEFAULT_GRACE, duration = DEFAULT_DURATION }: { grace?: number; duration?: number },
    done: () => void,
  ) {
    this.broker = broker;
    this.scheduler = scheduler;
    this.done = done;
    scheduler.in(grace, () => this.evict(Math.max(0, duration - grace) / Math.max(1, broker.clients.size)));
  }

  private evict(apart: number): void {
    const [first] = this.broker.clients;
    first?.hangUp();
    if (this.broker.clients.size === 0) return this.done();
    // Spread, lest all come to the next server at once.
    const pause = Math.min(MOST_APART, apart) * (0.5 + Math.random() / 2);
    this.scheduler.in(pause, () => this.evict(apart));
  }
}
