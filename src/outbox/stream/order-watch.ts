import { codedError } from "../../checks/coded-error.js";
import type { HoldfastError } from "../../index.js";
import type { PubAck } from "./pub-ack.js";

/** Notices when a stream has a message behind one that was published later. */
export class OrderWatch {
  /** The latest message that was stored, by the order of calls. */
  private latest = { number: 0, seq: 0, stream: "" };

  /**
   * A message has its PubAck; an error when it is out of order.
   *
   * @param number which call of `publish()` it was
   */
  stored(number: number, subject: string, { seq, stream, duplicate }: PubAck): HoldfastError | undefined {
    const { latest } = this;
    if (number > latest.number) {
      if (!duplicate) this.latest = { number, seq, stream };
      return undefined;
    }
    if (stream !== latest.stream || seq <= latest.seq) return undefined;
    const text = `stream "${stream}" has stored a message to "${subject}" behind a later one: somebody else is writing into it`;
    return codedError("OUT_OF_ORDER", text, { subject });
  }
}
