import type { DeliveryInfo, JsMsg, PullOptions } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import type { Connection, Msg, MsgHdrs } from "../../index.js";
import { rethrow, translated } from "../translate.js";

const ACK = "+ACK";
const NAK = "-NAK";
const IN_PROGRESS = "+WPI";
const TERM = "+TERM";
const NEXT = "+NXT";
/** Tokens of a reply subject in the first form, which has neither domain nor account. */
const SHORT_FORM = 9;

/** A message of a consumer, delivered to a subscription of our own. Its reply subject is its delivery info. */
export class CompatJsMsg implements JsMsg {
  private readonly msg: Msg;
  private readonly nc: Connection;
  private readonly timeout: number;
  private parsed: DeliveryInfo | undefined;
  /** It was acknowledged one way or another. */
  didAck = false;

  /** @param timeout ms that {@link ackAck} waits for the server */
  constructor(msg: Msg, nc: Connection, timeout: number) {
    this.msg = msg;
    this.nc = nc;
    this.timeout = timeout;
  }

  get subject(): string {
    return this.msg.subject;
  }

  get sid(): number {
    return this.msg.sid;
  }

  get reply(): string {
    return this.msg.reply ?? "";
  }

  get data(): Uint8Array {
    return this.msg.data;
  }

  get headers(): MsgHdrs | undefined {
    return this.msg.headers;
  }

  get info(): DeliveryInfo {
    this.parsed ??= parseInfo(this.reply);
    return this.parsed;
  }

  get redelivered(): boolean {
    return this.info.deliveryCount > 1;
  }

  get seq(): number {
    return this.info.streamSequence;
  }

  get time(): Date {
    return new Date(Number(this.timestampNanos / 1_000_000n));
  }

  get timestamp(): string {
    return this.time.toISOString();
  }

  get timestampNanos(): bigint {
    return BigInt(timestampOf(this.reply));
  }

  /** It is done with. */
  ack(): void {
    this.settle(ACK);
  }

  /** It is not done with: deliver it again, at once or in `millis` ms. */
  nak(millis?: number): void {
    this.settle(millis ? `${NAK} ${JSON.stringify({ delay: nanos(millis) })}` : NAK);
  }

  /** It is being worked at: the time for its acknowledgement begins anew. */
  working(): void {
    if (!this.didAck) this.respond(IN_PROGRESS);
  }

  /** It is done with, and more are to come to `subject`: `batch` (default 1), within `expires` ms. */
  next(subject: string, options: Partial<PullOptions> = {}): void {
    const { batch = 1, no_wait = false, expires = 0 } = options;
    const wanted = { batch, no_wait, ...(expires > 0 ? { expires: nanos(expires) } : {}) };
    translated(() => this.msg.respond(`${NEXT} ${JSON.stringify(wanted)}`, { reply: subject }));
  }

  /** It is never to be delivered again. */
  term(reason = ""): void {
    this.settle(reason === "" ? TERM : `${TERM} ${reason}`);
  }

  /** As {@link ack}; true when the server has confirmed it, false when it was acknowledged before. */
  async ackAck(options: Partial<{ timeout: number }> = {}): Promise<boolean> {
    if (this.didAck || this.reply === "") return false;
    this.didAck = true;
    await this.nc.request(this.reply, ACK, { timeout: options.timeout || this.timeout }).catch(rethrow);
    return true;
  }

  json<T>(reviver?: Parameters<Msg["json"]>[0]): T {
    return this.msg.json<T>(reviver);
  }

  string(): string {
    return this.msg.string();
  }

  private settle(answer: string): void {
    if (this.didAck) return;
    this.didAck = true;
    this.respond(answer);
  }

  private respond(answer: string): void {
    translated(() => this.msg.respond(answer));
  }
}

function tokensOf(reply: string): string[] {
  const tokens = reply.split(".");
  if (tokens.length === SHORT_FORM) tokens.splice(2, 0, "_", "");
  if (tokens.length < SHORT_FORM + 2 || tokens[0] !== "$JS" || tokens[1] !== "ACK") {
    throw new Error("not js message");
  }
  return tokens;
}

function timestampOf(reply: string): string {
  return tokensOf(reply)[9];
}

function parseInfo(reply: string): DeliveryInfo {
  const [, , domain, account_hash, stream, consumer, delivered, seq, delivery, time, pending] =
    tokensOf(reply);
  const deliveryCount = Number.parseInt(delivered, 10);
  return {
    domain: domain === "_" ? "" : domain,
    account_hash,
    stream,
    consumer,
    deliveryCount,
    redelivered: deliveryCount > 1,
    streamSequence: Number.parseInt(seq, 10),
    deliverySequence: Number.parseInt(delivery, 10),
    timestampNanos: Number.parseInt(time, 10),
    pending: Number.parseInt(pending, 10),
  };
}
