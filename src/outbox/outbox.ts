import { codedError } from "../checks/coded-error.js";
import { numberOf, readOptions } from "../checks/read-options.js";
import type {
  Component,
  Connection,
  DurableOverflow,
  HoldfastError,
  OutboxFacts,
  OverflowDecision,
  OverflowMessage,
} from "../index.js";
import type { Entry } from "./journal/entry.js";
import type { Journal } from "./journal/journal.js";
import type { ExpiredEntries, JournalEvents, LostEntries } from "./journal/options.js";
import { KeptMessages } from "./kept-messages.js";
import type { OutboxMode, OutboxSettings } from "./options.js";
import { type OutboxEvents, type OutboxListener, OutboxListeners } from "./outbox-events.js";
import { type OutboxStats, outboxStats } from "./outbox-stats.js";
import { CoreSender } from "./send/core-sender.js";
import { LinkWatch } from "./send/link-watch.js";
import type { Sender, SenderHost } from "./send/sender.js";
import { StreamSender } from "./send/stream-sender.js";

/** ms that `close()` waits for confirmations of what is on its way. */
const LAST_CONFIRMATIONS = 5_000;
const LONGEST_WAIT = 2 ** 31 - 1;
const TIMEOUT_CHECK = { timeout: numberOf("milliseconds", 0, LONGEST_WAIT) };

/** An outbox on disk, as `openOutbox()` opens it: for option `outbox` of one connection at a time. */
export interface Outbox extends DurableOverflow, Component, AsyncDisposable {
  readonly name: string;
  readonly mode: OutboxMode;
  /** Folder, or what an own store calls itself. */
  readonly path: string;
  /** The outbox's own id, which all its message ids begin with; stays for as long as its folder. */
  readonly id: string;
  readonly engaged: boolean;
  keep(message: OverflowMessage, maybeDelivered: boolean): boolean;
  stats(): OutboxStats;
  facts(): OutboxFacts;
  /**
   * Sends what it can while there is a link, until nothing is held; without one, settles when all is on disk. Part of `nc.drain()`. What is not sent stays on disk.
   *
   * @param options.timeout ms after which it settles in any case; default: none, the connection's end settles it
   */
  stop(options?: { timeout?: number }): Promise<void>;
  /**
   * Resolves when nothing is held any more, but for what is parked; at once when nothing is.
   *
   * @param options.timeout ms until it rejects with `TIMEOUT`; default: none. Rejects with `INVALID_OPERATION` when the outbox is closed before.
   */
  empty(options?: { timeout?: number }): Promise<void>;
  /**
   * Writes what is not on disk yet, closes the store and lets others have the folder. Close the connection before. Waits for confirmations of what is on its way, 5 s at the
   * most. Rejects with `OUTBOX_FAILED`; a second call gets the same promise.
   */
  close(): Promise<void>;
  /** Adds a listener. @throws an error with code `INVALID_ARGUMENT` */
  on<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
  /** Adds a listener that is called once. @throws an error with code `INVALID_ARGUMENT` */
  once<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
  /** Removes a listener. */
  off<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
}

/** A connection with what works on it. */
interface Attachment {
  readonly nc: Connection;
  readonly sender: Sender;
  readonly watch: LinkWatch;
  readonly removeComponent: () => void;
  /** Runs from the beginning of an outage until it is long. */
  patience: NodeJS.Timeout | undefined;
}

