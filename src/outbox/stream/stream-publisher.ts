import { codedError } from "../../checks/coded-error.js";
import { invalidArgument } from "../../checks/invalid.js";
import { stackless } from "../../errors.js";
import { type Connection, DurationHistogram, type HoldfastError, type PublisherFacts } from "../../index.js";
import { OutgoingBatch } from "./batch.js";
import { type Failure, publishError } from "./failure.js";
import type { Flow, FlowHost, Outcome } from "./flow.js";
import {
  type BatchMessage,
  type BatchOptions,
  checkMessage,
  type PublisherSettings,
  readBatchOptions,
  readPublisherOptions,
  readPublishOptions,
  readTimeout,
  type StreamPublisherOptions,
  type StreamPublishOptions,
} from "./options.js";
import { OrderWatch } from "./order-watch.js";
import { OrderedFlow } from "./ordered-flow.js";
import { isWithin, OutcomeWaits } from "./outcome-waits.js";
import { Outgoing } from "./outgoing.js";
import { PlainFlow } from "./plain-flow.js";
import type { BatchAck, PubAck } from "./pub-ack.js";
import type { StreamPublisher, StreamPublisherStats } from "./publisher.js";
import type { PublisherOwner } from "./publisher-owner.js";
import type { StreamInfo } from "./stream-info.js";
import { Tries } from "./tries.js";

export type { StreamPublisher, StreamPublisherStats } from "./publisher.js";

/** Upper bounds of the buckets of `durations`, ms. */
const BOUNDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];
/** Failures in a row of one message, from which on the publisher counts as failing. */
const FAILING = 3;
const DEFAULT_FLUSH = 10_000;

/**
 * Publishes into a stream, at least once and without duplicates within the stream's duplicate window: a PubAck for each message, a bounded window on the
 * way, the same `Nats-Msg-Id` on every try, in order for a single writer. It is a component of the connection: health and metrics show it, `nc.drain()`
 * stops it.
 *
 * @throws an error with code `INVALID_ARGUMENT` (no connection), `INVALID_OPTION`
 */
export function streamPublisher(nc: Connection, options?: StreamPublisherOptions): StreamPublisher {
  if (typeof nc?.addComponent !== "function" || typeof nc.request !== "function") {
    throw invalidArgument("streamPublisher(): nc is no connection of holdfast");
  }
  return new PubAckPublisher(nc, readPublisherOptions(options));
}

/** The publisher; with an owner it is no component of the connection: it begins and ends with its owner. */
export class PubAckPublisher implements StreamPublisher, FlowHost {
  readonly stream: string | undefined;
  private readonly nc: Connection;
  private readonly owner: PublisherOwner | undefined;
  private readonly settings: PublisherSettings;
  private readonly flow: Flow;
  private readonly tries: Tries;
  private readonly durations = new DurationHistogram(BOUNDS);
  private readonly remove: () => void;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly pump = () => {
    this.tries.linked();
    this.flow.pump();
  };
  private readonly waits = new OutcomeWaits();
  private readonly counts = { published: 0, acked: 0, duplicates: 0, retried: 0, failed: 0, outOfOrder: 0 };
  private bytes = 0;
  private stopping: Promise<void> | undefined;
  private isOver = false;
  private isClosed = false;
  private failing: string | undefined;
  private lastError: HoldfastError | undefined;
  /** Undefined: nobody was promised an order. */
  private readonly order: OrderWatch | undefined;

  constructor(nc: Connection, settings: PublisherSettings, owner?: PublisherOwner) {
    this.nc = nc;
    this.settings = settings;
    this.owner = owner;
    const { stream, window, ordered } = settings;
    this.stream = stream;
    if (ordered) this.order = new OrderWatch();
    this.flow = ordered ? new OrderedFlow(window, this) : new PlainFlow(window, this);
    this.tries = new Tries(nc, settings, owner, {
      newest: () => this.counts.published,
      goOn: () => this.flow.pump(),
    });
    this.remove = owner === undefined ? nc.addComponent(this) : ignore;
    nc.on("connect", this.pump);
    nc.on("reconnect", this.pump);
    nc.on("move", this.pump);
    void nc.closed().then(() => this.closed());
  }

