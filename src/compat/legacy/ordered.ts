import type { Consumer, ConsumerInfo, ConsumerMessages, JetStreamClient, JsMsg } from "@nats-io/jetstream";
import { asNatsError, toNatsError } from "../errors.js";
import { rethrow, translatedIterator } from "../translate.js";
import type { ConsumerOpts } from "./consumer-opts.js";
import type { JetStreamSubscription } from "./subscription.js";

/** A subscription in the order of the stream, on an ordered consumer of the official package. */
export class OrderedSubscription implements JetStreamSubscription {
  readonly closed: Promise<undefined | Error>;
  private readonly subject: string;
  private readonly consumer: Consumer;
  private readonly messages: ConsumerMessages;
  private readonly ending: { max: number };
  private ended = false;

  private constructor(
    subject: string,
    consumer: Consumer,
    messages: ConsumerMessages,
    ending: { max: number },
  ) {
    this.subject = subject;
    this.consumer = consumer;
    this.messages = messages;
    this.ending = ending;
    this.closed = messages.closed().then((error) => toNatsError(error ?? undefined) as undefined | Error);
    void this.closed.then(() => {
      this.ended = true;
    });
  }

  static async open(
    client: JetStreamClient,
    stream: string,
    subject: string,
    options: ConsumerOpts,
  ): Promise<OrderedSubscription> {
    const { config, callbackFn, max = 0 } = options;
    const { deliver_policy, opt_start_seq, opt_start_time, replay_policy, headers_only } = config;
    const wanted = { deliver_policy, opt_start_seq, opt_start_time, replay_policy, headers_only };
    const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
    const filter_subjects = config.filter_subjects ?? config.filter_subject ?? subject;
    const consumer = await client.consumers.get(stream, { ...Object.fromEntries(given), filter_subjects });
    const ending = { max: max || Number.POSITIVE_INFINITY };
    let calls = 0;
    const callback = (msg: JsMsg) => {
      if (calls++ < ending.max) void callbackFn?.(null, msg);
      if (calls >= ending.max) subscription.unsubscribe();
    };
    const messages = await consumer.consume(callbackFn === undefined ? {} : { callback });
    const subscription = new OrderedSubscription(subject, consumer, messages, ending);
    void subscription.closed.then((error) => {
      if (error !== undefined) callbackFn?.(asNatsError(error), null);
    });
    return subscription;
  }

  unsubscribe(max?: number): void {
    if (max === undefined || max <= this.messages.getReceived()) this.messages.stop();
    else this.ending.max = max;
  }

  async drain(): Promise<void> {
    await this.messages.close();
  }

  async destroy(): Promise<void> {
    await this.messages.close();
    await this.consumer.delete().catch(rethrow);
  }

  consumerInfo(): Promise<ConsumerInfo> {
    return this.consumer.info().catch(rethrow);
  }

  isDraining(): boolean {
    return false;
  }

  isClosed(): boolean {
    return this.ended;
  }

  getSubject(): string {
    return this.subject;
  }

  getReceived(): number {
    return this.messages.getReceived();
  }

  getProcessed(): number {
    return this.messages.getProcessed();
  }

  getPending(): number {
    return this.messages.getPending();
  }

  getID(): number {
    return 0;
  }

  getMax(): number | undefined {
    return this.ending.max === Number.POSITIVE_INFINITY ? undefined : this.ending.max;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JsMsg, void, undefined> {
    let taken = 0;
    for await (const msg of translatedIterator(this.messages[Symbol.asyncIterator]())) {
      yield msg;
      taken++;
      if (taken >= this.ending.max) break;
    }
  }
}
