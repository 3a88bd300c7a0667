import {
  AckPolicy,
  type Consumer,
  ConsumerEvents,
  connect,
  DeliverPolicy,
  DiscardPolicy,
  ErrorCode,
  type JetStreamClient,
  type JetStreamManager,
  JSONCodec,
  type JsMsg,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  StringCodec,
} from "nats";

/** Streams and consumers, as the guides show them. */
const sc = StringCodec();
const jc = JSONCodec<{ n: number }>();
const caught = async (work: () => unknown) => {
  try {
    await work();
    return "nothing";
  } catch (error) {
    if (!(error instanceof NatsError)) return `${error}`;
    const { code, message, api_error } = error;
    return `${code} ${api_error?.err_code ?? "-"} ${error.isJetStreamError()} ${message}`;
  }
};

const nc = await connect({ servers: process.env.NATS_URL });
const jsm: JetStreamManager = await nc.jetstreamManager();
const js: JetStreamClient = nc.jetstream({ timeout: 3000 });

// A stream, made if it is missing.
const missing = await caught(() => jsm.streams.info("EVENTS"));
const info = await jsm.streams.add({
  name: "EVENTS",
  subjects: ["events.>"],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_msgs: 100_000,
  max_bytes: 100 * 1024 * 1024,
  duplicate_window: nanos(60_000),
});
console.log(missing, info.config.name, info.config.retention, info.state.messages);

// Publishing, and what is refused.
const ack = await js.publish("events.a", jc.encode({ n: 1 }), { msgID: "1" });
const again = await js.publish("events.a", jc.encode({ n: 1 }), { msgID: "1" });
console.log(ack.stream, ack.seq, ack.duplicate, again.seq, again.duplicate);
for (let n = 2; n <= 10; n++)
  await js.publish(`events.${n % 2 ? "a" : "b"}`, jc.encode({ n }), { msgID: `${n}` });
console.log(await caught(() => js.publish("events.a", "x", { expect: { lastSequence: 3 } })));
console.log(await caught(() => js.publish("events.a", "x", { expect: { streamName: "OTHER" } })));
console.log(await caught(() => js.publish("nowhere", "x", { timeout: 500 })));

// A durable consumer: consume, fetch, next.
await jsm.consumers.add("EVENTS", {
  durable_name: "worker",
  ack_policy: AckPolicy.Explicit,
  ack_wait: nanos(30_000),
  max_deliver: 3,
  deliver_policy: DeliverPolicy.All,
});
const consumer: Consumer = await js.consumers.get("EVENTS", "worker");
const read: string[] = [];
const note = (m: JsMsg) => read.push(`${m.seq}:${m.subject}:${m.json<{ n: number }>().n}:${m.redelivered}`);
const first = await consumer.next();
if (first !== null) {
  note(first);
  console.log(await first.ackAck(), first.info.stream, first.info.consumer, first.info.deliveryCount);
}
const batch = await consumer.fetch({ max_messages: 3, expires: 2000 });
for await (const m of batch) {
  note(m);
  if (m.seq === 3) m.nak();
  else m.ack();
}
const messages = await consumer.consume({ max_messages: 100, expires: 30_000 });
for await (const m of messages) {
  note(m);
  m.ack();
  if (read.length === 11) break;
}
// A message that was handed back comes when the server likes.
console.log(read.toSorted());
await nc.flush();
const state = await consumer.info();
console.log(state.num_pending, state.num_redelivered, state.name, state.config.max_deliver);
console.log(await consumer.next({ expires: 1000 }));

// By callback, and what the consumer says of itself.
await jsm.consumers.add("EVENTS", { durable_name: "second", ack_policy: AckPolicy.Explicit });
const heard: number[] = [];
await new Promise<void>((resolve, reject) => {
  js.consumers
    .get("EVENTS", "second")
    .then((other) =>
      other.consume({
        callback: (m) => {
          heard.push(m.seq);
          m.ack();
          if (heard.length === 10) resolve();
        },
      }),
    )
    .catch(reject);
});
console.log(heard);
const doomed = await js.consumers.get("EVENTS", "second");
const last = await doomed.consume({ idle_heartbeat: 500, expires: 1000, abort_on_missing_resource: true });
const statuses = (async () => {
  for await (const s of await last.status()) {
    if (s.type === ConsumerEvents.ConsumerDeleted) return `${s.type} ${s.data}`;
  }
  return "nothing";
})();
const ending = caught(async () => {
  for await (const _ of last);
});
while ((await doomed.info()).num_waiting === 0);
await jsm.consumers.delete("EVENTS", "second");
console.log(await statuses, (await ending).slice(0, 3));

// An ordered consumer keeps the order.
const some = await js.consumers.get("EVENTS", {
  filterSubjects: "events.a",
  deliver_policy: DeliverPolicy.StartSequence,
  opt_start_seq: 2,
});
const inOrder: number[] = [];
for await (const m of await some.fetch({ max_messages: 4 })) inOrder.push(m.seq);
console.log(inOrder);

// Management.
const names: string[] = [];
for await (const name of jsm.streams.names()) names.push(name);
const streams = await jsm.streams.list().next();
const consumers = await jsm.consumers.list("EVENTS").next();
console.log(
  names,
  streams.map((s) => s.config.name),
  consumers.map((c) => c.name).includes("worker"),
);
const stored = await jsm.streams.getMessage("EVENTS", { seq: 2 });
console.log(stored.subject, stored.seq, sc.decode(stored.data));
console.log(await caught(() => jsm.streams.getMessage("EVENTS", { seq: 99 })));
console.log(await jsm.streams.find("events.x"), (await caught(() => jsm.streams.find("nowhere"))).slice(-25));
const stream = await js.streams.get("EVENTS");
console.log(stream.name, (await stream.getMessage({ last_by_subj: "events.b" })).seq);
console.log(await caught(() => jsm.consumers.info("EVENTS", "unknown")));
console.log(await caught(() => js.consumers.get("EVENTS", "unknown")));
console.log(await caught(() => js.consumers.get("NO", "unknown")));
console.log((await jsm.streams.purge("EVENTS", { filter: "events.a" })).purged);
console.log(await jsm.streams.delete("EVENTS"), await caught(() => jsm.streams.delete("EVENTS")));
console.log((await jsm.getAccountInfo()).streams, ErrorCode.JetStream404NoMessages);
await nc.close();
