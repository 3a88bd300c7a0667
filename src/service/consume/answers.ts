import type { Connection } from "../../index.js";
import { type Answerer, type Delivery, unanswered } from "./delivery.js";

/** Counts of what was answered, which never go down. */
export interface AnswerCounts {
  acked: number;
  naked: number;
  termed: number;
}

/**
 * Publishes answers to deliveries. They are JetStream's control messages: kept while there is no link, never written twice. What becomes of
 * one that was lost is decided when its message comes again.
 */
export class Answers implements Answerer {
  /** The messages are of a stream that is gone: an answer would be taken for one to another message. */
  isVoid = false;
  private readonly nc: Connection;
  private readonly counts: AnswerCounts;
  private readonly report: (error: Error) => void;
  private readonly confirming: Set<Promise<unknown>>;

  /** @param confirming gets what has to be waited for before the connection may go */
  constructor(
    nc: Connection,
    counts: AnswerCounts,
    confirming: Set<Promise<unknown>>,
    report: (error: Error) => void,
  ) {
    this.nc = nc;
    this.counts = counts;
    this.confirming = confirming;
    this.report = report;
  }

  answer(delivery: Delivery, payload: string): boolean {
    if (this.isVoid || this.nc.isClosed()) return false;
    // They would pile up, and say nothing new when the link is back.
    const isProgress = payload === "+WPI";
    if (isProgress && this.nc.getServer() === "") return false;
    try {
      this.nc.publish(delivery.reply, payload);
    } catch (cause) {
      if (!isProgress) this.report(unanswered(delivery, cause));
      return false;
    }
    this.count(payload);
    return true;
  }

  answerConfirmed(delivery: Delivery, payload: string, timeout: number): Promise<boolean> {
    if (this.isVoid || this.nc.isClosed()) return Promise.resolve(false);
    const confirmed = this.nc.request(delivery.reply, payload, { timeout }).then(
      () => {
        this.count(payload);
        return true;
      },
      // Its message comes again, and is acknowledged then.
      () => false,
    );
    this.confirming.add(confirmed);
    void confirmed.then(() => this.confirming.delete(confirmed));
    return confirmed;
  }

  private count(payload: string): void {
    const { counts } = this;
    if (payload.startsWith("+ACK")) counts.acked++;
    else if (payload.startsWith("-NAK")) counts.naked++;
    else if (payload.startsWith("+TERM")) counts.termed++;
  }
}
