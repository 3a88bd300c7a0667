import type { Connection, HoldfastError, Msg } from "../../index.js";
import { deadLetterFailed, deadLetterHeaders, readableHeaders } from "../work/dead-letter.js";

/** Puts messages that were given up to a subject. */
export class DeadLetters {
  readonly subject: string;
  private readonly nc: Connection;
  private readonly queue: string | undefined;

  constructor(nc: Connection, subject: string, queue: string | undefined) {
    this.nc = nc;
    this.subject = subject;
    this.queue = queue;
  }

  /** Settles when a server has confirmed it, so that a refusal is noticed; rejects with `DEAD_LETTER_FAILED`. */
  async put(msg: Msg, error: HoldfastError, attempts: number): Promise<void> {
    const { nc, subject, queue } = this;
    try {
      const client = nc.options.name;
      const headers = deadLetterHeaders(readableHeaders(msg), {
        subject: msg.subject,
        error,
        attempts,
        client,
        queue,
      });
      await nc.publishConfirmed(subject, msg.data, { headers });
    } catch (cause) {
      // An overflow of the application publishes it later; an outbox has it when the connection ends, and sends it with the next one.
      if ((cause as { code?: unknown }).code === "OVERFLOWED") return;
      throw deadLetterFailed(subject, msg.subject, cause);
    }
  }
}
