import type * as Official from "@nats-io/jetstream";
import type * as Obj from "@nats-io/obj";
import type { Connection } from "../../index.js";
import { load } from "../load.js";
import { adapt, adaptIterable, rethrow } from "../translate.js";
import type { JetStreamClient } from "./client.js";
import { toConsumer } from "./consumer.js";
import type { KvStatus } from "./kv.js";
import type { JetStreamManagerOptions } from "./options.js";
import { found, type Stream, toStream } from "./stream.js";

/** Streams of the account. */
export interface StreamAPI extends Omit<Official.StreamAPI, "add" | "get" | "getMessage"> {
  /** Makes a stream. Rejects when there is one of this name with another configuration. */
  add(config: Partial<Official.StreamConfig>): Promise<Official.StreamInfo>;
  /** A stream by its name. Rejects when there is none. */
  get(name: string): Promise<Stream>;
  /** Rejects with `404` when there is no such message. */
  getMessage(stream: string, query: Official.MsgRequest): Promise<Official.StoredMsg>;
  /** The KV buckets. Needs the package `@nats-io/kv`. */
  listKvs(): Official.Lister<KvStatus>;
  /** The object stores. Needs the package `@nats-io/obj`. */
  listObjectStores(): Official.Lister<Obj.ObjectStoreStatus>;
}

/** Manages streams and consumers. */
export interface JetStreamManager
  extends Omit<Official.JetStreamManager, "direct" | "jetstream" | "streams"> {
  /** Streams of the account. */
  streams: StreamAPI;
  /** Messages straight from any replica, of streams with `allow_direct`. */
  direct: Omit<Official.DirectStreamAPI, "getMessage"> & {
    /** Rejects with `404` when there is no such message. */
    getMessage(stream: string, query: Official.DirectMsgRequest): Promise<Official.StoredMsg>;
  };
  /** A client of JetStream on the same connection, with the same options. */
  jetstream(): JetStreamClient;
}

/** Makes a client of an official one. */
export type ToClient = (client: Official.JetStreamClient) => JetStreamClient;

/** See `nc.jetstreamManager()`. */
export async function createManager(
  nc: Connection,
  options: JetStreamManagerOptions,
  toClient: ToClient,
): Promise<JetStreamManager> {
  const { jetstreamManager } = load("@nats-io/jetstream", "nc.jetstreamManager()");
  return toManager(await jetstreamManager(nc, options).catch(rethrow), toClient);
}

/** A manager in the shape of `nats` 2. */
export function toManager(manager: Official.JetStreamManager, toClient: ToClient): JetStreamManager {
  const streams = adapt(manager.streams, {});
  const consumers = adapt(manager.consumers, {});
  const direct = adapt(manager.direct, {});
  const client = () => manager.jetstream();
  return adapt(manager, {
    streams: adapt(manager.streams, {
      add: (config: Partial<Official.StreamConfig>) => streams.add(config as Official.StreamConfig),
      get: async (name: string) =>
        toStream(await streams.get(name), (info) => toConsumer(client().consumers.getConsumerFromInfo(info))),
      getMessage: async (stream: string, query: Official.MsgRequest) =>
        found(await streams.getMessage(stream, query)),
      list: (subject?: string) => adaptIterable(streams.list(subject), {}),
      names: (subject?: string) => adaptIterable(streams.names(subject), {}),
      listKvs: () => {
        const { Kvm } = load("@nats-io/kv", "jsm.streams.listKvs()");
        return adaptIterable(new Kvm(client()).list() as Official.Lister<KvStatus>, {});
      },
      listObjectStores: () => {
        const { Objm } = load("@nats-io/obj", "jsm.streams.listObjectStores()");
        return adaptIterable(new Objm(client()).list(), {});
      },
    }),
    consumers: adapt(manager.consumers, {
      list: (stream: string) => adaptIterable(consumers.list(stream), {}),
    }),
    direct: adapt(manager.direct, {
      getMessage: async (stream: string, query: Official.DirectMsgRequest) =>
        found(await direct.getMessage(stream, query)),
    }),
    jetstream: () => toClient(client()),
  });
}
