// A bucket: put, get, update, history, watch, keys.
import { Kvm } from "@nats-io/kv";
import { connect } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const kvm = new Kvm(nc);
const kv = await kvm.create("settings", { history: 5 });
console.log(await kv.create("hello.world", "hi"), await kv.put("hello.world", "again"));
const entry = await kv.get("hello.world");
console.log(entry?.key, entry?.string(), entry?.revision, entry?.operation);
console.log(await kv.update("hello.world", "updated", entry!.revision));
try {
  await kv.update("hello.world", "stale", 1);
} catch (err) {
  console.log((err as Error).name, (err as Error).message);
}
await kv.put("other", "x");
const keys = [];
for await (const key of await kv.keys()) keys.push(key);
console.log(keys.sort());
for await (const e of await kv.history({ key: "hello.world" })) console.log(e.operation, e.string(), e.delta);

const watch = await kv.watch({ key: "hello.*" });
const changes = (async () => {
  for await (const e of watch) {
    console.log("change", e.key, e.operation, e.string(), e.isUpdate);
    if (e.operation === "PURGE") break;
  }
})();
await kv.put("hello.there", "new");
await kv.delete("hello.world");
await kv.purge("hello.there");
await changes;
console.log(await kv.get("nothing"), (await kv.get("hello.world"))?.operation);
const status = await kv.status();
console.log(status.bucket, status.history, status.values);
console.log(await kv.destroy());
await nc.close();
