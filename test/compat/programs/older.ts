import { AckPolicy, connect, consumerOpts, createInbox, type JsMsg, NatsError, StringCodec } from "nats";

/** The older half of the JetStream client: push subscriptions, pull subscriptions, fetch and pull. */
const sc = StringCodec();
const caught = async (work: () => unknown) => {
  try {
    await work();
    return "nothing";
  } catch (error) {
    return error instanceof NatsError ? `${error.code} ${error.message}` : `${error}`;
  }
};

const nc = await connect({ servers: process.env.NATS_URL });
const jsm = await nc.jetstreamManager();
const js = nc.jetstream();
await jsm.streams.add({ name: "LOG", subjects: ["log.*"] });
for (let n = 1; n <= 6; n++) await js.publish(`log.${n % 2 ? "odd" : "even"}`, `${n}`);

// A push consumer, read by iteration; it goes on where it was.
const opts = consumerOpts();
// One at a time: what is left in a subscription that ends comes again only after its time.
opts
  .durable("push")
  .manualAck()
  .ackExplicit()
  .deliverTo(createInbox())
  .deliverAll()
  .maxAckPending(1)
  .ackWait(500);
const sub = await js.subscribe("log.*", opts);
const read: string[] = [];
for await (const m of sub) {
  read.push(`${m.seq} ${sc.decode(m.data)} ${m.info.pending}`);
  m.ack();
  if (read.length === 4) break;
}
await nc.flush();
console.log(read, (await sub.consumerInfo()).name, sub.isClosed());
const again = await js.subscribe("log.*", consumerOpts().bind("LOG", "push").manualAck());
for await (const m of again) {
  console.log("again", m.seq);
  m.ack();
  if (m.seq === 6) break;
}
await again.destroy();
console.log(await caught(() => jsm.consumers.info("LOG", "push")));

// By callback, acknowledged by itself.
const calls: string[] = [];
await new Promise<void>((resolve, reject) => {
  const wanted = consumerOpts();
  wanted.durable("calls").deliverTo(createInbox()).filterSubject("log.odd").ackExplicit();
  wanted.callback((err: NatsError | null, m: JsMsg | null) => {
    calls.push(err ? err.code : `${m?.seq} ${m?.string()}`);
    if (calls.length === 3) setTimeout(resolve, 50);
  });
  js.subscribe("log.odd", wanted).catch(reject);
});
await nc.flush();
console.log(calls, (await jsm.consumers.info("LOG", "calls")).num_ack_pending);

// With flow control: the server goes on when it is answered.
const payload = new Uint8Array(4096);
await jsm.streams.add({ name: "BULK", subjects: ["bulk"] });
for (let n = 0; n < 2000; n++) nc.publish("bulk", payload);
await nc.flush();
const steady = consumerOpts().deliverTo(createInbox()).ackNone().flowControl().idleHeartbeat(5000);
let bulk = 0;
for await (const _ of await js.subscribe("bulk", steady)) if (++bulk === 2000) break;
console.log(bulk, await jsm.streams.delete("BULK"));

// In order.
const ordered = await js.subscribe("log.even", consumerOpts().orderedConsumer());
const inOrder: number[] = [];
for await (const m of ordered) {
  inOrder.push(m.seq);
  if (inOrder.length === 3) break;
}
console.log(inOrder);

// A pull subscription.
const puller = await js.pullSubscribe("log.*", {
  mack: true,
  config: { durable_name: "puller", ack_policy: AckPolicy.Explicit },
});
const pulled: number[] = [];
const pulling = (async () => {
  for await (const m of puller) {
    pulled.push(m.seq);
    m.ack();
    if (pulled.length === 6) break;
    if (pulled.length % 2 === 0) puller.pull({ batch: 2, expires: 5000 });
  }
})();
puller.pull({ batch: 2, expires: 5000 });
await pulling;
await nc.flush();
console.log(pulled, (await jsm.consumers.info("LOG", "puller")).num_pending);

// fetch() and pull().
await jsm.consumers.add("LOG", { durable_name: "fetch", ack_policy: AckPolicy.Explicit });
const fetched: number[] = [];
for await (const m of js.fetch("LOG", "fetch", { batch: 4, expires: 3000 })) {
  fetched.push(m.seq);
  m.ack();
}
for await (const m of js.fetch("LOG", "fetch", { batch: 10, no_wait: true })) {
  fetched.push(m.seq);
  await m.ackAck();
}
for await (const m of js.fetch("LOG", "fetch", { batch: 10, no_wait: true })) fetched.push(-m.seq);
console.log(fetched, await caught(() => js.fetch("LOG", "fetch", { batch: 1 })));
console.log(await caught(() => js.pull("LOG", "fetch")), await caught(() => js.pull("LOG", "fetch", 100)));
await js.publish("log.odd", "7");
const one = await js.pull("LOG", "fetch", 1000);
one.nak(10);
const redelivered = await js.pull("LOG", "fetch", 3000);
redelivered.working();
redelivered.term("enough");
console.log(one.seq, redelivered.seq, redelivered.redelivered, redelivered.info.deliveryCount);

// What is refused.
console.log(await caught(() => js.subscribe("log.*", consumerOpts().durable("x"))));
console.log((await caught(() => js.subscribe("nowhere", consumerOpts().deliverTo("x")))).slice(-25));
console.log(await caught(() => js.subscribe("log.*", consumerOpts().bind("LOG", "none").deliverTo("x"))));
console.log(await caught(() => js.subscribe("log.*", consumerOpts().orderedConsumer().durable("x"))));
console.log(await caught(() => js.pullSubscribe("log.*", consumerOpts().durable("y").ackNone())));
console.log(
  await caught(() => consumerOpts().durable("a.b")),
  await caught(() => consumerOpts().sample(101)),
);
await jsm.streams.delete("LOG");
await nc.drain();
