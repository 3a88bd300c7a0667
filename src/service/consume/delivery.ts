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

/** What `JsMsg.info` of `@nats-io/jetstream` tells. */
export interface DeliveryInfo {
  domain: string;
  account_hash?: string;
  stream: string;
  consumer: string;
  deliveryCount: number;
  redelivered: boolean;
  streamSequence: number;
  deliverySequence: number;
  timestampNanos: number;
  pending: number;
}

/**
 * One delivery of a message of a stream; a `JsMsg` of `@nats-io/jetstream`. Handlers get it with codec `"none"`, as `context.msg`, and with
 * `key`. It is answered by `consume()`: a handler that answers it itself has the first word, and the last.
 */
export class Delivery {
  /** The answer that was written; undefined while there is none. */
  answered: Answer | undefined = undefined;
  /** What the reply subject says. @internal */
  readonly facts: AckReply;
  private readonly msg: Msg;
  private readonly answerer: Answerer;

  constructor(msg: Msg, facts: AckReply, answerer: Answerer) {
    this.msg = msg;
    this.facts = facts;
    this.answerer = answerer;
  }

  get subject(): string {
    return this.msg.subject;
  }
  get data(): Uint8Array {
    return this.msg.data;
  }
  get headers(): MsgHdrs | undefined {
    return this.msg.headers;
  }
  get sid(): number {
    return this.msg.sid;
  }
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
  get timestamp(): string {
    return this.time.toISOString();
  }
  get timestampNanos(): bigint {
    return BigInt(this.facts.stored);
  }
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

  json<T>(): T {
    return this.msg.json<T>();
  }

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
    if (this.answered === undefined) this.answerer.answer(this, "+WPI");
  }

  /** The server is not to deliver it again. The reason shows in the server's advisory (2.11 and newer). */
  term(reason = ""): void {
    this.give("term", reason === "" ? "+TERM" : `+TERM ${reason.replace(/[\r\n]+/g, " ")}`);
  }

  /** As `ack()`; settles with whether the server has said that it has got it, within 5 s or `options.timeout` ms. */
  async ackAck(options: { timeout?: number } = {}): Promise<boolean> {
    if (this.answered !== undefined) return false;
    this.answered = "ack";
    return this.answerer.answerConfirmed(this, "+ACK", options.timeout ?? 5_000);
  }

  /** Not here: `consume()` pulls. @throws an error with code `INVALID_OPERATION` */
  next(): void {
    throw codedError("INVALID_OPERATION", "next() is not for messages of consume(), which pulls by itself");
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
    if (this.answered !== undefined) return;
    this.answered = answer;
    this.answerer.answer(this, payload);
  }
}

/** The error of an answer that could not be written. */
export function unanswered({ subject, facts }: Delivery, cause: unknown): Error {
  const text = `message ${facts.sequence} of stream "${facts.stream}" could not be answered: ${describeCause(cause)}`;
  return codedError("CONSUMER_FAILED", text, { subject, cause });
}
