import type { Chunk } from "../wire/chunk.js";
import { decodePublish, publishSize } from "../wire/encoder.js";
import { sizeOf } from "../wire/frame.js";
import type { DropReason } from "./books.js";
import type { LostMessage } from "./events.js";

/** Dropped for these reasons, a message is not reported one by one: its caller knows, or it is sent again. */
const TOLD_OTHERWISE: ReadonlySet<DropReason> = new Set<DropReason>(["pull", "timeout", "unsent", "kept"]);

/** Lost messages that are gathered before they are told in the middle of a turn. */
const CROWD = 10_000;
const CROWD_BYTES = 16 * 1024 * 1024;

/** Knows whether somebody listens to an event. */
interface Audience {
  has(event: "messageLost"): boolean;
}

const NOBODY: Audience = { has: () => false };

/** Collects dropped messages, to be told in one batch per input. */
export class LostMessages {
  private batch: LostMessage[] | undefined;
  private bytes = 0;
  /** So much is gathered that it should be told now, although the turn has not ended. */
  crowded = false;
  /** Whether payloads are kept for the event: someone listens to it. */
  audience: Audience = NOBODY;

  /** Describes a frame while its bytes are still there; the payload is copied. */
  add(chunk: Chunk, frame: number, reason: DropReason, maybeDelivered: boolean, now: number): void {
    if (TOLD_OTHERWISE.has(reason)) return;
    const found = decodePublish(chunk, frame);
    const data = this.audience.has("messageLost")
      ? new Uint8Array(chunk.bytes.subarray(found.start + found.headers, found.end))
      : undefined;
    const age = Math.max(0, now - chunk.openedAt);
    this.push({ subject: found.subject, size: sizeOf(chunk.meta[frame]), age, reason, maybeDelivered, data });
  }

  /** Describes a message that never was in the window. */
  addUnsent(
    subject: string,
    headers: Uint8Array | undefined,
    payload: Uint8Array | string,
    reason: DropReason,
  ): void {
    const data = this.audience.has("messageLost")
      ? new Uint8Array(Buffer.from(payload as string))
      : undefined;
    const size = publishSize(headers, payload);
    this.push({ subject, size, age: 0, reason, maybeDelivered: false, data });
  }

  private push(message: LostMessage): void {
    this.batch ??= [];
    this.batch.push(message);
    this.bytes += message.data?.length ?? 0;
    this.crowded = this.batch.length >= CROWD || this.bytes >= CROWD_BYTES;
  }

  get size(): number {
    return this.batch?.length ?? 0;
  }

  /** What was collected, or undefined when there is nothing. */
  take(): LostMessage[] | undefined {
    const { batch } = this;
    if (batch === undefined) return undefined;
    this.batch = undefined;
    this.bytes = 0;
    this.crowded = false;
    return batch;
  }
}
