// What a message and a subscription know; republishing; leaving a loop.
import { connect, Empty, headers, type Msg, MsgHdrsImpl } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const got: Msg[] = [];
const sub = nc.subscribe("all.>", { callback: (_, m) => void got.push(m) });
console.log(sub.getSubject(), sub.getID() > 0, sub.getMax() ?? "no max", sub.isClosed(), sub.isDraining());
const h = headers(200, "fine");
h.set("A", "1");
nc.publish("all.a", JSON.stringify({ when: "1970-01-01T00:00:00.000Z" }), { reply: "r", headers: h });
nc.publish("all.b", Empty);
nc.publish("all.c", new Uint8Array([0, 255, 1]));
nc.publish("all.d", "grüß dich 🎈");
await nc.flush();
for (const m of got) {
  console.log(m.subject, m.sid === sub.getID(), m.reply, m.data.constructor.name === "Object", m.data.length);
  console.log(m.headers?.code, m.headers?.description, m.headers?.hasError, m.headers instanceof MsgHdrsImpl);
}
console.log(
  got[0].json<{ when: Date }>((key, value) => (key === "when" ? new Date(value) : value)).when.getTime(),
);
console.log([...got[2].data], got[3].string());
try {
  got[3].json();
} catch (err) {
  console.log((err as Error).name);
}
console.log(got[1].respond("nobody asked"));

const copies = nc.subscribe("all.a");
nc.publishMessage(got[0]);
for await (const m of copies) {
  console.log("copy", m.subject, m.reply, m.headers?.get("A"));
  break;
}
await nc.flush();
console.log(copies.isClosed(), await copies.closed);

const answers = nc.subscribe("r", { max: 1 });
console.log(nc.respondMessage(got[0]));
for await (const m of answers) console.log("answer", m.subject, m.reply ?? "none");
console.log(answers.getProcessed(), answers.getReceived(), answers.isClosed());

const stopped = nc.subscribe("many");
for (let i = 0; i < 5; i++) nc.publish("many", `${i}`);
await nc.flush();
for await (const m of stopped) {
  console.log("many", m.string(), stopped.getPending());
  if (m.string() === "2") stopped.unsubscribe();
}
const limited = nc.subscribe("many");
limited.unsubscribe(2);
for (let i = 0; i < 5; i++) nc.publish("many", `${i}`);
await nc.flush();
for await (const m of limited) console.log("limited", m.string());
console.log(limited.getProcessed(), limited.isClosed());
const record = MsgHdrsImpl.fromRecord({ one: ["1"], two: ["2", "22"] });
console.log(record.keys(), record.values("two"));
await nc.close();
