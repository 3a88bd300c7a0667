import { codedError } from "../../checks/coded-error.js";
import { describeCause, isHoldfastError } from "../../errors.js";
import type { Connection } from "../../index.js";
import type { Batch, Entry } from "../journal/entry.js";
import { readPublisherOptions } from "../stream/options.js";
import type { StreamPublishError } from "../stream/pub-ack.js";
import { PubAckPublisher } from "../stream/stream-publisher.js";
import { messageIdIn } from "./message-id.js";
import { openMessagesOf } from "./open-messages.js";
import { Sender, type SenderHost } from "./sender.js";

/** What may wait in the publisher beside its window: enough that no round trip is idle. */
const AHEAD = 2;
const MOST_BYTES = 8 * 1024 * 1024;
/** ms between two looks at whether the publisher gets anywhere. */
const LOOK_EVERY = 500;
/** Encoded as well: nothing has to be encoded for each message then. */
const NO_HEADERS = Buffer.from("NATS/1.0\r\n\r\n");

/** Codes that say something of connection or publisher, and nothing of the message. */
const OVER: ReadonlySet<unknown> = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DRAINING",
  "INVALID_OPERATION",
  "BUFFER_FULL",
]);

/** A batch of which something was sent. */
interface Progress {
  readonly batch: Batch;
  /** 1: the entry is done. */
  readonly done: Uint8Array;
  /** All before this are done. */
  first: number;
}

/** Sends into a stream: an entry is done when the stream has acknowledged it. */
export class StreamSender extends Sender {
  private readonly nc: Connection;
  private readonly stream: string;
  private readonly publisher: PubAckPublisher;
  /** What the stream may have, by message id; stays when the connection goes. */
  private readonly openMessages: Map<string, number>;
  private readonly most: number;
  private progress: Progress | undefined;
  private messages = 0;
  private bytes = 0;
  /** Looks at the publisher so far. */
  private looks = 0;
  /** Of the messages, those that came after the last look. */
  private fresh = 0;
  /** ms; undefined: not known yet. */
  private duplicateWindow: number | undefined;
  private isAsking = false;
  /** ms for which the stream may have had a message, at the most, when it was sent. */
  private age = 0;
  private looking: NodeJS.Timeout | undefined;

  /** @param domain of JetStream; undefined: the account's own */
  constructor(host: SenderHost, nc: Connection, stream: string, window: number, domain?: string) {
    super(host);
    this.nc = nc;
    this.stream = stream;
    this.most = window * AHEAD;
    this.openMessages = openMessagesOf(host.journal);
    const settings = readPublisherOptions({
      stream,
      window,
      retries: Number.POSITIVE_INFINITY,
      ordered: true,
      maxPending: this.most + 1,
      maxPendingBytes: Number.MAX_SAFE_INTEGER,
      ...(domain === undefined ? {} : { domain }),
    });
    this.publisher = new PubAckPublisher(nc, settings, {
      sentAgain: (msgID, since) => this.aged(performance.now() - (this.openMessages.get(msgID) ?? since)),
      leftOpen: (msgID, since) => {
        if (!this.openMessages.has(msgID)) this.openMessages.set(msgID, since);
      },
    });
  }

  get busy(): boolean {
    return this.messages > 0;
  }

  protected get hasRoom(): boolean {
    return this.messages < this.most && this.bytes < MOST_BYTES;
  }

  protected begin(): void {
    void this.askForWindow();
    this.looking ??= setInterval(() => this.lookAtPublisher(), LOOK_EVERY).unref();
  }

  protected async abandon(): Promise<void> {
    clearInterval(this.looking);
    await this.publisher.stop({ timeout: 0 });
  }

  protected send(batch: Batch, from: number): number {
    const { entries, recovered } = batch;
    if (this.progress?.batch !== batch) {
      this.progress = { batch, done: new Uint8Array(entries.length), first: 0 };
    }
    const { progress } = this;
    let at = from;
    for (; at < entries.length && this.hasRoom; at++) {
      const entry = entries[at];
      if (this.isOver(batch, entry)) {
        this.drop(batch, at);
        this.openMessages.delete(idOf(entry));
        this.done(progress, at);
        continue;
      }
      // Whether the process that has stored it had sent it as well, nobody knows.
      if (recovered) this.aged(Date.now() - entry.at);
      this.publish(progress, at, entry);
    }
    return at;
  }