/** Joins the journal, the connection, and what sends. */
export class DiskOutbox implements Outbox, SenderHost {
  readonly name = "outbox";
  readonly mode: OutboxMode;
  /** Read in every publish: kept up to date rather than computed. */
  engaged: boolean;
  readonly journal: Journal;
  private readonly settings: OutboxSettings;
  private readonly listeners: OutboxListeners;
  private readonly kept = new KeptMessages();
  private readonly waiting = new Set<() => void>();
  private attachment: Attachment | undefined;
  private leaving: Promise<void> | undefined;
  /** Those who wait in `stop()`: without a link nothing more is sent. */
  private readonly stuck = new Set<() => void>();
  /** Somebody waits until nothing is on its way. */
  private whenQuiet: (() => void) | undefined;
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
    this.mode = settings.mode;
    this.held = journal.messages > 0;
    this.engaged = this.mode === "always" || this.held;
    this.listeners = new OutboxListeners((error) => this.report(error));
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
    const { stream, window } = this.settings;
    const sender =
      stream === undefined ? new CoreSender(this, nc) : new StreamSender(this, nc, stream, window);
    const watch = new LinkWatch(nc, { linkUp: () => this.linkUp(), linkDown: () => this.linkDown() });
    this.attachment = { nc, sender, watch, removeComponent: nc.addComponent(this), patience: undefined };
    this.engaged = this.mode === "always" || this.journal.messages > 0;
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
    const { sender, watch } = attachment;
    clearTimeout(attachment.patience);
    watch.end();
    for (const resolve of this.stuck) resolve();
    await sender.stop();
    const wasAllSent = this.journal.unsent === 0;
    // Before what is kept: that is put in front of what is not handed out.
    this.journal.again();
    const refused = this.kept.giveTo(this.journal, sender.open, wasAllSent);
    if (refused > 0) {
      const text = `${this.what} has no room for ${refused} messages that the connection has not sent`;
      this.tell(codedError("OUTBOX_FULL", text, { path: this.path }));
    }
    await this.journal.flushed();
    attachment.removeComponent();
    this.sendingFails = undefined;
    this.attachment = undefined;
    // What somebody else's connection publishes until then has nothing to do with what is held.
    this.engaged = this.mode === "always" || this.journal.messages > 0;
  }

  offer(message: OverflowMessage): OverflowDecision {
    // Written to disk and sent from there it could be sent twice.
    if (message.replay === false || this.closing !== undefined) return "pass";
    if (!this.journal.take(message)) return "reject";
    this.holds();
    return "taken";
  }

  keep(message: OverflowMessage, maybeDelivered: boolean): boolean {
    const { journal, kept, closing } = this;
    if (message.replay === false || closing !== undefined) return false;
    if (journal.bytes + kept.bytes + message.bytes > this.settings.maxBytes) return false;
    kept.add(message, maybeDelivered);
    return true;
  }

  store(message: OverflowMessage): Promise<void> {
    const stored = this.journal.store(message);
    this.holds();
    // One that was refused may have been all that was held.
    stored.then(
      () => this.settled(),
      () => this.attachment?.sender.wake(),
    );
    return stored;
  }

  private holds(): void {
    this.held = true;
    if (this.engaged && this.mode === "always") return;
    this.engaged = true;
    this.attachment?.sender.wake();
  }

  private linkUp(): void {
    const { attachment } = this;
    if (attachment === undefined) return;
    clearTimeout(attachment.patience);
    attachment.sender.linkUp();
  }

  private linkDown(): void {
    const { attachment } = this;
    if (attachment === undefined) return;
    attachment.sender.linkDown();
    this.whenQuiet?.();
    for (const resolve of this.stuck) resolve();
    clearTimeout(attachment.patience);
    const { threshold } = this.settings;
    this.look();
    if (this.engaged || threshold > LONGEST_WAIT) return;
    attachment.patience = setTimeout(() => {
      this.engaged = true;
    }, threshold);
    // Whoever wants the process to live is the connection.
    attachment.patience.unref();
  }

  caughtUp(): void {
    if (this.mode === "overflow") this.engaged = false;
  }

  settled(): void {
    this.look();
    if (this.attachment?.sender.busy !== true) this.whenQuiet?.();
  }

  parked(entry: Entry, reason: string): void {
    const { subject, messageId } = entry;
    this.listeners.emit("parked", { subject, messageId, reason });
  }

  expired(messages: number): void {
    this.listeners.emit("expired", { messages });
  }

  failing(error: HoldfastError | undefined): void {
    if (error !== undefined && this.sendingFails === undefined) this.tell(error);
    this.sendingFails = error;
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
    failed: (error) => queueMicrotask(() => this.storeFailed(error)),
    stored: () => {
      this.storeFails = false;
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

  private storeFailed(error: HoldfastError): void {
    if (this.storeFails) return;
    this.storeFails = true;
    this.tell(error);
  }

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
      for (const resolve of this.waiting) resolve();
      this.waiting.clear();
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
    if (!(await this.emptied(timeout))) {
      throw codedError("TIMEOUT", `${this.what} is not empty after ${timeout} ms`);
    }
    if (!this.isEmpty && this.closing !== undefined) {
      throw codedError("INVALID_OPERATION", `${this.what} was closed before it was empty`);
    }
  }

  /** False: not within `timeout` ms. */
  private emptied(timeout: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const giveUp = () => {
        this.waiting.delete(done);
        resolve(false);
      };
      const timer = timeout === undefined ? undefined : setTimeout(giveUp, timeout);
      this.waiting.add(done);
    });
  }

  async stop(options?: { timeout?: number }): Promise<void> {
    const { timeout } = readOptions<{ timeout?: number }>(options, TIMEOUT_CHECK);
    if (!this.isEmpty && this.attachment?.watch.isUp === true) await this.emptiedOrStuck(timeout);
    await this.journal.flushed();
  }

  private emptiedOrStuck(timeout: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        this.stuck.delete(done);
        resolve();
      };
      const timer = timeout === undefined ? undefined : setTimeout(done, timeout);
      this.waiting.add(done);
      this.stuck.add(done);
    });
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    this.engaged = false;
    const { attachment } = this;
    if (attachment !== undefined) {
      attachment.sender.pause();
      await this.lastConfirmations(attachment);
      await this.detach();
      this.engaged = false;
    }
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
    await this.journal.close();
  }

  private lastConfirmations({ sender, watch }: Attachment): Promise<void> {
    if (!sender.busy || !watch.isUp) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LAST_CONFIRMATIONS);
      this.whenQuiet = () => {
        clearTimeout(timer);
        this.whenQuiet = undefined;
        resolve();
      };
    });
  }

  on<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this {
    this.listeners.add(event, listener, false);
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
    const { pending, memoryBytes, ...stats } = this.stats();
    void memoryBytes;
    const { journal, attachment, sendingFails, lastError } = this;
    const holds = journal.messages + pending > 0;
    const failing = journal.failing
      ? "its store fails"
      : sendingFails === undefined
        ? undefined
        : sendingFails.message;
    return {
      kind: "outbox",
      name: this.name,
      mode: this.mode,
      state:
        this.closing !== undefined
          ? "closed"
          : !holds
            ? "idle"
            : attachment?.watch.isUp === true
              ? "sending"
              : "waiting",
      ...stats,
      maxBytes: this.settings.maxBytes,
      ...(failing === undefined ? {} : { failing }),
      ...(lastError === undefined ? {} : { lastError }),
    };
  }

  private get what(): string {
    return `the outbox ${this.path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
