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

/** What is known of the stream that the messages come from. */
interface Known {
  readonly created: string;
  lastSequence: number;
}

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
  private known: Known | undefined;
  /** The highest sequence up to which all messages are done with, as servers have said. */
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
    const start = await this.startingPoint();
    const found = await makeConsumer(
      this.jsm,
      this.stream,
      this.wantedConsumer(consumer),
      "ensure.consumer.",
      start,
    );
    if (found.made) this.listener.recreated("consumer", this.consumer);
    this.inspect(found.info);
    await this.learnStream();
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
    const before = this.info;
    this.inspect(info);
    // Another consumer may mean another stream.
    if (before?.created !== info.created) await this.learnStream();
    return info;
  }

  /** A message with this sequence is in the stream. */
  saw(sequence: number): void {
    if (this.known !== undefined && sequence > this.known.lastSequence) this.known.lastSequence = sequence;
  }

  private async ensureFirst(): Promise<void> {
    const { stream, consumer } = this.wanted;
    if (stream !== undefined) await makeStream(this.jsm, { ...stream, name: this.stream }, "ensure.stream.");
    if (consumer === undefined) return;
    await makeConsumer(this.jsm, this.stream, this.wantedConsumer(consumer), "ensure.consumer.");
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
    // What one leader has said the next may not know: only what was said twice is forgotten.
    this.ledger.settled(this.floorBefore);
    this.floorBefore = Math.min(this.floor, acked.stream_seq);
    this.floor = Math.max(this.floor, acked.stream_seq);
    this.saw(info.delivered.stream_seq);
  }

  /** Where a new consumer begins: where the last one was, if it is the same stream. */
  private async startingPoint(): Promise<Partial<ConsumerConfig>> {
    // When it cannot be found out for the moment, it is tried again: beginning anew would handle everything again.
    const isSame = await this.learnStream((cause) => {
      if (codeOf(cause) !== "PERMISSIONS_VIOLATION") throw cause;
    });
    const last = this.ledger.contiguous(this.floor);
    if (!isSame || last === 0) return {};
    return { deliver_policy: "by_start_sequence", opt_start_seq: last + 1, opt_start_time: undefined };
  }

  /** Whether it is surely the stream that was known before; when it is not, what was known is forgotten. */
  private async learnStream(failed: (cause: unknown) => void = () => {}): Promise<boolean> {
    let info: StreamInfo | undefined;
    try {
      info = await findStream(this.jsm, this.stream);
    } catch (cause) {
      failed(cause);
    }
    if (info === undefined) return false;
    const { created, state } = info;
    const { known } = this;
    const isSame = known !== undefined && known.created === created && state.last_seq >= known.lastSequence;
    if (known !== undefined && !isSame) this.forget();
    this.known ??= { created, lastSequence: state.last_seq };
    return isSame;
  }

  private forget(): void {
    this.known = undefined;
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

/** Of what is underneath an error. */
function codeOf(error: unknown): unknown {
  const { cause } = error as { cause?: { code?: unknown } };
  return cause?.code;
}
