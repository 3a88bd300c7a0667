import type * as Official from "@nats-io/jetstream";
import type { Connection } from "../../index.js";
import type { ConsumerOpts, ConsumerOptsBuilder } from "../legacy/consumer-opts.js";
import { type JsIterator, LegacyApi, type PullOptions } from "../legacy/legacy-api.js";
import type { JetStreamPullSubscription, JetStreamSubscription } from "../legacy/subscription.js";
import { load } from "../load.js";
import { adapt, translated } from "../translate.js";
import { type Consumer, type OrderedConsumerOptions, toConsumer, toOfficialName } from "./consumer.js";
import { createManager, type JetStreamManager, toManager } from "./manager.js";
import type { JetStreamManagerOptions, JetStreamOptions } from "./options.js";
import { type Stream, toStream } from "./stream.js";
import { type Views, viewsOf } from "./views.js";

/** Consumers of streams. */
export interface Consumers {
  /** A durable consumer by its name, or an ordered consumer without one. */
  get(stream: string, name?: string | Partial<OrderedConsumerOptions>): Promise<Consumer>;
  /** The handle of a consumer that is known, without asking the server. */
  getPullConsumerFor(info: Official.ConsumerInfo): Consumer;
}

/** A client of JetStream. */
export interface JetStreamClient
  extends Omit<Official.JetStreamClient, "consumers" | "jetstreamManager" | "streams"> {
  /** Consumers of streams, to read by `consume()`, `fetch()` and `next()`. */
  consumers: Consumers;
  /** Streams by their names: `get()` rejects when there is none with this name. */
  streams: { get(stream: string): Promise<Stream> };
  /** KV buckets and object stores. */
  views: Views;
  /** What manages streams and consumers. With `checkAPI` false it does not ask first whether JetStream is there. */
  jetstreamManager(checkAPI?: boolean): Promise<JetStreamManager>;
  /** One message of a durable pull consumer. Rejects with `404` when there is none (`408` with `expires`). */
  pull(stream: string, durable: string, expires?: number): Promise<Official.JsMsg>;
  /** Messages of a durable pull consumer: what there is (`no_wait`), or what comes within `expires` ms. */
  fetch(stream: string, durable: string, options?: Partial<PullOptions>): JsIterator;
  /** A pull consumer that is made if it is not there; `sub.pull()` asks for messages. */
  pullSubscribe(
    subject: string,
    options?: ConsumerOptsBuilder | Partial<ConsumerOpts>,
  ): Promise<JetStreamPullSubscription>;
  /** A push consumer, or an ordered one, that is made if it is not there. */
  subscribe(
    subject: string,
    options?: ConsumerOptsBuilder | Partial<ConsumerOpts>,
  ): Promise<JetStreamSubscription>;
}

/** See `nc.jetstream()`. @throws NatsError `PACKAGE_MISSING` */
export function jetStreamClient(
  nc: Connection,
  options: JetStreamOptions | JetStreamManagerOptions,
): JetStreamClient {
  const { jetstream } = load("@nats-io/jetstream", "nc.jetstream()");
  return toClient(
    nc,
    translated(() => jetstream(nc, options)),
  );
}

/** See `nc.jetstreamManager()`. */
export function jetStreamManager(
  nc: Connection,
  options: JetStreamManagerOptions,
): Promise<JetStreamManager> {
  return createManager(nc, options, (client) => toClient(nc, client));
}

/** A client in the shape of `nats` 2. */
function toClient(nc: Connection, client: Official.JetStreamClient): JetStreamClient {
  const official = adapt(client, {});
  const consumers = adapt(client.consumers, {});
  const streams = adapt(client.streams, {});
  const legacy = new LegacyApi(nc, client);
  const fromInfo = (info: Official.ConsumerInfo) => toConsumer(consumers.getConsumerFromInfo(info));
  const changes = {
    consumers: adapt(client.consumers, {
      get: async (stream: string, name?: string | Partial<OrderedConsumerOptions>) =>
        toConsumer(await consumers.get(stream, toOfficialName(name))),
      getPullConsumerFor: fromInfo,
    }),
    streams: adapt(client.streams, {
      get: async (stream: string) => toStream(await streams.get(stream), fromInfo),
    }),
    views: viewsOf(client),
    jetstreamManager: async (checkAPI?: boolean) =>
      toManager(await official.jetstreamManager(checkAPI), (other) => toClient(nc, other)),
    pull: legacy.pull.bind(legacy),
    fetch: legacy.fetch.bind(legacy),
    pullSubscribe: legacy.pullSubscribe.bind(legacy),
    subscribe: legacy.subscribe.bind(legacy),
  };
  return adapt<Official.JetStreamClient, typeof changes>(client, changes);
}
