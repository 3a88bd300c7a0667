import { codedError } from "../../checks/coded-error.js";
import { describeCause } from "../../errors.js";
import type { Connection, Msg } from "../../index.js";
import type { Batch, Entry } from "../journal/entry.js";
import type { StreamPublishError } from "../stream/pub-ack.js";
import { type StreamPublisher, streamPublisher } from "../stream/stream-publisher.js";
import { Sender, type SenderHost } from "./sender.js";

/** What may wait in the publisher beside its window: enough that no round trip is idle. */
const AHEAD = 2;
const MOST_BYTES = 8 * 1024 * 1024;
/** ms between two looks at whether the publisher gets anywhere. */
const LOOK_EVERY = 1_000;
const INFO_TIMEOUT = 5_000;
const NANOSECONDS = 1e6;
const MSG_ID = Buffer.from("\r\nNats-Msg-Id:");

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
  private readonly publisher: StreamPublisher;
  private readonly most: number;
  private progress: Progress | undefined;
  private messages = 0;
  private bytes = 0;
  /** ms; undefined: not known yet. */
  private duplicateWindow: number | undefined;
  /** When the oldest entry of an earlier process that was sent was taken, ms since the epoch. */
  private oldest = Number.POSITIVE_INFINITY;
  private looking: NodeJS.Timeout | undefined;

  constructor(host: SenderHost, nc: Connection, stream: string, window: number) {
    super(host);
    this.nc = nc;
    this.stream = stream;
    this.most = window * AHEAD;
    this.publisher = streamPublisher(withoutComponents(nc), {
      stream,
      window,
      retries: Number.POSITIVE_INFINITY,
      ordered: true,
      maxPending: this.most + 1,
      maxPendingBytes: Number.MAX_SAFE_INTEGER,
    });
  }

  get busy(): boolean {
    return this.messages > 0;
  }

  /** PubAcks come as answers to requests: the connection keeps nothing of that at its end. */
  get open(): readonly Entry[] {
    return [];
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
      if (recovered && entry.at < this.oldest) this.oldest = entry.at;
      this.publish(progress, at, entry);
    }
    if (recovered) this.lookAtAge();
    return at;
  }

  private publish(progress: Progress, index: number, entry: Entry): void {
    const bytes = entry.payload.length + (entry.headers?.length ?? 0);
    this.messages++;
    this.bytes += bytes;
    const over = () => {
      this.messages--;
      this.bytes -= bytes;
    };
    this.publisher.publish(entry.subject, entry.payload, optionsOf(entry)).then(
      () => {
        over();
        this.done(progress, index);
      },
      (error: StreamPublishError) => {
        over();
        this.failed(progress, index, error);
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
    this.host.settled();
    this.wake();
  }

  private failed(progress: Progress, index: number, error: StreamPublishError): void {
    const { code, retryable } = error;
    // Retried without end: what may pass ends only with the connection, or with this sender.
    if (retryable === true || OVER.has(code) || this.nc.isClosed()) {
      this.linked = false;
      return this.wake();
    }
    const entry = progress.batch.entries[index];
    this.journal.park(progress.batch, index, describeCause(error));
    this.host.parked(entry, describeCause(error));
    this.done(progress, index);
  }

  private lookAtPublisher(): void {
    const { failing } = this.publisher.facts();
    if (failing === undefined) return this.host.failing(undefined);
    const text = `the outbox cannot send into stream "${this.stream}", and goes on trying: ${failing}`;
    this.host.failing(codedError("SERVER_ERROR", text));
  }

  private async askForWindow(): Promise<void> {
    if (this.duplicateWindow !== undefined) return;
    try {
      const answer = await this.nc.request(`$JS.API.STREAM.INFO.${this.stream}`, "", {
        timeout: INFO_TIMEOUT,
      });
      this.duplicateWindow = duplicateWindowIn(answer);
      this.lookAtAge();
    } catch {
      // Asked again with the next link; the publisher tells of a stream that is not there.
    }
  }

  private lookAtAge(): void {
    const age = Date.now() - this.oldest;
    if (this.duplicateWindow === undefined || age <= this.duplicateWindow) return;
    this.host.stale(age, this.duplicateWindow);
  }
}

function optionsOf({ headers, messageId }: Entry): { msgID?: string; encodedHeaders?: Uint8Array } {
  if (headers === undefined) return { msgID: messageId };
  const hasId = Buffer.from(headers.buffer, headers.byteOffset, headers.length).includes(MSG_ID);
  return hasId ? { encodedHeaders: headers } : { encodedHeaders: headers, msgID: messageId };
}

function duplicateWindowIn(answer: Msg): number | undefined {
  const { config } = Object(JSON.parse(answer.string())) as { config?: { duplicate_window?: unknown } };
  const nanoseconds = config?.duplicate_window;
  return typeof nanoseconds === "number" && nanoseconds >= 0 ? nanoseconds / NANOSECONDS : undefined;
}

/** The connection, but the publisher is no component of it: it ends when the outbox has sent what it can, and not at the beginning of a drain. */
function withoutComponents(nc: Connection): Connection {
  return new Proxy(nc, {
    get: (target, name) => {
      if (name === "addComponent") return () => () => {};
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
