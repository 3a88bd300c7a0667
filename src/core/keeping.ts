import type { Chunk } from "../wire/chunk.js";
import { decodePublish } from "../wire/encoder.js";
import type { Expiry } from "./expiry.js";
import type { Overflow } from "./overflow.js";
import type { Keeper } from "./window.js";

/**
 * Who is offered what was published and will not be sent any more; undefined when the overflow keeps nothing: then nothing is
 * decoded either.
 *
 * @param now monotonic ms: what is worth nothing any more is not offered
 */
export function keeperOf(overflow: Overflow, expiry: Expiry, now: number): Keeper | undefined {
  return overflow.keep === undefined ? undefined : new Keeping(overflow, expiry, now);
}

class Keeping implements Keeper {
  private readonly overflow: Overflow;
  /** When messages are worth nothing any more, monotonic ms by their numbers. */
  private readonly deadlines: ReadonlyMap<number, number>;
  private readonly now: number;

  constructor(overflow: Overflow, expiry: Expiry, now: number) {
    this.overflow = overflow;
    this.deadlines = expiry.all();
    this.now = now;
  }

  keeps(chunk: Chunk, frame: number, handed: boolean): boolean {
    const deadline = this.deadlines.get(chunk.base + frame) ?? Number.POSITIVE_INFINITY;
    const left = deadline - this.now;
    if (left <= 0) return false;
    const { subject, reply, hasHeaders, start, headers, end } = decodePublish(chunk, frame);
    const { bytes } = chunk;
    const message = {
      subject,
      reply,
      headers: hasHeaders ? bytes.subarray(start, start + headers) : undefined,
      payload: bytes.subarray(start + headers, end),
      bytes: chunk.ends[frame] - chunk.startOf(frame),
      ttl: left === Number.POSITIVE_INFINITY ? undefined : left,
      replay: true,
    };
    return this.overflow.keep?.(message, handed) === true;
  }
}
