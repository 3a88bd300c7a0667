import { codedError } from "../checks/coded-error.js";
import { Listeners } from "../checks/listeners.js";
import { numberOf, readOptions } from "../checks/read-options.js";
import type { Connection, HoldfastError, OutboxFacts, OverflowDecision, OverflowMessage } from "../index.js";
import type { Entry } from "./journal/entry.js";
import type { Journal } from "./journal/journal.js";
import type { ExpiredEntries, JournalEvents, LostEntries } from "./journal/options.js";
import { KeptMessages } from "./kept-messages.js";
import type { OutboxMode, OutboxSettings } from "./options.js";
import type { Outbox } from "./outbox.js";
import { OUTBOX_EVENTS, type OutboxEvents, type OutboxListener } from "./outbox-events.js";
import { outboxFacts } from "./outbox-facts.js";
import { type OutboxStats, outboxStats } from "./outbox-stats.js";
import { Room } from "./room.js";
import { CoreSender } from "./send/core-sender.js";
import { LinkWatch } from "./send/link-watch.js";
import { LONGEST_WAIT, LongOutage } from "./send/long-outage.js";
import type { Sender, SenderHost } from "./send/sender.js";
import { StreamSender } from "./send/stream-sender.js";
import { Waits } from "./waits.js";

/** ms that `close()` waits for confirmations of what is on its way. */
const LAST_CONFIRMATIONS = 5_000;
const TIMEOUT_CHECK = { timeout: numberOf("milliseconds", 0, LONGEST_WAIT) };

/** A connection with what works on it. */
interface Attachment {
  readonly nc: Connection;
  readonly sender: Sender;
  readonly watch: LinkWatch;
  readonly kept: KeptMessages;
  readonly removeComponent: () => void;
  readonly outage: LongOutage;
}

/** Joins the journal, the connection, and what sends. */
export class DiskOutbox implements Outbox, SenderHost {
  readonly name = "outbox";
  readonly mode: OutboxMode;
  /** Read in every publish: kept up to date rather than computed. */
  engaged: boolean;
  readonly journal: Journal;
  private readonly settings: OutboxSettings;
  /** Everything goes by the outbox at all times. */
  private readonly takesAll: boolean;
  private readonly listeners: Listeners<OutboxEvents>;
  private readonly waits = new Waits();
  private readonly room: Room;
  private attachment: Attachment | undefined;
  private leaving: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  /** Something was held when it was looked at last. */
  private held: boolean;
  private looking = false;
  /** The store fails, and that has been told. */
  private storeFails = false;
  private sendingFails: HoldfastError | undefined;
  private lastError: HoldfastError | undefined;
  private staleTold = false;

  constructor(journal: Journal, settings: OutboxSettings) {
    this.journal = journal;
    this.settings = settings;
    this.room = new Room(journal, settings.maxBytes);
    this.mode = settings.mode;
    this.held = journal.messages > 0;
    // What went past it would come to the stream's subjects before what is in the stream's window, and without a message id.
    this.takesAll = this.mode === "always" || settings.stream !== undefined;
    this.engaged = this.takesAll || this.held;
    this.listeners = new Listeners<OutboxEvents>(OUTBOX_EVENTS, (error) => this.report(error), "the outbox");
  }

  get path(): string {
    return this.journal.path;
  }

  get id(): string {
    return this.journal.id;
  }

  get fromMemory(): boolean {
    return this.mode === "overflow";
  }

  attach(nc: Connection): void {
    if (this.closing !== undefined) throw codedError("INVALID_OPERATION", `${this.what} is closed`);
    if (this.attachment !== undefined) {
      throw codedError("INVALID_OPERATION", `${this.what} has another connection: open one for each`);
    }
    this.staleTold = false;
    const { stream, window, domain } = this.settings;
    const sender =
      stream === undefined ? new CoreSender(this, nc) : new StreamSender(this, nc, stream, window, domain);
    const watch = new LinkWatch(nc, { linkUp: () => this.linkUp(), linkDown: () => this.linkDown() });
    const kept = new KeptMessages(sender);
    const removeComponent = nc.addComponent(this);
    const outage = new LongOutage(this.settings.threshold, () => {
      this.engaged = true;
    });
    this.attachment = { nc, sender, watch, kept, removeComponent, outage };
    this.engaged = this.takesAll || this.journal.messages > 0;
    if (watch.isUp) this.linkUp();
    else this.linkDown();
  }

