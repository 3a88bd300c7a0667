// The loop over status(), through a restart of the server.
import { connect } from "@nats-io/transport-node";

const nc = await connect({
  servers: process.env.NATS_URL,
  name: "status",
  maxReconnectAttempts: -1,
  reconnectTimeWait: 50,
  reconnectJitter: 0,
  waitOnFirstConnect: true,
});
console.log("connected", nc.getServer() === process.env.NATS_URL?.replace("nats://", ""));
let back = () => {};
const isBack = new Promise<void>((resolve) => {
  back = resolve;
});
const seen = new Set<string>();
(async () => {
  for await (const s of nc.status()) {
    switch (s.type) {
      case "disconnect":
      case "reconnect":
        if (!seen.has(s.type)) console.log(s.type, typeof s.server);
        seen.add(s.type);
        break;
      case "update":
        if (s.added?.length || s.deleted?.length) console.log("cluster", s.added, s.deleted);
        break;
      case "ldm":
        console.log("lame duck");
        break;
      case "reconnecting":
      case "error":
        break;
      default:
        break;
    }
    if (s.type === "reconnect") back();
  }
  console.log("status ended");
})();

const sub = nc.subscribe("news");
console.log("please restart the server");
await isBack;
nc.publish("news", "still here");
for await (const m of sub) {
  console.log(m.string());
  break;
}
console.log("reconnects", nc.stats().outMsgs >= 1, nc.isClosed());
await nc.close();
await nc.closed();
