import { connect, type KV, type KvEntry, KvWatchInclude, NatsError, StorageType, StringCodec } from "nats";

/** KV buckets and object stores, as the guides show them. */
const sc = StringCodec();
const caught = async (work: () => unknown) => {
  try {
    await work();
    return "nothing";
  } catch (error) {
    return error instanceof NatsError
      ? `${error.code} ${error.message} ${error.api_error?.err_code}`
      : `${error}`;
  }
};

const nc = await connect({ servers: process.env.NATS_URL });
const js = nc.jetstream();

const kv: KV = await js.views.kv("config", {
  history: 5,
  storage: StorageType.Memory,
  maxBucketSize: 1_000_000,
});
const status = await kv.status();
console.log(status.bucket, status.history, status.values, status.maxBucketSize, status.backingStore);
const begun: string[] = [];
const show = (e: KvEntry) => `${e.key} ${e.operation} ${e.string()} ${e.revision}`;
const empty = await kv.watch({ initializedFn: () => begun.push("initialized") });
const watching = (async () => {
  for await (const e of empty) {
    begun.push(show(e));
    if (e.key === "end") break;
  }
})();
console.log(await kv.put("a.x", sc.encode("1")), await kv.put("a.y", "2"), await kv.put("a.x", "3"));
const entry = await kv.get("a.x");
console.log(entry && show(entry), entry?.json<number>(), await kv.get("none"));
console.log((await kv.get("a.x", { revision: 1 }))?.string());
console.log(await kv.create("b", "new"), await caught(() => kv.create("b", "newer")));
console.log(await kv.update("b", "newer", 4), await caught(() => kv.update("b", "newest", 4)));
await kv.delete("a.y");
await kv.put("a.w", "w");
const keys: string[] = [];
for await (const key of await kv.keys()) keys.push(key);
const history: string[] = [];
for await (const e of await kv.history({ key: "a.x" })) history.push(e.string());
console.log(keys.sort(), history);
const late: string[] = [];
const second = await kv.watch({
  key: "a.*",
  ignoreDeletes: true,
  include: KvWatchInclude.LastValue,
  initializedFn: () => late.push("initialized"),
});
const lateWatching = (async () => {
  for await (const e of second) {
    late.push(show(e));
    if (e.key === "a.z") break;
  }
})();
await kv.put("a.z", "last");
await kv.put("end", "end");
await Promise.all([watching, lateWatching]);
console.log(begun, late);
await kv.purge("b");
console.log((await kv.get("b"))?.operation, await caught(() => kv.put("bad key", "")));
await kv.close();

const os = await js.views.os("files", { storage: StorageType.Memory, description: "test" });
const infos: (string | null)[] = [];
const seen = (async () => {
  for await (const info of await os.watch({ includeHistory: true })) {
    infos.push(info === null ? null : `${info.name} ${info.size} ${info.deleted === true}`);
    if (info?.deleted) break;
  }
})();
const data = new Uint8Array(300_000).fill(7);
const put = await os.putBlob({ name: "one", description: "first" }, data);
console.log(put.name, put.size, put.chunks, put.bucket);
const back = await os.getBlob("one");
console.log(
  back?.length,
  back?.every((byte) => byte === 7),
  await os.getBlob("none"),
);
const result = await os.get("one");
if (result !== null) {
  let size = 0;
  const reader = result.data.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) size += part.value.length;
  console.log(size, await result.error);
}
console.log(
  (await os.list()).map((info) => info.name),
  (await os.status()).size > 0,
);
await os.delete("one");
await seen;
console.log(infos, (await os.info("one"))?.deleted);

const jsm = await js.jetstreamManager();
console.log((await jsm.streams.listKvs().next()).map((s) => s.bucket));
console.log((await jsm.streams.listObjectStores().next()).map((s) => s.bucket));
console.log(await kv.destroy(), await os.destroy());
await nc.drain();
