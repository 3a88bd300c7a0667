import type { Window } from "../../core/window.js";
import { encodedSize } from "./encoded-size.js";
import type { Sent } from "./sent.js";

/**
 * What was accepted since the disconnect and still takes room, counted from outside: `reconnectBufSize` and
 * `maxBufferedMessages` are limits of this. What is left of an earlier outage without an outcome takes room too.
 */
export class OutageBook {
  private readonly window: Window;
  private readonly members = new Set<Sent>();
  /** Encoded bytes, and messages. */
  bytes = 0;
  messages = 0;
  /** The same with requests of a held replay that have ended: for them no room is promised before the next outage. */
  atMostBytes = 0;
  atMostMessages = 0;

  constructor(window: Window) {
    this.window = window;
  }

  /** An outage begins. */
  begin(): void {
    const left = [...this.members].filter(
      (sent) => sent.window === this.window && sent.outcome === undefined,
    );
    this.members.clear();
    this.bytes = 0;
    this.messages = 0;
    this.atMostBytes = 0;
    this.atMostMessages = 0;
    for (const sent of left) this.add(sent);
  }

  add(sent: Sent): void {
    if (sent.outcome !== undefined) return;
    const bytes = encodedSize(sent.draft);
    this.members.add(sent);
    this.bytes += bytes;
    this.messages++;
    this.atMostBytes += bytes;
    this.atMostMessages++;
  }

  has(sent: Sent): boolean {
    return this.members.has(sent);
  }

  /** A message has ended otherwise than confirmed. */
  ended(sent: Sent): void {
    if (!this.members.delete(sent)) return;
    const bytes = encodedSize(sent.draft);
    this.bytes -= bytes;
    this.messages--;
    if (sent.window !== this.window) return;
    this.atMostBytes -= bytes;
    this.atMostMessages--;
  }
}
