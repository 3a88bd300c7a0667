import { codedError } from "../../checks/coded-error.js";
import { describeCause } from "../../errors.js";
import type { Msg, MsgHdrs } from "../../index.js";
import type { AckReply } from "./ack-reply.js";

/** How a delivery was answered for good. */
export type Answer = "ack" | "nak" | "term";

/** Who sends the answers of deliveries. */
export interface Answerer {
  /** Publishes; false when the connection takes nothing, or the message must not be answered any more. */
  answer(delivery: Delivery, payload: string): boolean;
  /** The same, and settles with whether the server has said that it has got it. */
  answerConfirmed(delivery: Delivery, payload: string, timeout: number): Promise<boolean>;
}

/** What was said of a message: shared by its deliveries while one handler is at it. */
interface Word {
  answer: Answer | undefined;
  /** Settles when it is known whether the server has got the acknowledgement. */
  confirming: Promise<boolean> | undefined;
  /** The delivery that answers go to: the server has forgotten the ones before. */
  last: Delivery;
}

/** What `JsMsg.info` of `@nats-io/jetstream` tells. */
export interface DeliveryInfo {
  /** JetStream domain of the stream; empty when it has none. */
  domain: string;
  /** Hash of the account that the stream is in; empty from a server that does not tell it. */
  account_hash?: string;
  /** The stream that the message is of. */
  stream: string;
  /** Name of the consumer that has delivered it. */
  consumer: string;
  /** Which delivery of the message it is, from 1. */
  deliveryCount: number;
  /** Whether it was delivered before. */
  redelivered: boolean;
  /** Sequence of the message in the stream. */
  streamSequence: number;
  /** Which delivery of the consumer it is, from 1. */
  deliverySequence: number;
  /** When the stream stored it, ns since the epoch, as near as a number comes. */
  timestampNanos: number;
  /** Messages that the consumer has not delivered yet. */
  pending: number;
}

/**
 * One delivery of a message of a stream; a `JsMsg` of `@nats-io/jetstream`. Handlers get it with codec `"none"`, as `context.msg`, and with
 * `key`. It is answered by `consume()`: a handler that answers it itself has the first word, and the last.
 */
export class Delivery {
  /** What the reply subject says. @internal */
  readonly facts: AckReply;
  private readonly msg: Msg;
  private readonly answerer: Answerer;
  private word: Word = { answer: undefined, confirming: undefined, last: this };

  constructor(msg: Msg, facts: AckReply, answerer: Answerer) {
    this.msg = msg;
    this.facts = facts;
    this.answerer = answerer;
  }

  /** The answer that was written; undefined while there is none, and when `ackAck()` was not confirmed. */
  get answered(): Answer | undefined {
    return this.word.answer;
  }
  /** The subject that the message was published to. */
  get subject(): string {
    return this.msg.subject;
  }
  /** The payload: a view of the read that it came in, not a copy. */
  get data(): Uint8Array {
    return this.msg.data;
  }
  /** Its headers; undefined when it has none. */
  get headers(): MsgHdrs | undefined {
    return this.msg.headers;
  }
  /** Subscription of the connection that it came in on. */
  get sid(): number {
    return this.msg.sid;
  }
  /** The subject that it is answered on: an acknowledgement of JetStream. */
  get reply(): string {
    return this.msg.reply ?? "";
  }
  /** Sequence in the stream. */
  get seq(): number {
    return this.facts.sequence;
  }
  /** Whether it was delivered before. */
  get redelivered(): boolean {
    return this.facts.deliveryCount > 1;
  }
  /** When the stream stored it. */
  get time(): Date {
    return new Date(Number(this.timestampNanos / 1_000_000n));
  }
  /** {@link time} in the format of ISO 8601. */
  get timestamp(): string {
    return this.time.toISOString();
  }
  /** When the stream stored it, ns since the epoch. */
  get timestampNanos(): bigint {
    return BigInt(this.facts.stored);
  }
  /** All that the server tells of the delivery. */
  get info(): DeliveryInfo {
    const {
      domain,
      accountHash,
      stream,
      consumer,
      deliveryCount,
      sequence,
      consumerSequence,
      stored,
      pending,
    } = this.facts;
    return {
      domain,
      account_hash: accountHash,
      stream,
      consumer,
      deliveryCount,
      redelivered: deliveryCount > 1,
      streamSequence: sequence,
      deliverySequence: consumerSequence,
      timestampNanos: Number(stored),
      pending,
    };
  }

