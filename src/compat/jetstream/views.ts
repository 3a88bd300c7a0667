import type * as Official from "@nats-io/jetstream";
import type * as Obj from "@nats-io/obj";
import { type KV, type KvOptions, openKv } from "./kv.js";
import { type ObjectStore, openObjectStore } from "./object-store.js";

/** KV buckets and object stores. */
export interface Views {
  /** The bucket, made if it is not there and `bindOnly` is not set. Needs the package `@nats-io/kv`. */
  kv(name: string, options?: Partial<KvOptions>): Promise<KV>;
  /** The object store, made if it is not there. Needs the package `@nats-io/obj`. */
  os(name: string, options?: Partial<Obj.ObjectStoreOptions>): Promise<ObjectStore>;
}

/** The views of a client. */
export function viewsOf(client: Official.JetStreamClient): Views {
  return {
    kv: (name, options = {}) => openKv(client, name, options),
    os: (name, options = {}) => openObjectStore(client, name, options),
  };
}
