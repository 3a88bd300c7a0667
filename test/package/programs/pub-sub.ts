// Publish and subscribe, with an iterator and with a callback.
import { connect, type Subscription } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const sub: Subscription = nc.subscribe("hello");
const done = (async () => {
  for await (const m of sub) {
    console.log(
      `[${sub.getProcessed()}]: ${m.subject} ${m.string()} ${m.data.length} ${m.reply ?? "no reply"}`,
    );
  }
  console.log("subscription closed", sub.isClosed(), sub.isDraining());
})();

nc.subscribe("greet.*", {
  callback: (err, msg) => {
    if (err) console.error(err.message);
    else console.log("callback", msg.subject, msg.json<{ n: number }>().n);
  },
});

nc.publish("hello", "world");
nc.publish("hello", new TextEncoder().encode("again"));
nc.publish("hello");
nc.publish("greet.joe", JSON.stringify({ n: 1 }));
nc.publish("greet.sue", JSON.stringify({ n: 2 }));
await nc.flush();
await nc.drain();
await done;
console.log("closed", nc.isClosed(), await nc.closed());
