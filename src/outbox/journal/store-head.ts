import { crc32 } from "node:zlib";
import { FORMAT, MAX_OUTBOX_ID, NewerFormat } from "./head-codec.js";

/** The record that is the store's own head. */
export const STORE_HEAD = 1;
/** The number of the first batch: older ones have room in front of it. */
export const FIRST_RECORD = 2 ** 40;

/** What a store says of itself. */
export interface StoreHead {
  /** The outbox's own id. */
  readonly id: string;
  /** ms since the epoch. */
  readonly created: number;
  /**
   * Entries may have numbers below this one; no process begins below it. So a number is never given twice, whatever was removed, or got lost with a process: a stream
   * would take the second message for a copy of the first.
   */
  readonly reserved: number;
}

/** As JSON, with the CRC of what is before it. */
export function encodeStoreHead({ id, created, reserved }: StoreHead): Buffer {
  const text = JSON.stringify({ format: FORMAT, id, created, reserved });
  return Buffer.from(`${text} ${crc32(text)}`);
}

/**
 * @throws NewerFormat
 * @throws Error when it is damaged
 */
export function decodeStoreHead(bytes: Uint8Array): StoreHead {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  const end = text.lastIndexOf(" ");
  const json = text.slice(0, end);
  if (end < 1 || text.slice(end + 1) !== String(crc32(json))) {
    throw new Error("the checksum of the store's head is wrong");
  }
  const { format, id, created, reserved } = (JSON.parse(json) ?? {}) as Record<string, unknown>;
  if (typeof format === "number" && format > FORMAT) throw new NewerFormat(format);
  const fits =
    typeof id === "string" &&
    id.length <= MAX_OUTBOX_ID &&
    typeof created === "number" &&
    Number.isSafeInteger(reserved);
  if (!fits) throw new Error("the store's head has not what it should have");
  return { id, created, reserved: reserved as number };
}
