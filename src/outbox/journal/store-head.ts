import { randomBytes } from "node:crypto";
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
  /** The stream that the outbox is for; undefined: none, or it is not known. While it holds messages of another one, that one, until something of them was confirmed. */
  readonly stream?: string | undefined;
}

/** Bytes of the name of a stream, at most: no server has a longer one. */
const MAX_STREAM = 255;
/** Between the id of an outbox and what tells the process that took a message; no id of an outbox has it. */
const DASH = "-";
const RUN_BYTES = 6;

/**
 * What the message ids begin with that a process gives, another one each time that an outbox is opened: of a folder that was copied, or put back from a backup or a
 * snapshot, each has the same id and goes on with the same numbers, and a stream would take the messages of the second for those of the first.
 */
export function freshPrefix(id: string): string {
  return `${id}${DASH}${randomBytes(RUN_BYTES).toString("hex")}`;
}

/** The id of the outbox whose message ids begin so. */
export function outboxIdOf(prefix: string): string {
  return prefix.split(DASH, 1)[0];
}

/** As JSON, with the CRC of what is before it. */
export function encodeStoreHead({ id, created, reserved, stream }: StoreHead): Buffer {
  const kept = stream !== undefined && Buffer.byteLength(stream) <= MAX_STREAM ? { stream } : {};
  const text = JSON.stringify({ format: FORMAT, id, created, reserved, ...kept });
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
  const { format, id, created, reserved, stream } = (JSON.parse(json) ?? {}) as Record<string, unknown>;
  if (typeof format === "number" && format > FORMAT) throw new NewerFormat(format);
  const fits =
    typeof id === "string" &&
    id.length + DASH.length + 2 * RUN_BYTES <= MAX_OUTBOX_ID &&
    typeof created === "number" &&
    (stream === undefined || typeof stream === "string") &&
    Number.isSafeInteger(reserved);
  if (!fits) throw new Error("the store's head has not what it should have");
  return { id, created, reserved: reserved as number, stream: stream as string | undefined };
}
