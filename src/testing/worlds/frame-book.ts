import { expect } from "vitest";
import type { Books, DropReason } from "../../core/books.js";
import { Kind } from "../../wire/frame.js";
import { MESSAGES } from "./window-world.js";

/** A frame as the model knows it. */
export interface Frame {
  readonly kind: number;
  readonly subject: string;
  readonly size: number;
  readonly headers: boolean;
  readonly bytes: Buffer;
  gone: boolean;
}

/** Every frame that a window was given, in one array, and what has become of it. */
export class FrameBook {
  readonly frames: Frame[] = [];
  readonly sums = {
    accepted: 0,
    confirmed: 0,
    refused: 0,
    dropped: 0,
    unconfirmed: 0,
    pending: 0,
    replayed: 0,
  };
  readonly sizes = { accepted: 0, confirmed: 0, refused: 0, dropped: 0, unconfirmed: 0, pending: 0 };
  readonly told: string[] = [];
  /** Frames before this have a PING behind them. */
  protected fenced = 0;

  protected get position(): number {
    return this.frames.length;
  }

  protected isMessage(frame: Frame): boolean {
    return !frame.gone && MESSAGES.includes(frame.kind);
  }

  protected push(kind: number, subject: string, bytes: Buffer, size = 0, headers = false): void {
    this.frames.push({ kind, subject, size, headers, bytes, gone: false });
    if (kind === Kind.Ping) this.fenced = this.position;
  }

  protected get unfenced(): boolean {
    return this.fenced < this.position;
  }

  protected settle(seq: number, outcome: "confirmed" | "refused" | "dropped" | "unconfirmed"): void {
    const { size } = this.frames[seq];
    this.sums[outcome]++;
    this.sizes[outcome] += size;
    this.sums.pending--;
    this.sizes.pending -= size;
    if (outcome !== "confirmed") this.frames[seq].gone = true;
  }

  protected end(seq: number, outcome: "refused" | "unconfirmed"): void {
    this.settle(seq, outcome);
    this.told.push(`${outcome} ${seq}`);
  }

  protected drop(seq: number, reason: DropReason): void {
    this.settle(seq, "dropped");
    this.told.push(`${reason} ${seq}`);
  }

  /** The books of the real window say the same. */
  protected compare(books: Books): void {
    const { sums, sizes } = this;
    expect(books.balanced).toBe(true);
    expect(books).toMatchObject(sums);
    expect(books).toMatchObject({
      acceptedBytes: sizes.accepted,
      confirmedBytes: sizes.confirmed,
      refusedBytes: sizes.refused,
      droppedBytes: sizes.dropped,
      unconfirmedBytes: sizes.unconfirmed,
      pendingBytes: sizes.pending,
    });
  }
}
