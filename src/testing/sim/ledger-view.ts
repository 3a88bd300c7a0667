import type { Sent } from "./sent.js";

/** What the ledger must know of the engine and of the run; a getter each. */
export interface LedgerView {
  readonly now: number;
  /** The link whose input is being handled. */
  readonly inputEpoch: number;
  readonly closed: boolean;
  /** A link is being lost just now. */
  readonly losing: boolean;
  readonly replayMargin: number;
  readonly maxPayload: number;
  /** The replay must wait for the application. */
  readonly held: boolean;
  /** ms that a timer may be late now. */
  readonly slack: number;
  /** The link that carries the window, or 0. */
  readonly activeEpoch: number;
  /** Hears of every message that is confirmed. */
  confirmed(): void;
  /** A message of the publish window has ended otherwise. */
  endedOtherwise(sent: Sent): void;
  /** Whether a message may be dropped to make room for a newer one, or instead of one. */
  mayDropOldest(sent: Sent): boolean;
  /** What the books say beside their sum. */
  readonly rejected: number;
  readonly overflowed: number;
  readonly recovered: number;
  /** At the end the overflow is asked to keep what will not be sent. */
  readonly keeps: boolean;
}
