/**
 * What a frame in a chunk is, which decides what becomes of it when the link dies (promises.md §2).
 * The numbers are stored in four bits of the chunk's index.
 */
export const Kind = {
  /** A published message under at-least-once: replayed until confirmed. */
  Data: 0,
  /** A published message under at-most-once: never written twice. */
  DataOnce: 1,
  /** A request: never silently sent twice. */
  Request: 2,
  /** A read-only JetStream API request (`INFO`, `NAMES`, `LIST`): sent again. */
  SafeRequest: 3,
  /** `$JS.API.>` and `$JS.ACK.>`: never replayed once written. */
  Control: 4,
  /** A JetStream pull: not even buffered, the consumer pulls again by itself. */
  Pull: 5,
  /** A PING: its PONG confirms all frames before it. Written again with the replay. */
  Ping: 6,
  /** SUB and UNSUB: worth nothing to another link, which gets the whole table instead. */
  Protocol: 7,
  /** Dropped: its bytes are skipped on writing. */
  Tombstone: 8,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Whether frames of this kind are messages that the books count. */
export function counts(kind: number): boolean {
  return kind <= Kind.Pull;
}

/** Index word of a frame: kind, whether it has headers, and the size of headers and payload in bytes. */
export function pack(kind: number, hasHeaders: boolean, size: number): number {
  return (kind | (hasHeaders ? 16 : 0) | (size << 5)) >>> 0;
}

/** The same index word with another kind: a tombstone still tells what it was of. */
export function withKind(meta: number, kind: number): number {
  return ((meta & ~15) | kind) >>> 0;
}

export function kindOf(meta: number): number {
  return meta & 15;
}

export function hasHeaders(meta: number): boolean {
  return (meta & 16) !== 0;
}

/** Size of headers and payload in bytes. */
export function sizeOf(meta: number): number {
  return meta >>> 5;
}

/** The largest size that fits the index word: 128 MiB less one byte, twice what a server may allow. */
export const MAX_FRAME_SIZE = 2 ** 27 - 1;
