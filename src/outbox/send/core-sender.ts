import { describeCause } from "../../errors.js";
import type { Connection, HoldfastError, PublishOptions } from "../../index.js";
import { parkedError } from "../errors.js";
import type { Batch, Entry } from "../journal/entry.js";
import { Mishaps, type Traffic } from "./mishaps.js";
import { Pace } from "./pace.js";
import { type Portion, Sender, type SenderHost } from "./sender.js";

/** Encoded bytes of a message beside subject, reply, headers and payload, about. */
const FRAME = 24;
/** ms after which a connection has told of what it has dropped: it gathers for 10. */
const TOLD_BY = 30;

/** Codes with which `publish()` says: not now. All others mean that this message can be published by nobody. */
const NOT_NOW: ReadonlySet<unknown> = new Set([
  "BUFFER_FULL",
  "CONNECTION_CLOSED",
  "CONNECTION_DRAINING",
  "DISCONNECTED",
  "MAX_PENDING_EXCEEDED",
]);
const OVER: ReadonlySet<unknown> = new Set(["CONNECTION_CLOSED", "CONNECTION_DRAINING"]);

/** Entries that share a confirmation. */
interface FencedPortion extends Portion {
  readonly bytes: number;
  /** What was told before concerns others. */
  readonly mark: number;
  /** Undefined: it has none yet. */
  outcome: "confirmed" | "doubtful" | "open" | undefined;
}

/** Sends to core NATS: an entry is done when a server's PONG has confirmed it. */
export class CoreSender extends Sender implements Traffic {
  private readonly nc: Connection;
  private readonly pace = new Pace();
  private readonly mishaps: Mishaps;
  /** On the way, in order. */
  private readonly portions: FencedPortion[] = [];
  private examining = false;
  /** The connection takes no more for the moment, or had better not get more. */
  private crowded = false;
  /** Changed for each message rather than made: `publish()` reads it before it returns. */
  private readonly options: PublishOptions = { bypassOverflow: true, replay: true };

  constructor(host: SenderHost, nc: Connection) {
    super(host);
    this.nc = nc;
    this.mishaps = new Mishaps(nc, this);
  }

  get busy(): boolean {
    return this.portions.length > 0;
  }

  protected get hasRoom(): boolean {
    return this.pace.room > 0 && !this.crowded;
  }

  protected begin(): void {
    this.pace.begin();
    this.crowded = false;
  }

  protected async abandon(): Promise<void> {
    // Of a connection that is closed all fences have their outcome by now, and tell of it in microtasks.
    await new Promise((resolve) => setImmediate(resolve));
    this.mishaps.end();
  }

  override get onTheWay(): readonly Portion[] {
    return this.portions;
  }

  get entries(): readonly Entry[] {
    return this.portions.flatMap(({ batch, from, to }) => batch.entries.slice(from, to));
  }

  protected send(batch: Batch, from: number): number {
    const { pace, mishaps } = this;
    const { entries } = batch;
    const most = Math.min(pace.room, pace.portion);
    const { mark } = mishaps;
    let bytes = 0;
    let begin = from;
    // Not in a portion: what the connection tells of a message that has expired there is of another one.
    while (begin < entries.length && this.isOver(batch, entries[begin])) this.drop(batch, begin++);
    let at = begin;
    let crowded = false;
    this.options.recovered = batch.recovered;
    while (at < entries.length && bytes < most && !crowded) {
      const entry = entries[at];
      if (at > begin && this.isOver(batch, entry)) break;
      try {
        crowded = !this.publish(batch, entry);
      } catch (error) {
        const { code } = error as Partial<HoldfastError>;
        if (NOT_NOW.has(code)) {
          // With the end of a drain nothing is published on this connection any more.
          if (OVER.has(code)) this.linked = false;
          crowded = true;
          break;
        }
        this.park(batch, at, describeCause(error), error as Error);
      }
      bytes += entry.payload.length + (entry.headers?.length ?? 0) + entry.subject.length + FRAME;
      at++;
    }
    if (at > begin) this.fence({ batch, from: begin, to: at, bytes, mark, outcome: undefined });
    if (crowded) this.awaitRoom();
    return at;
  }

  private publish(batch: Batch, entry: Entry): boolean {
    const { options } = this;
    options.reply = entry.reply === "" ? undefined : entry.reply;
    options.encodedHeaders = entry.headers;
    options.ttl = this.journal.timeLeft(batch, entry);
    return this.nc.publish(entry.subject, entry.payload, options);
  }

  private awaitRoom(): void {
    this.crowded = true;
    // In a later turn: there may have been room all the time, for smaller ones.
    void this.nc.writable({ bypassOverflow: true }).then(() =>
      setImmediate(() => {
        this.crowded = false;
        this.wake();
      }),
    );
  }

  private fence(portion: FencedPortion): void {
    this.pace.sent(portion.bytes);
    this.portions.push(portion);
    this.nc.fence().then(
      () => this.answered(portion, "confirmed"),
      () => this.answered(portion, this.nc.isClosed() ? "open" : "doubtful"),
    );
  }

  private answered(portion: FencedPortion, outcome: NonNullable<FencedPortion["outcome"]>): void {
    portion.outcome = outcome;
    if (outcome === "confirmed") this.pace.confirmed(portion.bytes);
    else this.pace.failed(portion.bytes);
    this.settle();
  }

  /** Settles portions in their order: to the journal a confirmation is one of all entries before it. */
  private settle(): void {
    const { portions } = this;
    while (portions.length > 0 && !this.examining) {
      const { outcome, batch, to } = portions[0];
      // What has no outcome at the end of the connection is not confirmed by what comes behind it either.
      if (outcome === undefined || outcome === "open") break;
      if (outcome === "doubtful") {
        this.examining = true;
        setTimeout(() => this.examine(portions[0]), TOLD_BY);
        break;
      }
      portions.shift();
      this.journal.confirmed(batch, to);
    }
    if (portions.length === 0) this.mishaps.clear();
    this.host.settled();
    this.wake();
  }

  /** All of the portion has an outcome, and something has ended badly, ours or somebody else's: the connection has told of it by now. */
  private examine(portion: FencedPortion): void {
    this.examining = false;
    if (this.nc.isClosed()) {
      portion.outcome = "open";
      return this.settle();
    }
    const { batch, from, to, mark } = portion;
    let expired = 0;
    for (let i = from; i < to; i++) {
      const mishap = this.mishaps.of(batch.entries[i], mark);
      if (mishap === undefined) continue;
      if (mishap.kind === "refused") {
        const { reason, code } = mishap;
        this.park(batch, i, reason, parkedError(batch.entries[i].subject, reason, code));
      } else {
        this.journal.expired(batch, i);
        expired++;
      }
    }
    if (expired > 0) this.host.expired(expired);
    portion.outcome = "confirmed";
    this.settle();
  }

  private park(batch: Batch, index: number, reason: string, error: Error): void {
    this.journal.park(batch, index, reason, error);
    this.host.parked(batch.entries[index], reason);
  }
}
