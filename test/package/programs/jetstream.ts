// A stream: publish, consume, fetch, next, ordered, acknowledgements, the manager.
import {
  AckPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { connect, nanos } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const jsm = await jetstreamManager(nc);
const info = await jsm.streams.add({
  name: "orders",
  subjects: ["orders.>"],
  storage: StorageType.Memory,
  retention: RetentionPolicy.Limits,
  duplicate_window: nanos(60_000),
});
console.log(info.config.name, info.config.subjects, info.state.messages);

const js = jetstream(nc);
for (let i = 0; i < 10; i++) {
  const ack = await js.publish(`orders.${i % 2 ? "odd" : "even"}`, JSON.stringify({ i }), {
    msgID: `id-${i}`,
  });
  console.log(ack.stream, ack.seq, ack.duplicate);
}
const again = await js.publish("orders.even", "{}", { msgID: "id-0" });
console.log(again.seq, again.duplicate);

await jsm.consumers.add("orders", { durable_name: "all", ack_policy: AckPolicy.Explicit });
const consumer = await js.consumers.get("orders", "all");
const show = (how: string, m: JsMsg) =>
  console.log(how, m.seq, m.subject, m.string(), m.info.pending, m.redelivered);

const first = await consumer.next({ expires: 2000 });
if (first) {
  show("next", first);
  console.log("acknowledged", await first.ackAck());
}
for await (const m of await consumer.fetch({ max_messages: 3, expires: 2000 })) {
  show("fetch", m);
  m.ack();
}
const messages = await consumer.consume({ max_messages: 10 });
for await (const m of messages) {
  show("consume", m);
  m.ack();
  if (m.info.pending === 0) break;
}
const ordered = await js.consumers.get("orders", { filter_subjects: "orders.odd" });
for await (const m of await ordered.consume()) {
  show("ordered", m);
  if (m.info.pending === 0) break;
}
console.log("direct", (await jsm.streams.getMessage("orders", { seq: 3 }))?.string());
try {
  await js.publish("no.stream.here", "");
} catch (err) {
  console.log((err as Error).name, (err as Error).message);
}
try {
  await jsm.streams.info("gone");
} catch (err) {
  console.log((err as Error).name, (err as Error).message);
}
console.log(await jsm.consumers.delete("orders", "all"), (await jsm.streams.purge("orders")).purged);
console.log(await jsm.streams.delete("orders"));
await nc.drain();
