// reconnect() by the application, and the statuses that come of it.
import { connect } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
const seen: string[] = [];
const status = nc.status();
const reading = (async () => {
  for await (const s of status) {
    if (s.type !== "reconnecting" && s.type !== "update" && seen.at(-1) !== s.type) seen.push(s.type);
  }
})();
const sub = nc.subscribe("a");
const { client_id: before } = nc.info!;
const replies = nc.subscribe("ask", { callback: (_, m) => void m.respond("yes") });
await nc.flush();
await nc.reconnect();
while (nc.info?.client_id === before || !seen.includes("reconnect"))
  await new Promise((resolve) => setTimeout(resolve, 5));
nc.publish("a", "still subscribed");
for await (const m of sub) {
  console.log(m.string());
  break;
}
console.log((await nc.request("ask")).string(), replies.isClosed(), nc.isClosed());
await nc.close();
await reading;
console.log(seen.join());
