import { NONE } from "./none.js";
import type { Window } from "./window.js";

/** Frames of the window that were accepted during an outage: numbers from `from` up to, not with, `to`. */
interface Range {
  from: number;
  to: number;
}

/** Ranges that are told apart: of more outages than this without a confirmation, the first are taken for one. */
const MAX_RANGES = 256;

const NOTHING = { messages: 0, bytes: 0 };

/**
 * What has been accepted since the disconnect and still waits: `reconnectBufSize` and `maxBufferedMessages`
 * count this, and not what was on its way before.
 */
export class OutageBuffer {
  /** Encoded bytes. */
  bytes = 0;
  messages = 0;
  /** Encoded bytes of the message that found no room last; 0: none since one was accepted. */
  wanted = 0;
  private readonly window: Window;
  /** The last one is open as long as the outage lasts. Before the first connect there is one too. */
  private ranges: Range[] = [{ from: 0, to: Number.POSITIVE_INFINITY }];

  constructor(window: Window) {
    this.window = window;
  }

  private asked: ((seq: number) => boolean) | undefined;

  /** An outage begins. What the last one left behind and no link has confirmed since takes room in this one too. */
  begin(): void {
    const { window } = this;
    this.wanted = 0;
    this.ranges = this.ranges.filter(({ to }) => to > window.confirmed);
    ({ messages: this.messages, bytes: this.bytes } =
      this.ranges.length === 0 ? NOTHING : window.measure(this.has));
    this.ranges = this.ranges.concat({ from: window.position, to: Number.POSITIVE_INFINITY });
    if (this.ranges.length > MAX_RANGES) this.join();
    window.searchAnew();
  }

  /** Takes the two oldest for one: what was published between them counts then too. */
  private join(): void {
    const [first, second, ...rest] = this.ranges;
    this.ranges = [{ from: first.from, to: second.to }, ...rest];
  }

  /** A link stands: what is accepted from now on counts elsewhere. */
  end(): void {
    const last = this.ranges.at(-1);
    if (last !== undefined) last.to = this.window.position;
    if (last !== undefined && last.from === last.to)
      this.ranges = this.ranges.length === 1 ? NONE : this.ranges.slice(0, -1);
    // From now on others may be dropped to make room, older ones too.
    this.window.searchAnew();
  }

  /** Frames from `from` up to, not with, `to` were accepted before the outage, and are only written once more. */
  exempt(from: number, to: number): void {
    const last = this.ranges.at(-1);
    if (last === undefined || last.to !== Number.POSITIVE_INFINITY || from === to) return;
    if (last.from === from) {
      last.from = to;
      return;
    }
    last.to = from;
    this.ranges = this.ranges.concat({ from: to, to: Number.POSITIVE_INFINITY });
    if (this.ranges.length > MAX_RANGES) this.join();
  }

  /** A message of so many encoded bytes is accepted. */
  add(bytes: number): void {
    this.bytes += bytes;
    this.messages++;
    this.wanted = 0;
  }

  /** Frame `seq` of the window has ended otherwise than confirmed: there is room for others. */
  freed(seq: number, bytes: number): void {
    if (!this.holds(seq)) return;
    this.bytes -= bytes;
    this.messages--;
  }

  /** Whether frame `seq` is one of these: as a function to hand on, made when it is needed first. */
  get has(): (seq: number) => boolean {
    this.asked ??= (seq) => this.holds(seq);
    return this.asked;
  }

  private holds(seq: number): boolean {
    for (let i = this.ranges.length - 1; i >= 0; i--) {
      if (seq >= this.ranges[i].to) return false;
      if (seq >= this.ranges[i].from) return true;
    }
    return false;
  }
}