  private publish(progress: Progress, index: number, entry: Entry): void {
    const bytes = entry.payload.length + (entry.headers?.length ?? 0);
    const { looks } = this;
    this.messages++;
    this.fresh++;
    this.bytes += bytes;
    const over = () => {
      this.messages--;
      if (looks === this.looks) this.fresh--;
      this.bytes -= bytes;
    };
    const msgID = idOf(entry);
    const since = this.openMessages.get(msgID);
    if (since !== undefined) this.aged(performance.now() - since);
    const options = { msgID, encodedHeaders: entry.headers ?? NO_HEADERS };
    const { batch } = progress;
    const isOver = entry.expiresAt === Number.POSITIVE_INFINITY ? undefined : () => this.isOver(batch, entry);
    const isRecovered = batch.recovered;
    this.publisher.publishOwned({ isOver, isRecovered }, entry.subject, entry.payload, options).then(
      (ack) => {
        over();
        if (ack === undefined) this.drop(batch, index);
        this.openMessages.delete(msgID);
        this.done(progress, index);
        this.told();
      },
      (error: StreamPublishError) => {
        over();
        this.failed(progress, index, msgID, error);
      },
    );
  }

  private done(progress: Progress, index: number): void {
    const { batch, done } = progress;
    done[index] = 1;
    if (index === progress.first) {
      while (done[progress.first] === 1) progress.first++;
      this.journal.confirmed(batch, progress.first);
    }
  }

  private told(): void {
    this.host.settled();
    this.wake();
  }

  private failed(progress: Progress, index: number, msgID: string, error: StreamPublishError): void {
    const { code, retryable } = error;
    // Retried without end: what may pass ends only with the connection, or with this sender.
    if (retryable === true || OVER.has(code) || this.nc.isClosed()) {
      this.linked = false;
      return this.wake();
    }
    const entry = progress.batch.entries[index];
    this.journal.park(progress.batch, index, describeCause(error), error);
    this.host.parked(entry, describeCause(error));
    this.openMessages.delete(msgID);
    this.done(progress, index);
    this.told();
  }

  private lookAtPublisher(): void {
    if (this.messages > this.fresh) this.host.waitsLong();
    this.looks++;
    this.fresh = 0;
    if (this.age > 0 && this.duplicateWindow === undefined && this.linked) void this.askForWindow();
    const { failing, lastError } = this.publisher.facts();
    if (this.publisher.isSilent && lastError !== undefined) {
      // It may be changed while the link stands.
      if (this.linked) void this.askForWindow();
      const text = `the outbox cannot send into stream "${this.stream}": it acknowledges nothing (no_ack), so nobody would know what it has`;
      return this.host.failing(codedError("STREAM_REFUSED", text, { cause: lastError }));
    }
    if (failing === undefined) return this.host.failing(undefined);
    const text = `the outbox cannot send into stream "${this.stream}", and goes on trying: ${failing}`;
    const code = isHoldfastError(lastError) ? lastError.code : "STREAM_REFUSED";
    this.host.failing(codedError(code, text, { cause: lastError }));
  }

  /** Asks with each link: the stream may have been changed, or made anew. What it says of sizes the publisher hears. */
  private async askForWindow(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    // The publisher tells of a stream that is not there.
    const said = await this.publisher.info?.look(performance.now());
    this.isAsking = false;
    if (typeof said !== "object" || said.duplicateWindow === undefined) return;
    this.duplicateWindow = said.duplicateWindow;
    this.lookAtAge();
  }

  /** A message is sent that the stream may have had for so long, ms. */
  private aged(age: number): void {
    if (age <= this.age) return;
    this.age = age;
    this.lookAtAge();
  }

  private lookAtAge(): void {
    const { age, duplicateWindow } = this;
    if (duplicateWindow !== undefined && age > duplicateWindow) this.host.stale(age, duplicateWindow);
  }
}

function idOf({ headers, messageId }: Entry): string {
  return messageIdIn(headers) ?? messageId;
}
