import { type Bucket, Kvm, type KvWatchEntry } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { expect } from "vitest";
import type { Connection } from "../../src/index.js";
import { until } from "../support/until.js";

/** Everything that the KV package does with a connection. */
export async function exerciseKv(nc: Connection): Promise<void> {
  const kv = await new Kvm(nc).create("settings", { history: 5 });
  const changes: string[] = [];
  const watch = await kv.watch();
  const watching = (async () => {
    for await (const { key, operation } of watch as AsyncIterable<KvWatchEntry>)
      changes.push(`${operation} ${key}`);
  })();
  const revision = await kv.create("a", "1");
  await expect(kv.create("a", "again")).rejects.toThrow("wrong last sequence");
  await kv.update("a", "2", revision);
  await kv.put("b", JSON.stringify({ n: 3 }));
  expect((await kv.get("a"))?.string()).toBe("2");
  expect((await kv.get("b"))?.json()).toEqual({ n: 3 });
  expect(await kv.get("none")).toBeNull();
  const keys: string[] = [];
  for await (const key of await kv.keys()) keys.push(key);
  expect(keys.toSorted()).toEqual(["a", "b"]);
  const values: (string | undefined)[] = [];
  for await (const entry of await kv.history({ key: "a" })) values.push(entry.string());
  expect(values).toEqual(["1", "2"]);
  await kv.delete("a");
  await kv.purge("b");
  await until(
    () => changes.length === 5,
    () => `all changes: ${changes}`,
  );
  expect(changes).toEqual(["PUT a", "PUT a", "PUT b", "DEL a", "PURGE b"]);
  expect((await kv.status()).bucket).toBe("settings");
  await (kv as Bucket).purgeDeletes(0);
  watch.stop();
  await watching;
  const opened = await new Kvm(nc).open("settings");
  expect(await opened.destroy()).toBe(true);
  const names: string[] = [];
  for await (const { bucket } of new Kvm(nc).list()) names.push(bucket);
  expect(names).toEqual([]);
}

/** Everything that the object store package does with a connection. */
export async function exerciseObjects(nc: Connection): Promise<void> {
  const store = await new Objm(nc).create("files");
  const seen: string[] = [];
  const watch = await store.watch();
  const watching = (async () => {
    for await (const info of watch) if (info !== null) seen.push(`${info.name} ${info.deleted}`);
  })();
  const data = new Uint8Array(300_000).map((_, at) => at % 251);
  const info = await store.putBlob({ name: "big", options: { max_chunk_size: 64 * 1024 } }, data);
  expect(info.size).toBe(data.length);
  const whole = (bytes: Uint8Array | null) => bytes !== null && Buffer.compare(bytes, data) === 0;
  expect(whole(await store.getBlob("big"))).toBe(true);
  const read = await store.get("big");
  const parts: Uint8Array[] = [];
  for await (const part of read!.data as unknown as AsyncIterable<Uint8Array>) parts.push(part);
  expect(whole(Buffer.concat(parts))).toBe(true);
  await store.link("alias", info);
  expect(whole(await store.getBlob("alias"))).toBe(true);
  await store.update("big", { name: "large", description: "renamed" });
  expect((await store.list()).map(({ name }) => name).toSorted()).toEqual(["alias", "large"]);
  expect(await store.get("none")).toBeNull();
  expect((await store.status()).bucket).toBe("files");
  expect(await store.delete("alias")).toMatchObject({ success: true });
  await until(
    () => seen.includes("alias true"),
    () => `what happened: ${seen}`,
  );
  watch.stop();
  await watching;
  await store.seal();
  const other = await new Objm(nc).open("files");
  expect(await other.destroy()).toBe(true);
}
