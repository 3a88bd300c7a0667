import { codedError } from "../../checks/coded-error.js";
import { invalidArgument } from "../../checks/invalid.js";
import { stackless } from "../../errors.js";
import {
  type Component,
  type Connection,
  DurationHistogram,
  type HoldfastError,
  type PublisherFacts,
} from "../../index.js";
import { OutgoingBatch } from "./batch.js";
import { type Failure, failedRequest, publishError, refusedByStream, strangeAnswer } from "./failure.js";
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
import { Header, Outgoing } from "./outgoing.js";
import type { HeaderLine } from "./outgoing-headers.js";
import { PlainFlow } from "./plain-flow.js";
import { type BatchAck, type PubAck, readAnswer } from "./pub-ack.js";
import type { PublisherOwner } from "./publisher-owner.js";
import { SubjectCheck } from "./subject-check.js";

/** Upper bounds of the buckets of `durations`, ms. */
const BOUNDS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];
/** Failures in a row of one message, from which on the publisher counts as failing. */
const FAILING = 3;
const DEFAULT_FLUSH = 10_000;

/** Publishes into streams of JetStream, and waits for the PubAck of each message. {@link streamPublisher} makes one. */
export interface StreamPublisher extends Component, AsyncDisposable {
  /** The stream that was named. */
  readonly stream: string | undefined;
  /**
   * Publishes a message; resolves when the stream has stored it, however often it had to be sent for that, always with the same `Nats-Msg-Id`. Nothing is sent
   * during an outage. The payload is copied.
   *
   * Rejects with a `StreamPublishError`, which has `retryable`, `maybeDelivered`, `msgID` and `tries`: codes `STREAM_REFUSED` (JetStream has refused it, `apiCode`
   * says why), `NO_RESPONDERS`, `TIMEOUT`, `CONNECTION_LOST` after the last try, `PERMISSIONS_VIOLATION`, `INVALID_SUBJECT`, `MAX_PAYLOAD_EXCEEDED` and the
   * like at once, `CONNECTION_CLOSED`. Rejects before it was taken with `INVALID_ARGUMENT`, `INVALID_OPTION`, `BUFFER_FULL` (over `maxPending` or `maxPendingBytes`),
   * `INVALID_OPERATION` (stopped), `CONNECTION_CLOSED`.
   */
  publish(subject: string, payload?: Uint8Array | string, options?: StreamPublishOptions): Promise<PubAck>;
  /**
   * Publishes messages as one atomic batch (ADR-50): the stream has all of them, one behind the other in this order, or none. Needs nats-server 2.12, and `allow_atomic` in the
   * stream's configuration; at most 1,000 messages, unless the server says otherwise. It waits until everything before it has its outcome; what is published after it, waits for it.
   * A stream that does not take batches rejects it (`apiCode` 10174): there is no silent fallback.
   *
   * When the answer gets lost, the batch is sent again; that it was stored the first time is found out by its message ids, if none of them was given (`duplicate` is
   * true then). With given ids that cannot be told apart from ids used before: it rejects with `maybeDelivered`.
   *
   * Rejects as {@link publish}.
   */
  publishBatch(messages: readonly BatchMessage[], options?: BatchOptions): Promise<BatchAck>;
  /** Resolves when less than half of `maxPending` and `maxPendingBytes` is pending, or nothing more is taken. */
  writable(): Promise<void>;
  /**
   * Resolves when everything published so far has its outcome, whatever it is: the promises of `publish()` tell.
   *
   * @param options.timeout ms until it rejects with `TIMEOUT`; default 10,000. The messages stay.
   */
  flush(options?: { timeout?: number }): Promise<void>;
  /**
   * Takes no more; settles when everything has its outcome. `nc.drain()` and `gracefulShutdown()` call it.
   *
   * @param options.timeout ms after which what has no outcome rejects with `TIMEOUT`; default: no such limit
   */
  stop(options?: { timeout?: number }): Promise<void>;
  facts(): PublisherFacts;
  stats(): StreamPublisherStats;
}

/** Counts of a stream publisher since it was made: `published = acked + failed + pending`. */
export interface StreamPublisherStats {
  /** Messages taken. */
  readonly published: number;
  /** Messages that the stream has, and those of them that it had already when they came. */
  readonly acked: number;
  readonly duplicates: number;
  /** Further tries. */
  readonly retried: number;
  /** Messages given up: their promises have rejected. */
  readonly failed: number;
  /** Messages without an outcome, those of them on the way, and their bytes. */
  readonly pending: number;
  readonly inFlight: number;
  readonly pendingBytes: number;
  /** Messages that the stream has behind a later one: only beside another writer, or without `ordered`, which does not count them. */
  readonly outOfOrder: number;
}

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
  private readonly subjects: SubjectCheck | undefined;
  private readonly durations = new DurationHistogram(BOUNDS);
  private readonly remove: () => void;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly pump = () => {
    this.subjects?.linked();
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
    const { stream, window, ordered, domain, timeout } = settings;
    this.stream = stream;
    if (ordered) this.order = new OrderWatch();
    this.flow = ordered ? new OrderedFlow(window, this) : new PlainFlow(window, this);
    if (stream !== undefined) this.subjects = new SubjectCheck(nc, stream, domain, timeout);
    this.remove = owner === undefined ? nc.addComponent(this) : ignore;
    nc.on("connect", this.pump);
    nc.on("reconnect", this.pump);
    nc.on("move", this.pump);
    void nc.closed().then(() => this.closed());
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
    const { subject, timeout } = out;
    out.triedAt = performance.now();
    if (out.tries++ === 0) out.sentAt = out.triedAt;
    out.isOut = true;
    if (out.doubtSince !== undefined) this.owner?.sentAgain(out.msgID, out.doubtSince);
    if (out instanceof OutgoingBatch) {
      void out.sendTo(this.nc).then((outcome) => {
        if ("failure" in outcome) this.failed(out, outcome.failure, came);
        else came(outcome);
      });
      return;
    }
    const bound: readonly HeaderLine[] = expected === undefined ? [] : [[Header.LastSequence, `${expected}`]];
    const recovered = out.isRecovered && out.tries === 1;
    this.nc.request(subject, out.payload, { ...out.headers.toSend(bound), timeout, recovered }).then(
      (msg) => {
        const answer = readAnswer(msg);
        if ("ack" in answer) came(answer);
        else if ("refused" in answer) this.failed(out, refusedByStream(out, answer.refused), came);
        else this.failed(out, strangeAnswer(subject, answer.strange), came);
      },
      (cause) => this.failed(out, failedRequest(cause), came),
    );
  }

  private failed(out: Outgoing, failure: Failure, came: (outcome: Outcome) => void): void {
    out.isOut = false;
    if (failure.maybeDelivered) out.doubtSince ??= out.triedAt;
    if (this.subjects?.isDue(out, failure) !== true) {
      this.subjects?.failed(failure);
      return came({ failure });
    }
    void this.subjects.judge(out, failure).then((judged) => came({ failure: judged }));
  }

  stored(out: Outgoing, ack: PubAck): void {
    const { counts } = this;
    out.isSettled = true;
    counts.acked++;
    if (ack.duplicate) counts.duplicates++;
    this.durations.add(performance.now() - out.sentAt);
    this.failing = undefined;
    this.subjects?.exists();
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
