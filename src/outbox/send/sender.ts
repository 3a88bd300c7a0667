import type { HoldfastError } from "../../index.js";
import type { Batch, Entry } from "../journal/entry.js";
import type { Journal } from "../journal/journal.js";

/** What `Journal.timeLeft()` says of an entry whose time has passed, ms: of less it does not tell. */
const LEAST = 1;

/** Entries of a batch that were sent together: `from` up to `to`. */
export interface Portion {
  readonly batch: Batch;
  readonly from: number;
  readonly to: number;
}

/** What a sender asks of the outbox around it. */
export interface SenderHost {
  readonly journal: Journal;
  /** What was only offered may be sent from memory, and newer messages past the outbox when it holds nothing. */
  readonly fromMemory: boolean;
  /** All that was held has been published: a newer message that is published now comes behind it. */
  caughtUp(): void;
  /** Something has got its outcome. */
  settled(): void;
  parked(entry: Entry, reason: string): void;
  /** Their time had passed when they would have been sent. */
  expired(messages: number): void;
  /** Something was sent a while ago, and has no outcome, although a link stands. */
  waitsLong(): void;
  /** What keeps it from sending, although a link stands; undefined: nothing does any more. */
  failing(error: HoldfastError | undefined): void;
  /** A message is sent that the stream may have had for longer than it remembers ids. */
  stale(age: number, duplicateWindow: number): void;
}

/** Takes batches from the journal, in order, as long as a link stands, and sends them. */
export abstract class Sender {
  protected readonly host: SenderHost;
  protected readonly journal: Journal;
  /** A link stands, and what the connection had to send again is ahead of what is published now. */
  protected linked = false;
  /** Nothing more is begun. */
  protected ended = false;
  private current: Batch | undefined;
  /** Entries of {@link current} before this have been sent, or given up. */
  private index = 0;
  /** Entries that were dropped, and not told yet. */
  private dropped = 0;
  private signalled = false;
  private resume: (() => void) | undefined;
  private readonly running: Promise<void>;

  constructor(host: SenderHost) {
    this.host = host;
    this.journal = host.journal;
    // Begins when the constructor of the sender itself is through.
    this.running = Promise.resolve().then(() => this.run());
  }

  /** Whether something that was sent has no outcome yet. */
  abstract get busy(): boolean;
  /** What was published as messages of the connection and has no outcome, in order: the connection hands it back at its end. */
  get onTheWay(): readonly Portion[] {
    return [];
  }
  /** Whether more may be on the way now. */
  protected abstract get hasRoom(): boolean;
  /** Sends entries from `from` on, all or some; returns the number of the first that was not sent. */
  protected abstract send(batch: Batch, from: number): number;
  /** A link stands, again or for the first time. */
  protected abstract begin(): void;
  /** Ends what is on the way; settles when nothing of it comes back any more. */
  protected abstract abandon(): Promise<void>;

  linkUp(): void {
    this.linked = true;
    this.begin();
    this.wake();
  }

  linkDown(): void {
    this.linked = false;
    this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    this.signalled = true;
    this.resume?.();
  }

  /** Sends nothing more; what is on the way may still get its outcome. */
  pause(): void {
    this.ended = true;
    this.wake();
  }

  /** Sends nothing more, and lets go of what is on the way: what has no outcome then is for `Journal.again()`. */
  async stop(): Promise<void> {
    this.pause();
    await this.abandon();
    await this.running;
    this.current = undefined;
  }

  /** Whether its time has passed. Of what has waited in a batch, or behind others, nobody else looks at it. */
  protected isOver(batch: Batch, entry: Entry): boolean {
    const left = this.journal.timeLeft(batch, entry);
    return left !== undefined && left <= LEAST;
  }

  /** The time of an entry that was not sent has passed. */
  protected drop(batch: Batch, index: number): void {
    this.journal.expired(batch, index);
    if (this.dropped++ > 0) return;
    // Told at once of all that goes with it.
    queueMicrotask(() => {
      const { dropped } = this;
      this.dropped = 0;
      this.host.expired(dropped);
      this.host.settled();
      this.wake();
    });
  }

  private async run(): Promise<void> {
    while (!this.ended) {
      if (!this.linked || !this.hasRoom) {
        await this.woken();
        continue;
      }
      if (this.current === undefined) {
        const batch = await this.take();
        if (batch === undefined) await this.woken();
        else this.current = batch;
        this.index = 0;
        continue;
      }
      this.index = this.send(this.current, this.index);
      if (this.index < this.current.entries.length) continue;
      this.current = undefined;
      this.lookBehind();
    }
  }

  private async take(): Promise<Batch | undefined> {
    // Whatever is told from here on is looked at again.
    this.signalled = false;
    const batch = await this.journal.next();
    if (batch !== undefined || !this.host.fromMemory || !this.linked || this.ended) return batch;
    const unstored = this.journal.takeUnstored();
    if (unstored === undefined) this.lookBehind();
    return unstored;
  }

  /** In the turn in which the last one was published nobody can have overtaken it. */
  private lookBehind(): void {
    if (this.linked && this.host.fromMemory && this.journal.unsent === 0) this.host.caughtUp();
  }

  private woken(): Promise<void> {
    if (this.signalled) {
      this.signalled = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.resume = () => {
        this.resume = undefined;
        this.signalled = false;
        resolve();
      };
    });
  }
}
