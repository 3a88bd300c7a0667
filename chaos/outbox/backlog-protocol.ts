export const SUBJECT = "outbox.backlog";
/** Bytes of a message. */
export const SIZE = 512;

/** What a process is to do. */
export interface BacklogOrder {
  readonly what: "fill" | "replay" | "live";
  readonly path: string;
  readonly url: string;
  readonly messages: number;
}

/** What it has done. */
export interface BacklogDone {
  readonly type: "done";
  /** From `connect()` to the confirmation of all; with `fill` all that it did. */
  readonly seconds: number;
  /** ms that it took to open the outbox. */
  readonly opening: number;
  /** The last number that it has published. */
  readonly published: number;
  /** Most memory that it ever had, bytes; what the kernel has of files in it, and can let go at any time, with it. */
  readonly peakRss: number;
  /** The same without that, as it was seen every now and then. */
  readonly peakOwn: number;
}

/** A message with a number. */
export function numbered(number: number): Buffer {
  const payload = Buffer.alloc(SIZE, 120);
  payload.writeDoubleBE(number);
  return payload;
}

export function numberOf(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getFloat64(0);
}
