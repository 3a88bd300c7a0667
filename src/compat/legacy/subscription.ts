import type { ConsumerInfo, JsMsg } from "@nats-io/jetstream";
import { millis } from "@nats-io/nats-core";
import type { Connection, Msg } from "../../index.js";
import { AckPolicy } from "../constants.js";
import { checkJsError, isFlowControlMsg, isHeartbeatMsg, isTerminal } from "../js-status.js";
import type { NatsError } from "../nats-error.js";
import { CompatSubscription, type Sub, toHoldfastSubscription } from "../subscription.js";
import { translated } from "../translate.js";
import type { ConsumerOpts } from "./consumer-opts.js";
import { CompatJsMsg } from "./js-msg.js";
import { type PullOptions, pullRequest } from "./pull-request.js";
import { Silence } from "./silence.js";

/** What knows its consumer. */
export interface ConsumerInfoable {
  /** The state of the consumer, asked of the server. */
  consumerInfo(): Promise<ConsumerInfo>;
}

/** What asks for messages. */
export interface Pullable {
  /** Asks for messages, one by default; they come in on the subscription. */
  pull(options?: Partial<PullOptions>): void;
}

/** A subscription to a consumer. */
export interface JetStreamSubscription extends Sub<JsMsg>, ConsumerInfoable {
  /** Ends it, and deletes the consumer. */
  destroy(): Promise<void>;
}

/** A subscription to a pull consumer. */
export type JetStreamPullSubscription = JetStreamSubscription & Pullable;

/** What a subscription asks of the API of consumers. */
export interface ConsumerHandle {
  info(): Promise<ConsumerInfo>;
  delete(): Promise<boolean>;
  /** Subject of requests for messages. */
  readonly next: string;
}

/** What comes in on the delivery subject of a consumer, as messages or as an error. */
class Deliveries {
  /** Ends the iteration when it has been read. */
  failure: NatsError | undefined;
  private readonly nc: Connection;
  private readonly options: ConsumerOpts;
  private readonly timeout: number;
  private silence: Silence | undefined;

  constructor(nc: Connection, options: ConsumerOpts, timeout: number) {
    this.nc = nc;
    this.options = options;
    this.timeout = timeout;
  }

  /** From now on there are heartbeats, for `lasts` ms. */
  expectHeartbeats(heartbeat: number, tell: (error: NatsError) => void, lasts?: number): void {
    this.silence?.stop();
    this.silence = heartbeat > 0 ? new Silence(heartbeat, tell, lasts) : undefined;
  }

  stop(): void {
    this.silence?.stop();
  }

  /** The message, the error, or null when it is neither. */
  read(msg: Msg): JsMsg | NatsError | null {
    this.silence?.broken();
    if (isFlowControlMsg(msg)) {
      // Heartbeats have no reply subject: only a request for flow control is answered.
      if (!isHeartbeatMsg(msg)) msg.respond();
      return null;
    }
    return checkJsError(msg) ?? new CompatJsMsg(msg, this.nc, this.timeout);
  }

  /** It has been handled. */
  handled(msg: JsMsg): void {
    if (!this.options.mack && this.options.config.ack_policy !== AckPolicy.None) msg.ack();
  }

  /** Hands a message to the callback, and acknowledges it when that is done without an error. */
  call(msg: Msg): unknown {
    const { callbackFn } = this.options;
    const read = this.read(msg);
    if (read === null) return;
    if (read instanceof Error) return callbackFn?.(read, null);
    const result = callbackFn?.(null, read);
    if (!(result instanceof Promise)) return this.handled(read);
    return result.then(() => this.handled(read));
  }

  /** The messages, each acknowledged when the next is asked for; an error that ends them is thrown. */
  async *iterate(source: AsyncIterator<Msg>): AsyncGenerator<JsMsg, void, undefined> {
    for await (const msg of { [Symbol.asyncIterator]: () => source }) {
      const read = this.read(msg);
      if (read === null) continue;
      if (read instanceof Error) {
        if (isTerminal(read)) throw read;
        continue;
      }
      yield read;
      this.handled(read);
    }
    if (this.failure !== undefined) throw this.failure;
  }
}

/** A subscription to the delivery subject of a push consumer, or to the inbox of requests to a pull consumer. */
export class ConsumerSubscription extends CompatSubscription<JsMsg> implements JetStreamPullSubscription {
  private readonly nc: Connection;
  private readonly options: ConsumerOpts;
  private readonly deliveries: Deliveries;
  private handle: ConsumerHandle | undefined;

  constructor(nc: Connection, subject: string, options: ConsumerOpts, timeout: number) {
    const deliveries = new Deliveries(nc, options, timeout);
    const { queue, max, callbackFn } = options;
    const callback = (error: NatsError | null, msg: Msg) =>
      error === null ? deliveries.call(msg) : callbackFn?.(error, null);
    const wanted = { queue, max: max || undefined, ...(callbackFn === undefined ? {} : { callback }) };
    super(
      translated(() => nc.subscribe(subject, toHoldfastSubscription(wanted))),
      (source) => deliveries.iterate(source),
    );
    this.nc = nc;
    this.options = options;
    this.deliveries = deliveries;
    void this.closed.then(() => deliveries.stop());
  }

  /** The consumer is there. */
  attach(handle: ConsumerHandle): this {
    this.handle = handle;
    const heartbeat = this.options.config.idle_heartbeat ?? 0;
    this.deliveries.expectHeartbeats(millis(heartbeat), (error) => this.fail(error));
    return this;
  }

  pull(options: Partial<PullOptions> = {}): void {
    const { expires = 0, idle_heartbeat = 0 } = options;
    if (idle_heartbeat > 0 && expires === 0) throw new Error("idle_heartbeat requires expires");
    if (idle_heartbeat > expires) throw new Error("expires must be greater than idle_heartbeat");
    this.deliveries.expectHeartbeats(idle_heartbeat, (error) => this.fail(error), expires);
    const reply = this.getSubject();
    translated(() => this.nc.publish(this.consumer.next, pullRequest(options), { reply }));
  }

  async destroy(): Promise<void> {
    if (!this.isClosed()) await this.drain();
    await this.consumer.delete();
  }

  consumerInfo(): Promise<ConsumerInfo> {
    return this.consumer.info();
  }

  private get consumer(): ConsumerHandle {
    if (this.handle === undefined) throw new Error("the consumer is not there yet");
    return this.handle;
  }

  /** A callback is told and goes on; an iteration ends. */
  private fail(error: NatsError): void {
    const { callbackFn } = this.options;
    if (callbackFn !== undefined) return void callbackFn(error, null);
    this.deliveries.failure = error;
    this.unsubscribe();
  }
}
