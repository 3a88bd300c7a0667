import type { HoldfastError } from "../index.js";

/** What happens to an outbox and its messages. Nobody has to listen, also not to `error`. */
export interface OutboxEvents {
  /** The store has failed, or cannot be read in a place, or the stream cannot be reached for good reasons: once per episode. It goes on trying. */
  error: HoldfastError;
  /** A server has refused a message for good: it stays on disk, and is not sent again by itself. */
  parked: ParkedInfo;
  /** Messages were dropped, so many (`messages`): their `ttl`, or `maxAge`, had passed before a server had them. */
  expired: { readonly messages: number };
  /** Messages that are on disk and cannot be read, so many (`messages`), and why (`error`): they stay out of the way. */
  lost: { readonly messages: number; readonly error: HoldfastError };
  /**
   * A message is sent that the stream may have already and does not remember any more, so that it may be stored twice: an earlier process took it longer ago than the
   * stream's duplicate window, or this one sent it that long ago, without an answer. `age`, ms: since it was taken, or sent for the first time.
   * `stream`: its name; `duplicateWindow`: ms that it remembers message ids for. Once per connection.
   */
  stale: { readonly stream: string; readonly age: number; readonly duplicateWindow: number };
  /** Nothing is held any more, but for what is parked. */
  empty: Readonly<Record<string, never>>;
}

/** A message that was parked. */
export interface ParkedInfo {
  /** The subject that it was published to. */
  readonly subject: string;
  /** What a stream would know it by, and `holdfast outbox` shows. */
  readonly messageId: string;
  /** Why, as the server or the connection has said it. */
  readonly reason: string;
}

/** Listener of an outbox; what it throws, or a promise of it rejects with, is told by the connection's `error` event, and harms nobody. */
export type OutboxListener<E extends keyof OutboxEvents> = (info: OutboxEvents[E]) => unknown;

/** The names of {@link OutboxEvents}. */
export const OUTBOX_EVENTS = [
  "error",
  "parked",
  "expired",
  "lost",
  "stale",
  "empty",
] as const satisfies readonly (keyof OutboxEvents)[];
