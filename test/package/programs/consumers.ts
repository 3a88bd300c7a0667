// Consumers: callbacks, status, stopping, lists, a push consumer, headers only, errors, redelivery.
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect, nanos } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const jsm = await jetstreamManager(nc);
const js = jetstream(nc, { timeout: 2000 });
await jsm.streams.add({ name: "E", subjects: ["e.*"], storage: StorageType.Memory, allow_direct: true });
for (let i = 1; i <= 6; i++) await js.publish(`e.${i % 3}`, `${i}`);

const names = [];
for await (const s of jsm.streams.names()) names.push(s);
console.log(names);
for await (const s of jsm.streams.list()) console.log(s.config.name, s.state.messages, s.state.last_seq);
await jsm.consumers.add("E", {
  durable_name: "work",
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(200),
  max_deliver: 2,
});
for await (const c of jsm.consumers.list("E")) console.log(c.name, c.num_pending, c.config.ack_policy);

const consumer = await js.consumers.get("E", "work");
let count = 0;
let done = () => {};
const all = new Promise<void>((resolve) => {
  done = resolve;
});
const messages = await consumer.consume({
  callback: (m) => {
    console.log("got", m.string(), m.info.deliveryCount, m.redelivered);
    if (m.seq === 2 && !m.redelivered) m.nak();
    else if (m.seq === 3) m.term("no use");
    else m.ack();
    if (++count === 7) done();
  },
});
await all;
await messages.close();
let info = await consumer.info();
// Acknowledgements that nobody awaits are on their way.
while (info.num_ack_pending > 0) info = await consumer.info();
console.log(info.num_ack_pending, info.num_pending);

const filtered = await js.consumers.get("E", {
  filter_subjects: ["e.1", "e.2"],
  deliver_policy: DeliverPolicy.All,
});
const seen = [];
for await (const m of await filtered.fetch({ max_messages: 4, expires: 2000 })) seen.push(m.string());
console.log(seen.join());
console.log((await jsm.direct.getMessage("E", { last_by_subj: "e.0" }))?.string());

await jsm.consumers.add("E", {
  durable_name: "push",
  deliver_subject: "deliver.here",
  ack_policy: AckPolicy.None,
});
const push = await js.consumers.getPushConsumer("E", "push");
const pushed = await push.consume();
const texts = [];
for await (const m of pushed) {
  texts.push(m.string());
  if (m.info.pending === 0) break;
}
console.log("pushed", texts.join());
console.log(await jsm.consumers.delete("E", "push"));
await js.consumers.get("E", "gone").catch((err: Error) => console.log(err.name));
await jsm.streams
  .add({ name: "F", subjects: ["e.1"] })
  .catch((err: Error) => console.log(err.name, err.message));
const last = await js.publish("e.1", "x", { expect: { lastSequence: 1 } }).catch((err: Error) => err);
console.log((last as Error).message);
console.log((await jsm.getAccountInfo()).streams >= 1, await jsm.streams.delete("E"));
await nc.close();
