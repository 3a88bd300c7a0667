import type { Chunk } from "../wire/chunk.js";
import { decodePublish } from "../wire/encoder.js";
import { sizeOf } from "../wire/frame.js";
import type { DropReason } from "./books.js";
import type { LostMessage } from "./events.js";

/** Dropped for these reasons, a message is not reported one by one: its caller knows, or sends it again. */
const TOLD_OTHERWISE: ReadonlySet<DropReason> = new Set<DropReason>(["pull", "timeout", "unsent"]);

/** Collects dropped messages, to be told in one batch per input. */
export class LostMessages {
  private batch: LostMessage[] = [];
  /** Keep payloads for the event: someone listens. */
  keepData = false;

  /** Describes a frame while its bytes are still there; the payload is copied. */
  add(chunk: Chunk, frame: number, reason: DropReason, maybeDelivered: boolean, now: number): void {
    if (TOLD_OTHERWISE.has(reason)) return;
    const found = decodePublish(chunk, frame);
    this.batch.push({
      subject: found.subject,
      size: sizeOf(chunk.meta[frame]),
      age: Math.max(0, now - chunk.openedAt),
      reason,
      maybeDelivered,
      data: this.keepData
        ? new Uint8Array(chunk.bytes.subarray(found.start + found.headers, found.end))
        : undefined,
    });
  }

  /** What was collected, or undefined when there is nothing. */
  take(): LostMessage[] | undefined {
    if (this.batch.length === 0) return undefined;
    const { batch } = this;
    this.batch = [];
    return batch;
  }
}
