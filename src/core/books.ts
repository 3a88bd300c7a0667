import { WIDE } from "./wide.js";

/** Why a message that was accepted was given up; `stats().dropReasons` counts them. */
export type DropReason =
  /** Larger than the `max_payload` of the server that the connection came back to. */
  | "max-payload"
  /** It has headers, and the server that the connection came back to takes none. */
  | "headers"
  /** The connection was closed before it could be sent. */
  | "closed"
  /** Dropped to make room for a newer one (`overflow: "drop-oldest"`). */
  | "drop-oldest"
  /** There was no room for it (`overflow: "drop-newest"`). */
  | "drop-newest"
  /** Its `ttl` ended before a link had it, or before it was confirmed by the link that died. */
  | "ttl"
  /** A server ended the connection because of this very message, again and again. */
  | "poison"
  /** A JetStream pull while there was no link: never buffered, the consumer pulls again by itself. */
  | "pull"
  /** A request whose timeout ended before it could be sent; its caller got the timeout. */
  | "timeout"
  /** A request made inside `beforeReplay` whose link died before it was written; its caller got the error. */
  | "unsent"
  /** The connection was closed before it was confirmed, and the overflow keeps it: see `Overflow.keep`. */
  | "kept";

const NOTHING_DROPPED: Readonly<Record<DropReason, number>> = {
  "max-payload": 0,
  headers: 0,
  closed: 0,
  "drop-oldest": 0,
  "drop-newest": 0,
  ttl: 0,
  poison: 0,
  pull: 0,
  timeout: 0,
  unsent: 0,
  kept: 0,
};

/**
 * The books of promises.md §1: every accepted message is in exactly one of these places, at every
 * instant. `accepted = confirmed + refused + pending + dropped + unconfirmed`, in messages and in bytes
 * of headers and payload.
 */
export class Books {
  accepted = 0;
  acceptedBytes = WIDE;
  confirmed = 0;
  confirmedBytes = WIDE;
  refused = 0;
  refusedBytes = 0;
  dropped = 0;
  droppedBytes = 0;
  unconfirmed = 0;
  unconfirmedBytes = 0;
  /** Messages without an outcome yet: kept as a count of its own, so that the sum can fail. */
  pending = 0;
  pendingBytes = 0;
  /** Messages that were written once more after a reconnect. */
  replayed = 0;
  /** Messages that were not accepted because there was no room. Not part of the sum. */
  rejected = 0;
  /** Messages that the overflow has taken instead: they are accepted when it publishes them. Not part of the sum. */
  overflowed = 0;
  /** Of those that were accepted: had been by an earlier process, which could not send them. Not part of the sum. */
  recovered = 0;
  private reasons: Record<DropReason, number> | undefined;

  constructor() {
    this.acceptedBytes = 0;
    this.confirmedBytes = 0;
  }

  /** Of those that were dropped, how many for which reason. */
  get dropReasons(): Readonly<Record<DropReason, number>> {
    return this.reasons ?? NOTHING_DROPPED;
  }

  private countReason(reason: DropReason): void {
    this.reasons ??= { ...NOTHING_DROPPED };
    this.reasons[reason]++;
  }

  /** A message is accepted and dropped in the same moment: it was never in the window. */
  acceptDropped(reason: DropReason, bytes: number): void {
    this.accepted++;
    this.acceptedBytes += bytes;
    this.dropped++;
    this.droppedBytes += bytes;
    this.countReason(reason);
  }

  settleConfirmed(messages: number, bytes: number): void {
    this.confirmed += messages;
    this.confirmedBytes += bytes;
    this.pending -= messages;
    this.pendingBytes -= bytes;
  }

  settleRefused(bytes: number): void {
    this.refused++;
    this.refusedBytes += bytes;
    this.pending--;
    this.pendingBytes -= bytes;
  }

  settleUnconfirmed(bytes: number): void {
    this.unconfirmed++;
    this.unconfirmedBytes += bytes;
    this.pending--;
    this.pendingBytes -= bytes;
  }

  settleDropped(reason: DropReason, bytes: number): void {
    this.dropped++;
    this.droppedBytes += bytes;
    this.countReason(reason);
    this.pending--;
    this.pendingBytes -= bytes;
  }

  /** Whether the sums hold; every fault test ends with this. */
  get balanced(): boolean {
    return (
      this.accepted === this.confirmed + this.refused + this.pending + this.dropped + this.unconfirmed &&
      this.acceptedBytes ===
        this.confirmedBytes +
          this.refusedBytes +
          this.pendingBytes +
          this.droppedBytes +
          this.unconfirmedBytes
    );
  }
}