  /** The payload parsed as JSON. @throws SyntaxError when it is not JSON */
  json<T>(): T {
    return this.msg.json<T>();
  }

  /** The payload as UTF-8 text. */
  string(): string {
    return this.msg.string();
  }

  /** The message is done with. */
  ack(): void {
    this.give("ack", "+ACK");
  }

  /** Hands it back: the server delivers it again, after `delay` ms if given. */
  nak(delay?: number): void {
    const wait = delay !== undefined && delay > 0 ? ` {"delay":${Math.round(delay) * 1_000_000}}` : "";
    this.give("nak", `-NAK${wait}`);
  }

  /** Says that it is still being worked on: the server starts to count its `ack_wait` anew. */
  working(): void {
    const { answer, last } = this.word;
    if (answer === undefined) last.answerer.answer(last, "+WPI");
  }

  /** The server is not to deliver it again. The reason shows in the server's advisory (2.11 and newer). */
  term(reason = ""): void {
    this.give("term", reason === "" ? "+TERM" : `+TERM ${reason.replace(/[\r\n]+/g, " ")}`);
  }

  /**
   * As `ack()`; settles with whether the server has said that it has got it, within 5 s or `options.timeout` ms. When it has not, the message counts as
   * not answered: what the handler does next decides.
   */
  async ackAck(options: { timeout?: number } = {}): Promise<boolean> {
    const { word } = this;
    if (word.answer !== undefined) return false;
    word.answer = "ack";
    word.confirming = word.last.answerer
      .answerConfirmed(word.last, "+ACK", options.timeout ?? 5_000)
      .then((isConfirmed) => {
        word.confirming = undefined;
        if (!isConfirmed) word.answer = undefined;
        return isConfirmed;
      });
    return word.confirming;
  }

  /** Not here: `consume()` pulls. @throws an error with code `INVALID_OPERATION` */
  next(): void {
    throw codedError("INVALID_OPERATION", "next() is not for messages of consume(), which pulls by itself");
  }

  /** Settles when it is known whether the server has got its acknowledgement; undefined when nobody asks that. @internal */
  get confirming(): Promise<boolean> | undefined {
    return this.word.confirming;
  }

  /**
   * The message has come again while the handler of `previous` is at it: what that says, or has said, is said of this one. But for a `nak()`, which has
   * led to this one: it is open.
   *
   * @internal
   */
  follow({ word }: Delivery): void {
    const { answer, confirming } = word;
    if (answer === "nak") return;
    this.word = word;
    word.last = this;
    // The server has not got it.
    if (answer !== undefined && confirming === undefined) {
      this.answerer.answer(this, answer === "ack" ? "+ACK" : "+TERM");
    }
  }

  /** Whether its answers go that way. @internal */
  isFrom(answerer: Answerer): boolean {
    return this.answerer === answerer;
  }

  /** What a log shows of it. */
  toJSON(): object {
    const { stream, consumer, sequence, deliveryCount } = this.facts;
    return { subject: this.subject, stream, consumer, sequence, deliveryCount, answered: this.answered };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }

  private give(answer: Answer, payload: string): void {
    const { word } = this;
    if (word.answer !== undefined) return;
    word.answer = answer;
    word.last.answerer.answer(word.last, payload);
  }
}

/** The error of an answer that could not be written. */
export function unanswered({ subject, facts }: Delivery, cause: unknown): Error {
  const text = `message ${facts.sequence} of stream "${facts.stream}" could not be answered: ${describeCause(cause)}`;
  return codedError("CONSUMER_FAILED", text, { subject, cause });
}
