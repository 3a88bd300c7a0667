import type { Connection, HoldfastError, Msg } from "../../index.js";
import {
  type DeadLetter,
  deadLetterFailed,
  deadLetterTruncated,
  readableHeaders,
  sendDeadLetter,
} from "../work/dead-letter.js";

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

  /**
   * Settles when a server has confirmed it, so that a refusal is noticed; rejects with `DEAD_LETTER_FAILED`. One that is too large goes without its headers,
   * or without its payload, which is told.
   */
  async put(msg: Msg, error: HoldfastError, attempts: number): Promise<void> {
    const { nc, subject, queue } = this;
    try {
      const client = nc.options.name;
      const letter: DeadLetter = { subject: msg.subject, error, attempts, client, queue };
      const message = { headers: readableHeaders(msg), data: msg.data };
      const bytes = await sendDeadLetter(message, letter, (payload, headers) =>
        nc.publishConfirmed(subject, payload, { headers }),
      );
      if (bytes > 0) nc.report(deadLetterTruncated(subject, msg.subject, bytes));
    } catch (cause) {
      // An overflow of the application publishes it later; an outbox has it when the connection ends, and sends it with the next one.
      if ((cause as { code?: unknown }).code === "OVERFLOWED") return;
      throw deadLetterFailed(subject, msg.subject, cause);
    }
  }
}
