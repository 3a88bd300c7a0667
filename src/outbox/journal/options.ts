import type { HoldfastError } from "../../index.js";
import type { OutboxStore } from "../store/store.js";

/** What the journal takes for time; injected, so that tests have it in their hands. */
export interface JournalClock {
  /** Wall clock, ms since the epoch. */
  now(): number;
  /** Monotonic ms. */
  monotonic(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Changes the bytes of a stored batch: what comes out is written, or read. Must not keep what it got. What has not settled after 30 s counts as failed, and it is asked again. */
export type BodyHook = (body: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Messages that were dropped because they had become too old. */
export interface ExpiredEntries {
  readonly messages: number;
  /** Of these: by their own ttl, and by option `maxAge`. */
  readonly ttl: number;
  readonly maxAge: number;
}

/** Stored messages that cannot be read. They stay on disk as they are. */
export interface LostEntries {
  /** The number of the record in the store; 0: messages that were in memory only when the journal was closed. */
  readonly record: number;
  /** How many there were; undefined when that cannot be read either. */
  readonly messages: number | undefined;
  /** `OUTBOX_FAILED` with operation `decode` and the path: it is damaged; `commit` for those in memory. */
  readonly error: HoldfastError;
}

/** What a journal tells. Called from the middle of its work: must not throw. All but `work` are allowed to call the journal. */
export interface JournalEvents {
  /**
   * A commit has failed: told for each failure, it is for the listener to tell of an episode once. Or a record cannot be read for now (operation `read` or `decrypt`): told
   * once, until it can.
   */
  failed(error: HoldfastError): void;
  expired(expired: ExpiredEntries): void;
  lost(lost: LostEntries): void;
  /** `next()` has something again after it had nothing: entries came to the disk, or `again()` was called. */
  work(): void;
  /** A commit has succeeded, with this many new messages (0: only outcomes). */
  stored?(messages: number): void;
}

/** What {@link Journal.open} takes. */
export interface JournalOptions {
  /** Owned by the journal once it is open: `close()` closes it. */
  readonly store: OutboxStore;
  /** Bytes on disk and on their way there, beyond which nothing more is taken. Default 1 GiB. */
  readonly maxBytes?: number;
  /** ms after which an entry is dropped, by the rule of `AgeClock`. Default Infinity. */
  readonly maxAge?: number;
  /** Bytes in memory that are not on disk yet, beyond which nothing more is taken. Default 64 MiB. */
  readonly memoryLimit?: number;
  /** ms that a message that was only offered may wait for others before a commit is made for it. Default 10. */
  readonly commitDelay?: number;
  /** The stream that all of it goes to, kept in the store for those who open it later. Default: none. */
  readonly stream?: string | undefined;
  readonly encrypt?: BodyHook | undefined;
  readonly decrypt?: BodyHook | undefined;
  /** Default: the real ones. */
  readonly clock?: JournalClock;
  readonly events?: Partial<JournalEvents>;
}

/** The clocks of this machine. */
export const REAL_CLOCK: JournalClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
