import type {
  ConsumerConfig,
  ConsumerInfo,
  JetStreamClient,
  JetStreamManager,
  JsMsg,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { type Connection, createInbox } from "../../index.js";
import { AckPolicy, DeliverPolicy, ReplayPolicy } from "../constants.js";
import { ErrorCode } from "../error-codes.js";
import { asNatsError } from "../errors.js";
import type { QueuedIterator } from "../iterators.js";
import { checkJsError } from "../js-status.js";
import { NatsError } from "../nats-error.js";
import { rethrow } from "../translate.js";
import { type ConsumerOpts, type ConsumerOptsBuilder, toConsumerOpts } from "./consumer-opts.js";
import { Fetch } from "./fetch.js";
import { CompatJsMsg } from "./js-msg.js";
import { checkName } from "./names.js";
import { OrderedSubscription } from "./ordered.js";
import { type PullOptions, pullRequest } from "./pull-request.js";
import {
  ConsumerSubscription,
  type JetStreamPullSubscription,
  type JetStreamSubscription,
} from "./subscription.js";

export type { PullOptions } from "./pull-request.js";
/** What `js.fetch()` gives. */
export type JsIterator = QueuedIterator<JsMsg>;

/** ms that a request to the server may take, if nothing else is said. */
const TIMEOUT = 5_000;
/** ms after which a message without an acknowledgement is delivered again, if nothing else is said. */
const ACK_WAIT = 30_000;

type Given = ConsumerOptsBuilder | Partial<ConsumerOpts>;
type Bound = { stream: string; options: ConsumerOpts; attached: boolean };

/** The older half of the JetStream client of `nats` 2, which nats.js 3 has dropped. */
export class LegacyApi {
  private readonly nc: Connection;
  private readonly client: JetStreamClient;
  private readonly timeout: number;
  private manager: Promise<JetStreamManager> | undefined;

  constructor(nc: Connection, client: JetStreamClient) {
    this.nc = nc;
    this.client = client;
    this.timeout = client.getOptions().timeout ?? TIMEOUT;
  }

  /** See `JetStreamClient.pull`. */
  async pull(stream: string, durable: string, expires = 0): Promise<JsMsg> {
    const subject = this.nextSubject(stream, durable);
    const request = pullRequest({ batch: 1, no_wait: expires <= 0, expires: Math.max(0, expires) });
    const timeout = Math.max(this.timeout, expires);
    const msg = await this.nc.request(subject, request, { noMux: true, timeout }).catch(rethrow);
    const error = checkJsError(msg);
    if (error !== null) throw error;
    return new CompatJsMsg(msg, this.nc, this.timeout);
  }

  /** See `JetStreamClient.fetch`. */
  fetch(stream: string, durable: string, options: Partial<PullOptions> = {}): JsIterator {
    return new Fetch(this.nc, this.nextSubject(stream, durable), options, this.timeout);
  }

  /** See `JetStreamClient.pullSubscribe`. */
  async pullSubscribe(subject: string, given?: Given): Promise<JetStreamPullSubscription> {
    const { stream, options, attached } = await this.bind(subject, toConsumerOpts(given));
    const { config, ordered } = options;
    if (ordered) throw new Error("pull subscribers cannot be be ordered");
    if (config.deliver_subject !== undefined) {
      throw new Error(
        "consumer info specifies deliver_subject - pull consumers cannot have deliver_subject set",
      );
    }
    if (config.ack_policy === AckPolicy.None || config.ack_policy === AckPolicy.All) {
      throw new Error("ack policy for pull consumers must be explicit");
    }
    const inbox = createInbox(this.nc.options.inboxPrefix);
    return this.open(inbox, { stream, options, attached });
  }

  /** See `JetStreamClient.subscribe`. */
  async subscribe(subject: string, given?: Given): Promise<JetStreamSubscription> {
    const wanted = toConsumerOpts(given);
    if (wanted.ordered) {
      checkOrdered(wanted.config);
      const stream = await this.streamOf(subject, wanted);
      return OrderedSubscription.open(this.client, stream, subject, wanted).catch(rethrow);
    }
    const bound = await this.bind(subject, wanted);
    const { deliver_subject } = bound.options.config;
    if (deliver_subject === undefined) throw new Error("push consumer requires deliver_subject");
    return this.open(deliver_subject, bound);
  }

  /** Subscribes first, so that nothing is delivered to nobody, and then makes the consumer. */
  private async open(inbox: string, { stream, options, attached }: Bound): Promise<ConsumerSubscription> {
    const subscription = new ConsumerSubscription(this.nc, inbox, options, this.timeout);
    try {
      const { consumers } = await this.jsm();
      let name = options.config.durable_name;
      if (!attached) {
        const made = await consumers.add(stream, { ...DEFAULTS, ...options.config });
        options.config = made.config;
        name = made.name;
      }
      return subscription.attach({
        info: () => consumers.info(stream, name!).catch(rethrow),
        delete: () => consumers.delete(stream, name!).catch(rethrow),
        next: `${this.prefix}.CONSUMER.MSG.NEXT.${stream}.${name}`,
      });
    } catch (error) {
      subscription.unsubscribe();
      return rethrow(error);
    }
  }

  /** Completes the options with what is known of the stream, and of the consumer if it is there. */
  private async bind(subject: string, options: ConsumerOpts): Promise<Bound> {
    const stream = await this.streamOf(subject, options);
    const { config } = options;
    if (config.ack_policy === AckPolicy.NotSet) config.ack_policy = AckPolicy.All;
    const info = await this.find(stream, config.durable_name);
    if (info !== undefined) {
      checkMatch(subject, config, info);
      return { stream, options: { ...options, config: info.config }, attached: true };
    }
    if (options.isBind) {
      throw new Error(`unable to bind - durable consumer ${config.durable_name} doesn't exist in ${stream}`);
    }
    if (config.filter_subject === undefined && config.filter_subjects === undefined) {
      config.filter_subject = subject;
    }
    return { stream, options, attached: false };
  }

  private async streamOf(subject: string, { stream }: ConsumerOpts): Promise<string> {
    if (stream !== "") return stream;
    const { streams } = await this.jsm();
    return streams.find(subject).catch(rethrow);
  }

  private async find(stream: string, durable: string | undefined): Promise<ConsumerInfo | undefined> {
    if (durable === undefined || durable === "") return undefined;
    const { consumers } = await this.jsm();
    return consumers.info(stream, durable).catch((error: unknown) => {
      if (asNatsError(error).code === ErrorCode.JetStream404NoMessages) return undefined;
      return rethrow(error);
    });
  }

  private jsm(): Promise<JetStreamManager> {
    this.manager ??= this.client.jetstreamManager(false);
    return this.manager;
  }

  private nextSubject(stream: string, durable: string): string {
    return `${this.prefix}.CONSUMER.MSG.NEXT.${checkName("stream", stream)}.${checkName("durable", durable)}`;
  }

  private get prefix(): string {
    return this.client.apiPrefix;
  }
}

const DEFAULTS = {
  deliver_policy: DeliverPolicy.All,
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(ACK_WAIT),
  replay_policy: ReplayPolicy.Instant,
} satisfies Partial<ConsumerConfig>;

/** Refuses a consumer that is there and is another. */
function checkMatch(subject: string, config: Partial<ConsumerConfig>, info: ConsumerInfo): void {
  const { filter_subject, deliver_group = "" } = info.config;
  if (filter_subject !== undefined && filter_subject !== "" && filter_subject !== subject) {
    throw new Error("subject does not match consumer");
  }
  const queue = config.deliver_group ?? "";
  if (queue === "" && info.push_bound === true) throw new Error("duplicate subscription");
  if (queue === deliver_group) return;
  throw new Error(
    deliver_group === ""
      ? "durable requires no queue group"
      : `durable requires queue group '${deliver_group}'`,
  );
}

/** Refuses what an ordered consumer decides for itself. */
function checkOrdered(config: Partial<ConsumerConfig>): void {
  const { durable_name, deliver_subject, deliver_group, max_deliver = 0 } = config;
  const wrong =
    (durable_name && "durable_name") ||
    (deliver_subject && "deliver_subject") ||
    (deliver_group && "deliver_group") ||
    (max_deliver > 1 && "max_deliver");
  if (wrong) throw new NatsError(`ordered consumer: ${wrong} cannot be set`, ErrorCode.ApiError);
}