  /** Asks the stream; undefined: none was named. */
  get info(): StreamInfo | undefined {
    return this.tries.info;
  }

  /** See {@link Tries.isSilent}. */
  get isSilent(): boolean {
    return this.tries.isSilent;
  }

  private get pending(): number {
    const { published, acked, failed } = this.counts;
    return published - acked - failed;
  }

  publish(subject: string, payload?: Uint8Array | string, options?: StreamPublishOptions): Promise<PubAck> {
    return this.publishOwned(OF_NOBODY, subject, payload, options) as Promise<PubAck>;
  }

  /**
   * As `publish()`, with `ordered`: resolves with undefined when it is over before the message was sent, or while it is known that the stream does not have it.
   *
   * @param isOver undefined: it never is
   * @param isRecovered an earlier process had accepted it
   */
  publishOwned(
    { isOver, isRecovered }: { readonly isOver: (() => boolean) | undefined; readonly isRecovered: boolean },
    subject: string,
    payload?: Uint8Array | string,
    options?: StreamPublishOptions,
  ): Promise<PubAck | undefined> {
    return this.take<PubAck | undefined>((resolve, reject) => {
      const read = options === undefined ? NO_OPTIONS : readPublishOptions(options);
      checkMessage(subject, payload);
      const out = new Outgoing({ subject, payload, options: read }, this.settings, resolve, reject);
      out.isRecovered = isRecovered;
      if (isOver !== undefined) out.expiry = { isOver, dropped: () => resolve(undefined) };
      return out;
    });
  }

  publishBatch(messages: readonly BatchMessage[], options?: BatchOptions): Promise<BatchAck> {
    return this.take<BatchAck>((resolve, reject) => {
      const settings = { ...this.settings, ...readBatchOptions(options) };
      return new OutgoingBatch(messages, settings, resolve, reject);
    });
  }

  private take<A>(make: (resolve: (ack: A) => void, reject: (error: Error) => void) => Outgoing): Promise<A> {
    const promise = new Promise<A>((resolve, reject) => {
      const out = make(resolve, reject);
      this.accept(out);
      this.flow.add(out);
    });
    // A stream that refuses must not end the process because nobody has awaited that.
    promise.catch(ignore);
    return promise;
  }

  /** @throws an error with code `CONNECTION_CLOSED`, `INVALID_OPERATION`, `BUFFER_FULL` */
  private accept(out: Outgoing): void {
    const { subject } = out;
    if (this.isClosed || this.nc.isClosed())
      throw codedError("CONNECTION_CLOSED", "the connection is closed", { subject });
    if (this.stopping !== undefined)
      throw codedError("INVALID_OPERATION", "the stream publisher was stopped", { subject });
    const { maxPending, maxPendingBytes } = this.settings;
    const isFull =
      this.pending >= maxPending || (this.pending > 0 && this.bytes + out.bytes > maxPendingBytes);
    if (isFull) {
      const text = `${this.pending} messages wait for their PubAck (maxPending, maxPendingBytes): await writable()`;
      throw stackless(codedError, "BUFFER_FULL", text, { subject });
    }
    out.number = ++this.counts.published;
    this.bytes += out.bytes;
    this.tries.taken(out);
  }

  async writable(): Promise<void> {
    const { maxPending, maxPendingBytes } = this.settings;
    await this.waits.until(
      () => this.isEnding || (this.pending * 2 < maxPending + 1 && this.bytes * 2 <= maxPendingBytes),
    );
  }

  async flush(options?: { timeout?: number }): Promise<void> {
    const timeout = readTimeout(options) ?? DEFAULT_FLUSH;
    const left = await this.waits.flush(this.counts.published, this.pending, timeout);
    if (left > 0) throw codedError("TIMEOUT", `${left} messages have no outcome after ${timeout} ms`);
  }

