import type * as Official from "@nats-io/jetstream";
import type * as Kv from "@nats-io/kv";
import type { QueuedIterator } from "../iterators.js";
import { load } from "../load.js";
import { adapt, adaptIterable, rethrow } from "../translate.js";

/** Options of `js.views.kv()`. */
export interface KvOptions extends Kv.KvOptions {
  /** The old name of `max_bytes`. */
  maxBucketSize: number;
  /** The old name of `storage`. */
  backingStore: Kv.KvOptions["storage"];
  /** The old name of `placement.cluster`. */
  placementCluster: string;
}

/** The state of a bucket. */
export interface KvStatus extends Kv.KvStatus {
  /** The old name of `max_bytes`. */
  maxBucketSize: number;
  /** The old name of `storage`. */
  backingStore: Kv.KvStatus["storage"];
  /** The old name of `placement.cluster`. */
  placementCluster: string;
  /** The cluster that the bucket is in. */
  bucket_location: string;
}

/** Options of `kv.watch()`. */
export interface KvWatchOptions extends Kv.KvWatchOptions {
  /** Called in the iteration, when all that was there at the beginning has been yielded. */
  initializedFn?: () => void;
}

/** A KV bucket. */
export interface KV extends Omit<Kv.KV, "history" | "keys" | "status" | "watch"> {
  /** The entries that the bucket has kept, of all keys or of `key`, wildcards and all, the oldest first; ends after the last. */
  history(options?: { key?: string | string[] }): Promise<QueuedIterator<Kv.KvWatchEntry>>;
  /** The keys that have a value, all or those that match `filter`; ends after the last. */
  keys(filter?: string | string[]): Promise<QueuedIterator<string>>;
  /** The entries of now, as its options say, and each change from then on. */
  watch(options?: KvWatchOptions): Promise<QueuedIterator<Kv.KvWatchEntry>>;
  /** The state of the bucket, asked of the server. */
  status(): Promise<KvStatus>;
  /** Nothing to do: a bucket holds nothing open. */
  close(): Promise<void>;
}

/** See `js.views.kv()`. */
export async function openKv(
  client: Official.JetStreamClient,
  name: string,
  options: Partial<KvOptions>,
): Promise<KV> {
  const { Kvm } = load("@nats-io/kv", "js.views.kv()");
  const bucket = await new Kvm(client).create(name, toOfficial(options)).catch(rethrow);
  const official = adapt(bucket, {});
  return adapt(bucket, {
    history: async (of?: { key?: string | string[] }) => adaptIterable(await official.history(of), {}),
    keys: async (filter?: string | string[]) => adaptIterable(await official.keys(filter), {}),
    watch: async (of: KvWatchOptions = {}) => {
      const { initializedFn, ignoreDeletes, ...rest } = of;
      if (initializedFn === undefined) return adaptIterable(await official.watch(of), {});
      // What is to be ignored counts here: the last entry of the beginning may be a deletion.
      const entries = await official.watch(rest);
      return adaptIterable(entries, {}, () => telling(entries, initializedFn, ignoreDeletes === true));
    },
    // The old names are there, and only their types are not.
    status: () => official.status() as Promise<KvStatus>,
    close: () => Promise.resolve(),
  });
}

function toOfficial(options: Partial<KvOptions>): Partial<Kv.KvOptions> {
  const { maxBucketSize, backingStore, placementCluster, ...rest } = options;
  const made: Partial<Kv.KvOptions> = rest;
  if (maxBucketSize !== undefined) made.max_bytes ??= maxBucketSize;
  if (backingStore !== undefined) made.storage ??= backingStore;
  if (placementCluster !== undefined) made.placement ??= { cluster: placementCluster, tags: [] };
  return made;
}

/** The entries; calls `initialized` once what was there at the beginning has been yielded. */
async function* telling(
  entries: AsyncIterable<Kv.KvWatchEntry>,
  initialized: () => void,
  ignoreDeletes: boolean,
): AsyncGenerator<Kv.KvWatchEntry, void, undefined> {
  let told = (await waitingAtFirst(entries)) === 0;
  if (told) initialized();
  for await (const entry of entries) {
    if (!ignoreDeletes || entry.operation !== "DEL") yield entry;
    // The last entry of the beginning is an update already, in the eyes of the official package.
    if (told || !entry.isUpdate) continue;
    told = true;
    initialized();
  }
}

/** How many entries waited when the watch began: it knows, and says so by its consumer alone. */
async function waitingAtFirst(entries: unknown): Promise<number> {
  const { _data } = entries as { _data: { info(cached: boolean): Promise<Official.ConsumerInfo> } };
  return (await _data.info(true)).num_pending;
}
