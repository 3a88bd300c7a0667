import type { ConsumerConfig, JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { AckPolicy, DeliverPolicy, ReplayPolicy } from "../constants.js";
import type { NatsError } from "../nats-error.js";
import { checkName } from "./names.js";

/** Gets each message of a subscription, and the error that ends it. */
export type JsMsgCallback = (err: NatsError | null, msg: JsMsg | null) => unknown;

/** What `js.subscribe()` and `js.pullSubscribe()` want to know. */
export interface ConsumerOpts {
  /** The consumer that is made if it is not there. */
  config: Partial<ConsumerConfig>;
  /** The application acknowledges; otherwise a message is acknowledged when it has been handled. */
  mack: boolean;
  /** The stream; looked up by the subject when it is not given. */
  stream: string;
  /** Gets each message, and the error that ends the subscription. Without it the subscription is iterated. */
  callbackFn?: JsMsgCallback;
  /** Messages after which the subscription ends. */
  max?: number;
  /** Queue group. */
  queue?: string;
  /** In the order of the stream, without gaps, from a consumer that is made again when need be. */
  ordered: boolean;
  /** The consumer has to be there. */
  isBind?: boolean;
}

/** Builds {@link ConsumerOpts} step by step; each method returns the builder. */
export class ConsumerOptsBuilder {
  private readonly config: Partial<ConsumerConfig>;
  private readonly rest: Omit<ConsumerOpts, "config"> = { mack: false, stream: "", ordered: false };
  private readonly filters: string[];

  constructor(config: Partial<ConsumerConfig> = {}) {
    const { filter_subject, filter_subjects, ...others } = config;
    this.filters = [...(filter_subject === undefined ? [] : [filter_subject]), ...(filter_subjects ?? [])];
    this.config = {
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      replay_policy: ReplayPolicy.Instant,
      ...others,
    };
  }

  /** What has been built. */
  getOpts(): ConsumerOpts {
    const config = { ...this.config };
    if (this.filters.length === 1) config.filter_subject = this.filters[0];
    else if (this.filters.length > 1) config.filter_subjects = [...this.filters];
    if (this.rest.ordered) config.ack_policy = AckPolicy.None;
    return { ...this.rest, config };
  }

  /** A text about the consumer, which its info shows (`description`). */
  description(description: string): this {
    return this.set({ description });
  }

  /** Subject that a push consumer delivers to. */
  deliverTo(subject: string): this {
    return this.set({ deliver_subject: subject });
  }

  /** Name of a durable consumer, which stays when the subscription ends. @throws an error when it is no name */
  durable(name: string): this {
    return this.set({ durable_name: checkName("durable", name) });
  }

  /** From this sequence of the stream on. */
  startSequence(seq: number): this {
    if (seq <= 0) throw new Error("sequence must be greater than 0");
    return this.set({ deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: seq });
  }

  /** What was stored at this time or later. */
  startTime(time: Date): this {
    return this.set({ deliver_policy: DeliverPolicy.StartTime, opt_start_time: time.toISOString() });
  }

  /** From so many ms ago on. */
  startAtTimeDelta(millis: number): this {
    return this.startTime(new Date(Date.now() - millis));
  }

  /** All that the stream has, the oldest first: the default. */
  deliverAll(): this {
    return this.set({ deliver_policy: DeliverPolicy.All });
  }

  /** Of each subject the last message, then what comes. */
  deliverLastPerSubject(): this {
    return this.set({ deliver_policy: DeliverPolicy.LastPerSubject });
  }

  /** The last message, then what comes. */
  deliverLast(): this {
    return this.set({ deliver_policy: DeliverPolicy.Last });
  }

  /** Only what comes from now on. */
  deliverNew(): this {
    return this.set({ deliver_policy: DeliverPolicy.New });
  }

  /** Headers without payloads; `Nats-Msg-Size` has the size of what is left out. */
  headersOnly(): this {
    return this.set({ headers_only: true });
  }

  /** Nothing is to be acknowledged. */
  ackNone(): this {
    return this.set({ ack_policy: AckPolicy.None });
  }

  /** An acknowledgement holds for all messages before it as well. */
  ackAll(): this {
    return this.set({ ack_policy: AckPolicy.All });
  }

  /** Each message is acknowledged by itself: the default. */
  ackExplicit(): this {
    return this.set({ ack_policy: AckPolicy.Explicit });
  }

  /** ms after which a message without an acknowledgement is delivered again. */
  ackWait(millis: number): this {
    return this.set({ ack_wait: nanos(millis) });
  }

  /** How often a message is delivered at most, until it is acknowledged. */
  maxDeliver(max: number): this {
    return this.set({ max_deliver: max });
  }

  /** May be called several times. */
  filterSubject(subject: string): this {
    this.filters.push(subject);
    return this;
  }

  /** As fast as it goes: the default. */
  replayInstantly(): this {
    return this.set({ replay_policy: ReplayPolicy.Instant });
  }

  /** With the waits that were between them when they were stored. */
  replayOriginal(): this {
    return this.set({ replay_policy: ReplayPolicy.Original });
  }

  /** Percentage of acknowledgements that the server tells of. */
  sample(percentage: number): this {
    const share = Math.trunc(percentage);
    if (share < 0 || share > 100) throw new Error("value must be between 0-100");
    return this.set({ sample_freq: `${share}%` });
  }

  /** Bits per second that the server delivers, at most. Of push consumers. */
  limit(bps: number): this {
    return this.set({ rate_limit_bps: bps });
  }

  /** Pulls that may wait at the server at the same time. */
  maxWaiting(max: number): this {
    return this.set({ max_waiting: max });
  }

  /** Messages that may be without an acknowledgement; then nothing more is delivered. */
  maxAckPending(max: number): this {
    return this.set({ max_ack_pending: max });
  }

  /** ms without a message after which the server sends a heartbeat. */
  idleHeartbeat(millis: number): this {
    return this.set({ idle_heartbeat: nanos(millis) });
  }

  /** The server asks now and then whether what it has sent has come in, and waits for the answer. Of push consumers. */
  flowControl(): this {
    return this.set({ flow_control: true });
  }

  /** The same as {@link queue}. */
  deliverGroup(name: string): this {
    return this.queue(name);
  }

  /** Queue group: each message goes to one of its subscriptions. Of push consumers. */
  queue(name: string): this {
    this.rest.queue = name;
    return this.set({ deliver_group: name });
  }

  /** The application acknowledges; otherwise a message is acknowledged when it has been handled. */
  manualAck(): this {
    this.rest.mack = true;
    return this;
  }

  /** Messages after which the subscription ends. */
  maxMessages(max: number): this {
    this.rest.max = max;
    return this;
  }

  /** Gets each message, and the error that ends the subscription. Without it the subscription is iterated. */
  callback(callback: JsMsgCallback): this {
    this.rest.callbackFn = callback;
    return this;
  }

  /** In the order of the stream, without gaps, from a consumer that is made again when need be; nothing is acknowledged. */
  orderedConsumer(): this {
    this.rest.ordered = true;
    return this;
  }

  /** The consumer has to be there. */
  bind(stream: string, durable: string): this {
    this.rest.stream = stream;
    this.rest.isBind = true;
    return this.set({ durable_name: durable });
  }

  /** Name of the stream; looked up by the subject when it is not given. */
  bindStream(stream: string): this {
    this.rest.stream = stream;
    return this;
  }

  /** ms without a reader after which the server forgets it. */
  inactiveEphemeralThreshold(millis: number): this {
    return this.set({ inactive_threshold: nanos(millis) });
  }

  /** Messages that one pull may ask for. */
  maxPullBatch(n: number): this {
    return this.set({ max_batch: n });
  }

  /** ms that a pull may wait at the server, at most. */
  maxPullRequestExpires(millis: number): this {
    return this.set({ max_expires: nanos(millis) });
  }

  /** The state of the consumer is kept in memory alone. */
  memory(): this {
    return this.set({ mem_storage: true });
  }

  /** How many servers keep the state of the consumer. Default: as many as its stream has. */
  numReplicas(n: number): this {
    return this.set({ num_replicas: n });
  }

  /** Name of the consumer, also of one that is not durable (server 2.9). */
  consumerName(name: string): this {
    return this.set({ name });
  }

  private set(config: Partial<ConsumerConfig>): this {
    Object.assign(this.config, config);
    return this;
  }
}

/** A builder of options for `js.subscribe()` and `js.pullSubscribe()`. */
export function consumerOpts(config?: Partial<ConsumerConfig>): ConsumerOptsBuilder {
  return new ConsumerOptsBuilder(config);
}

/** What was built, or given at once and completed. */
export function toConsumerOpts(options: ConsumerOptsBuilder | Partial<ConsumerOpts> = {}): ConsumerOpts {
  if (options instanceof ConsumerOptsBuilder) return options.getOpts();
  return { mack: false, stream: "", ordered: false, ...options, config: { ...options.config } };
}
