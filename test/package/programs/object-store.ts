// An object store: put, get, blobs, info, list, delete.
import { Objm } from "@nats-io/obj";
import { connect } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const objm = new Objm(nc);
const os = await objm.create("files");
const bytes = new Uint8Array(300_000).map((_, i) => i % 251);
const info = await os.putBlob({ name: "big", description: "a large one" }, bytes);
console.log(info.name, info.size, info.chunks, info.digest);
const got = await os.getBlob("big");
console.log(
  got?.length,
  got?.every((value, i) => value === bytes[i]),
);
await os.putBlob({ name: "small" }, new TextEncoder().encode("text"));

const result = await os.get("small");
const reader = result!.data.getReader();
let text = "";
for (;;) {
  const { done, value } = await reader.read();
  if (done) break;
  text += new TextDecoder().decode(value);
}
console.log(text, await result?.error);
console.log((await os.list()).map(({ name, size }) => `${name} ${size}`).sort());
console.log((await os.info("big"))?.chunks, await os.info("nothing"));
await os.delete("big");
console.log((await os.info("big"))?.deleted, await os.getBlob("big"));
console.log((await os.status()).size > 0, await os.destroy());
await nc.close();
