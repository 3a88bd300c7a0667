// Headers: case, several values, match modes.
import { connect, headers, Match, type MsgHdrs } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const h: MsgHdrs = headers();
h.append("id", "123456");
h.append("Tag", "red");
h.append("Tag", "green");
h.set("empty", "");
nc.subscribe("note", {
  callback: (_, m) => {
    for (const [key, values] of m.headers ?? []) console.log(key, JSON.stringify(values));
    console.log(
      m.headers?.get("id"),
      m.headers?.get("ID"),
      JSON.stringify(m.headers?.get("ID", Match.IgnoreCase)),
    );
    console.log(
      m.headers?.values("tag", Match.CanonicalMIME),
      m.headers?.has("nothing"),
      m.headers?.hasError,
    );
    console.log(m.headers?.keys().join(), m.string());
  },
});
nc.publish("note", "with headers", { headers: h });
nc.publish("note", "without");
nc.publish("note", "reply to", { reply: "back", headers: h });
try {
  h.set("bad\r\nname", "x");
} catch (err) {
  console.log((err as Error).message);
}
await nc.flush();
await nc.drain();
