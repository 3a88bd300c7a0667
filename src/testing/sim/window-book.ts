import type { Window } from "../../core/window.js";
import type { Sent } from "./sent.js";
import { demand } from "./violation.js";

/** What is known of the messages in one window of the engine, by their sequence numbers. */
export class WindowBook {
  readonly window: Window;
  /** Of a window for requests while the replay is held back: the link it was made for. */
  readonly expressOf: number | undefined;
  /** By number; frames that are no message leave a hole. */
  private readonly bySeq: (Sent | undefined)[] = [];
  /** No message before this is without an outcome. */
  private oldest = 0;
  private cursor = -1;
  private cursorEpoch = 0;

  constructor(window: Window, expressOf: number | undefined) {
    this.window = window;
    this.expressOf = expressOf;
  }

  add(sent: Sent): void {
    while (this.bySeq.length < sent.seq) this.bySeq.push(undefined);
    this.bySeq[sent.seq] = sent;
  }

  get(seq: number): Sent | undefined {
    return this.bySeq[seq];
  }

  /** The link that it was handed to is lost. */
  linkLost(): void {
    this.cursorEpoch = 0;
    this.cursor = -1;
  }

  /** The oldest message without an outcome. */
  get oldestPending(): Sent | undefined {
    for (; this.oldest < this.bySeq.length; this.oldest++) {
      const sent = this.bySeq[this.oldest];
      if (sent !== undefined && sent.outcome === undefined) return sent;
    }
    return undefined;
  }

  /** The oldest message without an outcome whose number is at least `seq`. */
  pendingFrom(seq: number): Sent | undefined {
    const { bySeq } = this;
    for (let s = Math.max(this.oldest, seq); s < bySeq.length; s++) {
      const sent = bySeq[s];
      if (sent !== undefined && sent.outcome === undefined) return sent;
    }
    return undefined;
  }

  /**
   * Frame `seq` is handed to the link `epoch`: frames go in their order, and none that waits is passed over,
   * so that a replay begins at the oldest and precedes anything newer. A link takes over from one that stands only when
   * all that one was handed has its outcome.
   */
  hand(seq: number, epoch: number): void {
    if (epoch !== this.cursorEpoch) {
      const left = this.cursorEpoch === 0 ? undefined : this.oldestPending;
      demand(
        left === undefined || left.seq > this.cursor,
        "moved-unconfirmed",
        () => `${left} is unconfirmed on link ${this.cursorEpoch}, and link ${epoch} takes over`,
      );
      this.cursorEpoch = epoch;
      this.cursor = -1;
    }
    demand(
      seq > this.cursor,
      "wire-order",
      () => `frame ${seq} behind frame ${this.cursor} on link ${epoch}`,
    );
    for (let s = Math.max(this.cursor + 1, this.oldestPending?.seq ?? seq); s < seq; s++) {
      const passed = this.bySeq[s];
      demand(
        passed === undefined || passed.outcome !== undefined,
        "wire-order",
        () => `${passed} was passed over on link ${epoch}`,
      );
    }
    this.cursor = seq;
  }
}