  detach(): Promise<void> {
    const { attachment } = this;
    if (attachment === undefined) return this.journal.flushed();
    this.leaving ??= this.leave(attachment).finally(() => {
      this.leaving = undefined;
    });
    return this.leaving;
  }

  private async leave(attachment: Attachment): Promise<void> {
    const { sender, watch, kept } = attachment;
    attachment.outage.end();
    watch.end();
    this.waits.stuck();
    this.room.end();
    await sender.stop();
    // First what is handed out: what is kept is put between, and in front of what is not.
    this.journal.again();
    const refused = kept.giveTo(this.journal);
    if (refused > 0) {
      const text = `${this.what} has no room for ${refused} messages that the connection has not sent`;
      this.tell(codedError("OUTBOX_FULL", text, { path: this.path }));
    }
    // Closing it flushes, in a time of its own.
    if (this.closing === undefined) {
      await this.journal.flushed();
      this.journal.endWaits();
    }
    attachment.removeComponent();
    this.sendingFails = undefined;
    this.attachment = undefined;
    // What somebody else's connection publishes until then has nothing to do with what is held.
    this.engaged = this.takesAll || this.journal.messages > 0;
  }

  offer(message: OverflowMessage): OverflowDecision {
    // Written to disk and sent from there it could be sent twice.
    if (message.replay === false || message.critical === true || this.closing !== undefined) return "pass";
    if (!this.journal.take(message)) {
      this.room.refused(message);
      return "reject";
    }
    this.room.taken();
    this.holds();
    return "taken";
  }

  refusal(): HoldfastError {
    return this.room.error();
  }

  confirmLast(): Promise<void> {
    // From memory it may be sent before it would be written.
    return this.journal.confirmLast(!this.fromMemory);
  }

  writable(): Promise<void> {
    const isOver = this.attachment === undefined || this.leaving !== undefined;
    return isOver ? Promise.resolve() : this.room.writable();
  }

  keep(message: OverflowMessage, maybeDelivered: boolean): boolean {
    const { journal, attachment, closing } = this;
    if (message.replay === false || closing !== undefined || attachment === undefined) return false;
    return attachment.kept.add(message, maybeDelivered, this.settings.maxBytes - journal.bytes);
  }

  store(message: OverflowMessage): Promise<void> {
    const stored = this.journal.store(message);
    this.holds();
    // One that was refused may have been all that was held.
    stored.then(
      () => {
        this.room.taken();
        this.settled();
      },
      (error: HoldfastError) => {
        if (error.code === "OUTBOX_FULL") this.room.refused(message);
        this.attachment?.sender.wake();
      },
    );
    return stored;
  }

  private holds(): void {
    this.held = true;
    // From the disk alone: the commit tells of it.
    if (!this.fromMemory) return;
    this.engaged = true;
    this.attachment?.sender.wake();
  }

  private linkUp(): void {
    const { attachment } = this;
    if (attachment === undefined) return;
    attachment.outage.end();
    attachment.sender.linkUp();
  }

  private linkDown(): void {
    const { attachment } = this;
    if (attachment === undefined) return;
    attachment.sender.linkDown();
    this.waits.quieted();
    this.waits.stuck();
    this.secure();
    this.look();
    if (!this.engaged) attachment.outage.begin();
  }

  caughtUp(): void {
    if (!this.takesAll) this.engaged = false;
  }

  settled(): void {
    this.look();
    if (this.attachment?.sender.busy !== true) this.waits.quieted();
  }

  parked(entry: Entry, reason: string): void {
    const { subject, messageId } = entry;
    this.listeners.emit("parked", { subject, messageId, reason });
  }

  expired(messages: number): void {
    this.listeners.emit("expired", { messages });
  }

  waitsLong(): void {
    this.secure();
  }

