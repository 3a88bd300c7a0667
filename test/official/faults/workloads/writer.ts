import { setTimeout as sleep } from "node:timers/promises";
import type { JetStreamClient } from "@nats-io/jetstream";
import { Workload } from "./workload.js";

const PAUSE_MS = 10;
const MAX_IN_FLIGHT = 100;

/** Publishes the numbers 0, 1, 2 and so on into a stream, each with its message id until it is acknowledged. */
export class Writer extends Workload {
  /** How many numbers were taken; all are stored when it has stopped. */
  count = 0;
  /** How many were acknowledged. */
  progress = 0;
  private readonly js: JetStreamClient;
  private readonly subject: string;

  constructor(js: JetStreamClient, subject: string) {
    super("js.publish");
    this.js = js;
    this.subject = subject;
  }

  protected async run(): Promise<void> {
    const inFlight = new Set<Promise<void>>();
    while (!this.stopped) {
      if (inFlight.size < MAX_IN_FLIGHT) {
        const one = this.publish(this.count++);
        inFlight.add(one);
        one.finally(() => inFlight.delete(one));
      }
      await sleep(PAUSE_MS);
    }
    await Promise.all(inFlight);
  }

  private async publish(number: number): Promise<void> {
    const options = { msgID: `number-${number}`, retries: 4 };
    await this.again(() => this.js.publish(this.subject, String(number), options));
    this.progress++;
  }
}
