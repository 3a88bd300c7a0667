import { codedError } from "../checks/coded-error.js";
import { invalidArgument } from "../checks/invalid.js";
import { describeCause } from "../errors.js";
import type { HoldfastError } from "../index.js";

/** What happens to an outbox and its messages. Nobody has to listen, also not to `error`. */
export interface OutboxEvents {
  /** The store has failed, or cannot be read in a place, or the stream cannot be reached for good reasons: once per episode. It goes on trying. */
  error: HoldfastError;
  /** A server has refused a message for good: it stays on disk, and is not sent again by itself. */
  parked: ParkedInfo;
  /** Messages were dropped: their `ttl`, or `maxAge`, had passed before a server had them. */
  expired: { readonly messages: number };
  /** Messages that are on disk and cannot be read: they stay out of the way. */
  lost: { readonly messages: number; readonly error: HoldfastError };
  /**
   * A message of an earlier process is older than the duplicate window of the stream, so that the stream cannot know whether it has it already; it is sent. Once
   * per connection.
   */
  stale: { readonly stream: string; readonly age: number; readonly duplicateWindow: number };
  /** Nothing is held any more, but for what is parked. */
  empty: Readonly<Record<string, never>>;
}

/** A message that was parked. */
export interface ParkedInfo {
  readonly subject: string;
  /** What a stream would know it by, and `holdfast outbox` shows. */
  readonly messageId: string;
  /** Why, as the server or the connection has said it. */
  readonly reason: string;
}

/** Listener of an outbox; what it throws, or a promise of it rejects with, is told by the connection's `error` event, and harms nobody. */
export type OutboxListener<E extends keyof OutboxEvents> = (info: OutboxEvents[E]) => unknown;

const NAMES: readonly string[] = [
  "error",
  "parked",
  "expired",
  "lost",
  "stale",
  "empty",
] satisfies readonly (keyof OutboxEvents)[];

interface Entry {
  readonly name: string;
  readonly listener: OutboxListener<never>;
  readonly isOnce: boolean;
}

/** The listeners of an outbox. */
export class OutboxListeners {
  /** Replaced, never changed: whoever goes through it sees it as it was. */
  private entries: readonly Entry[] = [];
  private readonly report: (error: Error) => void;

  /** @param report is told of listeners that fail */
  constructor(report: (error: Error) => void) {
    this.report = report;
  }

  /** @throws an error with code `INVALID_ARGUMENT` */
  add<E extends keyof OutboxEvents>(name: E, listener: OutboxListener<E>, isOnce: boolean): void {
    if (!NAMES.includes(name)) {
      throw invalidArgument(`there is no event "${String(name)}"; there are ${NAMES.join(", ")}`);
    }
    if (typeof listener !== "function") throw invalidArgument(`the listener of "${name}" is no function`);
    this.entries = [...this.entries, { name, listener: listener as OutboxListener<never>, isOnce }];
  }

  /** Removes the listener, however often it was added. */
  remove<E extends keyof OutboxEvents>(name: E, listener: OutboxListener<E>): void {
    this.entries = this.entries.filter((entry) => entry.name !== name || entry.listener !== listener);
  }

  emit<E extends keyof OutboxEvents>(name: E, info: OutboxEvents[E]): void {
    for (const entry of this.entries) {
      if (entry.name !== name) continue;
      if (entry.isOnce) {
        // One that was called already, because a listener before it has brought the event about again, is not there any more.
        if (!this.entries.includes(entry)) continue;
        this.entries = this.entries.filter((other) => other !== entry);
      }
      try {
        const answer: unknown = (entry.listener as OutboxListener<E>)(info);
        if (answer instanceof Promise) answer.catch((cause) => this.failed(name, cause));
      } catch (cause) {
        this.failed(name, cause);
      }
    }
  }

  private failed(name: string, cause: unknown): void {
    const text = `a listener of the outbox's "${name}" failed: ${describeCause(cause)}`;
    this.report(codedError("CALLBACK_FAILED", text, { cause }));
  }
}