  failing(error: HoldfastError | undefined): void {
    if (error !== undefined && this.sendingFails === undefined) {
      this.tell(error);
      this.secure();
    }
    this.sendingFails = error;
  }

  /** What a stream was given from memory is not confirmed as soon as it should be: it goes to disk, too. */
  private secure(): void {
    if (this.takesAll && this.fromMemory) this.journal.secure();
  }

  stale(age: number, duplicateWindow: number): void {
    const { stream } = this.settings;
    if (this.staleTold || stream === undefined) return;
    this.staleTold = true;
    this.listeners.emit("stale", { stream, age, duplicateWindow });
  }

  /** What the journal tells comes from the middle of its work: it is passed on afterwards. */
  readonly journalEvents: Partial<JournalEvents> = {
    work: () => this.attachment?.sender.wake(),
    failed: (error) =>
      queueMicrotask(() => {
        if (!this.storeFails) this.tell(error);
        this.storeFails = true;
      }),
    stored: () => {
      this.storeFails = false;
      this.room.look();
    },
    expired: ({ messages }: ExpiredEntries) =>
      queueMicrotask(() => {
        this.expired(messages);
        this.look();
        this.attachment?.sender.wake();
      }),
    lost: ({ messages = 0, error }: LostEntries) =>
      queueMicrotask(() => {
        this.lastError = error;
        this.listeners.emit("lost", { messages, error });
        this.report(error);
        this.look();
        this.attachment?.sender.wake();
      }),
  };

  private tell(error: HoldfastError): void {
    this.lastError = error;
    this.listeners.emit("error", error);
    this.report(error);
  }

  private report(error: Error): void {
    this.attachment?.nc.report(error);
  }

  /** Looks whether nothing is held any more, once for all that happens in a turn. */
  private look(): void {
    if (this.looking) return;
    this.looking = true;
    queueMicrotask(() => {
      this.looking = false;
      if (!this.isEmpty) {
        this.held = true;
        return;
      }
      this.waits.emptied();
      if (!this.held) return;
      this.held = false;
      this.listeners.emit("empty", {});
    });
  }

  private get isEmpty(): boolean {
    return this.journal.messages === 0 && this.journal.pending === 0;
  }

  async empty(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readOptions<{ timeout?: number }>(options, TIMEOUT_CHECK);
    if (this.isEmpty) return;
    if (!(await this.waits.empty(timeout))) {
      throw codedError("TIMEOUT", `${this.what} is not empty after ${timeout} ms`);
    }
    if (!this.isEmpty && this.closing !== undefined) {
      throw codedError("INVALID_OPERATION", `${this.what} was closed before it was empty`);
    }
  }

  async stop(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readOptions<{ timeout?: number }>(options, TIMEOUT_CHECK);
    if (!this.isEmpty && this.attachment?.watch.isUp === true) await this.waits.empty(timeout, true);
    await this.journal.flushed();
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.engaged = false;
    const { attachment } = this;
    if (attachment !== undefined) {
      const { sender, watch } = attachment;
      sender.pause();
      if (sender.busy && watch.isUp) await this.waits.untilQuiet(LAST_CONFIRMATIONS);
      await this.detach();
      this.engaged = false;
    }
    this.waits.emptied();
    await this.journal.close().finally(() => this.journal.endWaits());
  }

  on<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this {
    this.listeners.add(event, listener);
    return this;
  }

  once<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this {
    this.listeners.add(event, listener, true);
    return this;
  }

  off<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this {
    this.listeners.remove(event, listener);
    return this;
  }

  stats(): OutboxStats {
    return outboxStats(this.journal);
  }

  facts(): OutboxFacts {
    const { name, mode, sendingFails, lastError } = this;
    return outboxFacts(this.stats(), {
      name,
      mode,
      maxBytes: this.settings.maxBytes,
      isClosed: this.closing !== undefined,
      hasLink: this.attachment?.watch.isUp === true,
      storeFailure: this.journal.failure,
      sendingFails,
      lastError,
    });
  }

  private get what(): string {
    return `the outbox ${this.path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
