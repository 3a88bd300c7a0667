import { connect, DebugEvents, Events, type Status, StringCodec } from "nats";

/** A server that is killed and comes back, as `nc.status()` tells it. */
const sc = StringCodec();
const nc = await connect({
  servers: process.env.NATS_URL,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 100,
  reconnectJitter: 0,
  noAsyncTraces: true,
});
const server = nc.getServer();
const told: string[] = [];
let reconnected = () => {};
const back = new Promise<void>((resolve) => {
  reconnected = resolve;
});
(async () => {
  for await (const status of nc.status() as AsyncIterable<Status>) {
    switch (status.type) {
      case Events.Disconnect:
      case Events.Reconnect:
        told.push(`${status.type} ${status.data === server}`);
        break;
      case DebugEvents.Reconnecting:
        if (told.at(-1) !== "reconnecting true") told.push(`${status.type} ${status.data === server}`);
        break;
      default:
        break;
    }
    if (status.type === Events.Reconnect) reconnected();
  }
})();
const echo = nc.subscribe("echo", { callback: (_, msg) => msg.respond(msg.data) });
console.log("please restart the server");
await back;
console.log(told);
console.log(
  sc.decode((await nc.request("echo", sc.encode("still here"), { timeout: 2000 })).data),
  echo.isClosed(),
);
await nc.reconnect().catch(() => {});
await nc.drain();
