import type * as Official from "@nats-io/jetstream";
import type * as Obj from "@nats-io/obj";
import type { QueuedIterator } from "../iterators.js";
import { load } from "../load.js";
import { adapt, adaptIterable, rethrow } from "../translate.js";

/** What a watch is to yield. */
export interface ObjectWatchOptions {
  /** Leave out objects that were deleted. Default false. */
  ignoreDeletes?: boolean;
  /** Yield what is there at the beginning, too. Default false. */
  includeHistory?: boolean;
}

/** An object store. */
export interface ObjectStore extends Omit<Obj.ObjectStore, "watch"> {
  /** Yields null once what was there at the beginning (with `includeHistory`) has been yielded. */
  watch(options?: ObjectWatchOptions): Promise<QueuedIterator<Obj.ObjectInfo | null>>;
}

/** See `js.views.os()`. */
export async function openObjectStore(
  client: Official.JetStreamClient,
  name: string,
  options: Partial<Obj.ObjectStoreOptions>,
): Promise<ObjectStore> {
  const { Objm } = load("@nats-io/obj", "js.views.os()");
  const store = await new Objm(client).create(name, options).catch(rethrow);
  const official = adapt(store, {});
  return adapt(store, {
    watch: async ({ ignoreDeletes = false, includeHistory = false }: ObjectWatchOptions = {}) => {
      const { streamInfo } = await official.status({ subjects_filter: `$O.${name}.M.>` });
      const there = Object.keys(streamInfo.state.subjects ?? {}).length;
      const infos = await official.watch({ includeHistory });
      const begins = there === 0 ? 0 : includeHistory ? there : Number.POSITIVE_INFINITY;
      return adaptIterable(infos, {}, () =>
        telling(infos, begins, ignoreDeletes),
      ) as QueuedIterator<Obj.ObjectInfo | null>;
    },
  });
}

/** The infos, and null behind the last of the beginning. */
async function* telling(
  infos: AsyncIterable<Obj.ObjectWatchInfo>,
  begins: number,
  ignoreDeletes: boolean,
): AsyncGenerator<Obj.ObjectInfo | null, void, undefined> {
  let seen = 0;
  if (begins === 0) yield null;
  for await (const info of infos) {
    if (!ignoreDeletes || !info.deleted) yield info;
    seen++;
    if (seen === begins) yield null;
  }
}
