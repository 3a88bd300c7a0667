import { codedError } from "../../checks/coded-error.js";
import { makeConsumer } from "./ensure-consumer.js";
import { findStream, makeStream } from "./ensure-stream.js";
import {
  ApiCode,
  apiCode,
  type ConsumerConfig,
  type ConsumerInfo,
  consumerFailed,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from "./jetstream.js";
import type { Ledger } from "./ledger.js";

/** What is to be made when it is not there; undefined: it is not to be made. */
export interface Wanted {
  readonly stream: Partial<StreamConfig> | undefined;
  readonly consumer: Partial<ConsumerConfig> | undefined;
}

/** Who is told what was found. */
export interface KeeperListener {
  /** Stream or consumer were gone, and were made anew. */
  recreated(what: "stream" | "consumer", name: string): void;
  /** It is another stream than before, maybe with the same name and sequences: what is known of messages means nothing now. */
  otherStream(): void;
}

/** `err_code` of a work queue's consumer that does not begin with all there is. */
const WORK_QUEUE_FROM_START = 10101;
/** What the server sets by itself, and where a consumer begins: a new one begins elsewhere. */
const NOT_TAKEN_OVER: ReadonlySet<string> = new Set([
  "durable_name",
  "name",
  "deliver_policy",
  "opt_start_seq",
  "opt_start_time",
]);

/**
 * Sees to it that stream and consumer are there, as far as that is wanted, and that a new consumer goes on where the last one was: behind the
 * last message up to which all are known to be done with.
 */
export class Keeper {
  /** What was found last. */
  info: ConsumerInfo | undefined;
  private readonly jsm: JetStreamManager;
  private readonly stream: string;
  private readonly consumer: string;
  private readonly wanted: Wanted;
  private readonly ledger: Ledger;
  private readonly listener: KeeperListener;
  private isEnsured = false;
  /** When the stream was made that the messages come from; undefined: nobody has told yet. */
  private streamCreated: string | undefined;
  /** Nothing is to be asked about the stream for the moment: it has told, or does not tell this user. */
  private isLearnt = false;
  /** The consumer of this very stream that was there last. */
  private seen: ConsumerInfo | undefined;
  /** The highest sequence that is known to be in the stream. */
  private highest = 0;
  /** The highest sequence up to which all messages are done with, as servers have said of {@link seen}. */
  private floor = 0;
  private floorBefore = 0;

  constructor(
    jsm: JetStreamManager,
    stream: string,
    consumer: string,
    wanted: Wanted,
    ledger: Ledger,
    listener: KeeperListener,
  ) {
    this.jsm = jsm;
    this.stream = stream;
    this.consumer = consumer;
    this.wanted = wanted;
    this.ledger = ledger;
    this.listener = listener;
  }

  /**
   * Looks, and makes what is missing.
   *
   * @throws `CONSUMER_FAILED` (`cause`: why), or `INVALID_OPTION` when what is there cannot become what is wanted
   */
  async establish(): Promise<ConsumerInfo> {
    if (!this.isEnsured) {
      await this.ensureFirst();
      this.isEnsured = true;
    }
    const info = await this.look();
    if (info !== undefined) return info;
    const { consumer } = this.wanted;
    if (consumer === undefined)
      throw this.missing(`consumer "${this.consumer}" of stream "${this.stream}"`, "consumer");
    const found = await this.makeAnew(consumer, await this.startingPoint());
    if (found.made) this.listener.recreated("consumer", this.consumer);
    this.isLearnt = false;
    await this.learnIfNeeded();
    this.inspect(found.info);
    return found.info;
  }

  /**
   * Only looks; undefined when the consumer is not there. Makes the stream, when that is not there and wanted.
   *
   * @throws as {@link establish}
   */
  async look(): Promise<ConsumerInfo | undefined> {
    let info: ConsumerInfo;
    try {
      info = await this.jsm.consumers.info(this.stream, this.consumer);
    } catch (cause) {
      const code = apiCode(cause);
      if (code === ApiCode.ConsumerNotFound) return undefined;
      if (code === ApiCode.StreamNotFound) {
        await this.streamIsGone(cause);
        return undefined;
      }
      throw consumerFailed(
        `JetStream does not tell of consumer "${this.consumer}" of stream "${this.stream}"`,
        cause,
      );
    }
    // Another consumer may mean another stream.
    if (this.seen?.created !== info.created) this.isLearnt = false;
    await this.learnIfNeeded();
    this.inspect(info);
    return info;
  }

  /** A message with this sequence is in the stream. */
  saw(sequence: number): void {
    if (sequence > this.highest) this.highest = sequence;
  }

  private async ensureFirst(): Promise<void> {
    const { stream, consumer } = this.wanted;
    if (stream !== undefined) await makeStream(this.jsm, { ...stream, name: this.stream }, "ensure.stream.");
    if (consumer === undefined) return;
    await makeConsumer(this.jsm, this.stream, this.wantedConsumer(consumer), "ensure.consumer.");
  }

  private async makeAnew(consumer: Partial<ConsumerConfig>, start: Partial<ConsumerConfig>) {
    const { jsm, stream } = this;
    const wanted = this.wantedConsumer(consumer);
    const former = this.info === undefined ? {} : takenOver(this.info.config, consumer);
    try {
      return await makeConsumer(jsm, stream, wanted, "ensure.consumer.", { ...former, ...start });
    } catch (error) {
      // Whoever may not ask for the stream finds out in this way that it is a work queue.
      if (apiCode((error as Error).cause) !== WORK_QUEUE_FROM_START) throw error;
      return makeConsumer(jsm, stream, wanted, "ensure.consumer.", former);
    }
  }

  private wantedConsumer(
    config: Partial<ConsumerConfig>,
  ): Partial<ConsumerConfig> & { durable_name: string } {
    return { ...config, durable_name: this.consumer };
  }

  private async streamIsGone(cause: unknown): Promise<void> {
    const { stream } = this.wanted;
    this.forget();
    if (stream === undefined) throw this.missing(`stream "${this.stream}"`, "stream", cause);
    await makeStream(this.jsm, { ...stream, name: this.stream }, "ensure.stream.");
    this.listener.recreated("stream", this.stream);
  }

  private inspect(info: ConsumerInfo): void {
    const { config, ack_floor: acked } = info;
    const of = `consumer "${this.consumer}" of stream "${this.stream}"`;
    if (config.deliver_subject !== undefined && config.deliver_subject !== "") {
      throw codedError("CONSUMER_FAILED", `${of} pushes (deliver_subject): consume() needs one to pull from`);
    }
    if (config.ack_policy !== "explicit") {
      throw codedError(
        "CONSUMER_FAILED",
        `${of} has ack_policy "${config.ack_policy}": consume() acknowledges each message (explicit)`,
      );
    }
    this.info = info;
    if (this.seen?.created === info.created) {
      // What one leader has said the next may not know: only what was said twice is forgotten.
      this.ledger.settled(this.floorBefore);
      this.floorBefore = Math.min(this.floor, acked.stream_seq);
      this.floor = Math.max(this.floor, acked.stream_seq);
    } else {
      // What was acknowledged of another consumer says nothing of this one's messages.
      this.floorBefore = 0;
      this.floor = acked.stream_seq;
    }
    this.seen = info;
    this.saw(info.delivered.stream_seq);
  }

  /** Where a new consumer begins: where the last one was, if it is the same stream. */
  private async startingPoint(): Promise<Partial<ConsumerConfig>> {
    let isWorkQueue = false;
    try {
      const stream = await this.learnStream();
      if (stream === undefined) return {};
      isWorkQueue = stream.config.retention === "workqueue";
    } catch (cause) {
      // When it cannot be found out for the moment, it is tried again: beginning anew would handle everything again, or skip what
      // has come meanwhile. Who can never ask goes by what the consumer was like.
      if (!mayNotAsk(cause)) throw cause;
    }
    // What was acknowledged is not in a work queue any longer, and it has no consumers that begin elsewhere.
    if (this.seen === undefined || isWorkQueue) return {};
    const last = this.ledger.contiguous(this.floor);
    return { deliver_policy: "by_start_sequence", opt_start_seq: last + 1, opt_start_time: undefined };
  }

  private async learnIfNeeded(): Promise<void> {
    if (this.isLearnt) return;
    try {
      await this.learnStream();
    } catch (cause) {
      // The next look asks again, unless the answer is known.
      this.isLearnt = mayNotAsk(cause);
    }
  }

  /**
   * Asks for the stream, and forgets what was known when it is another one than before.
   *
   * @throws as `findStream()`
   */
  private async learnStream(): Promise<StreamInfo | undefined> {
    // What comes while the server answers may be newer than the answer.
    const { highest } = this;
    const info = await findStream(this.jsm, this.stream);
    if (info === undefined) return undefined;
    const { created, state } = info;
    if (!this.isSame(created) || state.last_seq < highest) this.forget();
    if (this.streamCreated === undefined) this.saw(state.last_seq);
    this.streamCreated = created;
    this.isLearnt = true;
    return info;
  }

  private isSame(created: string): boolean {
    const { streamCreated, seen } = this;
    if (streamCreated !== undefined) return created === streamCreated;
    // A consumer is no older than its stream.
    return seen === undefined || !(Date.parse(created) > Date.parse(seen.created));
  }

  private forget(): void {
    this.streamCreated = undefined;
    this.isLearnt = false;
    this.seen = undefined;
    this.highest = 0;
    this.floor = 0;
    this.floorBefore = 0;
    this.ledger.clear();
    this.listener.otherStream();
  }

  private missing(what: string, option: "stream" | "consumer", cause?: unknown): Error {
    const text = `${what} is not there, and consume() is not to make it (ensure.${option})`;
    return codedError("CONSUMER_FAILED", text, { cause });
  }
}

/** Whether the user must not ask, now and later. */
function mayNotAsk(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } };
  return cause?.code === "PERMISSIONS_VIOLATION";
}

/** What a consumer was like, as far as a new one can be like that and nothing else is wanted. */
function takenOver(former: ConsumerConfig, wanted: Partial<ConsumerConfig>): Partial<ConsumerConfig> {
  const fields = Object.entries(former).filter(([field]) => !NOT_TAKEN_OVER.has(field));
  const config: Partial<ConsumerConfig> = { ...Object.fromEntries(fields), ...wanted };
  // A consumer has one or the other.
  if (wanted.filter_subject !== undefined) delete config.filter_subjects;
  if (wanted.filter_subjects !== undefined) delete config.filter_subject;
  if (config.metadata !== undefined) {
    const own = Object.entries(config.metadata).filter(([name]) => !name.startsWith("_nats."));
    config.metadata = Object.fromEntries(own);
  }
  return config;
}