  async stop(options?: { timeout?: number }): Promise<void> {
    const timeout = readTimeout(options);
    this.stopping ??= this.waits.until(() => this.pending === 0).then(() => this.end());
    this.waits.recheck();
    if (timeout === undefined) return this.stopping;
    if (await isWithin(timeout, this.stopping)) return;
    this.giveUpAll(() => codedError("TIMEOUT", `stopped without a PubAck within ${timeout} ms`));
    await this.stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  facts(): PublisherFacts {
    const { acked, duplicates, retried, failed } = this.counts;
    const { inFlight } = this.flow;
    const { lastError, failing } = this;
    return {
      kind: "publisher",
      name: this.settings.name,
      stream: this.stream,
      state: this.state,
      inFlight,
      waiting: Math.max(0, this.pending - inFlight),
      acked,
      duplicates,
      retried,
      failed,
      durations: this.durations,
      ...(failing === undefined ? {} : { failing }),
      ...(lastError === undefined ? {} : { lastError }),
    };
  }

  stats(): StreamPublisherStats {
    return { ...this.counts, pending: this.pending, inFlight: this.flow.inFlight, pendingBytes: this.bytes };
  }

  private get state(): PublisherFacts["state"] {
    if (this.isOver) return "stopped";
    if (this.stopping !== undefined) return "stopping";
    return this.flow.isRecovering || (this.pending > 0 && !this.isUp) ? "recovering" : "running";
  }

  // What the flow needs.

  get isUp(): boolean {
    return this.nc.getServer() !== "";
  }

  send(out: Outgoing, expected: number | undefined, came: (outcome: Outcome) => void): void {
    this.tries.send(out, expected, came);
  }

  refusal(out: Outgoing): Failure | "asking" | undefined {
    return this.tries.refusal(out);
  }

  stored(out: Outgoing, ack: PubAck): void {
    const { counts } = this;
    out.isSettled = true;
    counts.acked++;
    if (ack.duplicate) counts.duplicates++;
    this.durations.add(performance.now() - out.sentAt);
    this.failing = undefined;
    this.tries.stored();
    this.checkOrder(out, ack);
    out.resolve(ack);
    this.left(out);
  }

  gaveUp(out: Outgoing, failure: Failure): void {
    const error = publishError(out, failure);
    if (out.doubtSince !== undefined) this.owner?.leftOpen(out.msgID, out.doubtSince);
    out.isSettled = true;
    this.counts.failed++;
    this.lastError = error;
    out.reject(error);
    this.left(out);
  }

  dropped(out: Outgoing): void {
    out.isSettled = true;
    this.counts.failed++;
    out.expiry?.dropped();
    this.left(out);
  }

  willRetry(out: Outgoing, failure: Failure): void {
    this.counts.retried++;
    this.lastError = failure.error;
    if (out.failures >= FAILING) this.failing = failure.error.message;
  }

  delay(failures: number): number {
    return this.settings.delay(failures);
  }

  later(ms: number, callback: () => void): void {
    if (this.isOver || this.isClosed) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      callback();
    }, ms);
    this.timers.add(timer);
  }

  private checkOrder(out: Outgoing, ack: PubAck): void {
    const disorder = this.order?.stored(out.number, out.subject, ack);
    if (disorder === undefined) return;
    this.counts.outOfOrder++;
    this.nc.report(disorder);
  }

  private left(out: Outgoing): void {
    this.bytes -= out.bytes;
    this.waits.came(out.number);
  }

  private giveUpAll(why: () => HoldfastError): void {
    for (const out of this.flow.takeAll()) {
      const error = why();
      if (out.isOut) out.doubtSince ??= out.triedAt;
      const failure = { error, mayPass: error.retryable, maybeDelivered: out.maybeDelivered };
      this.gaveUp(out, { ...failure, isLinkLost: false, apiCode: undefined, lastSequence: undefined });
    }
  }

  private closed(): void {
    this.isClosed = true;
    this.giveUpAll(() => codedError("CONNECTION_CLOSED", "the connection was closed before the PubAck came"));
    this.stopping ??= Promise.resolve();
    this.end();
    this.waits.recheck();
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.nc.off("connect", this.pump);
    this.nc.off("reconnect", this.pump);
    this.nc.off("move", this.pump);
    this.remove();
  }

  private get isEnding(): boolean {
    return this.stopping !== undefined || this.isClosed;
  }
}

const NO_OPTIONS: StreamPublishOptions = {};
const OF_NOBODY = { isOver: undefined, isRecovered: false };

function ignore(): void {
  // Whoever awaits the promise hears of the rejection.
}
