// Ways to name servers; what a connection does when none is there.
import { connect, type NodeConnectionOptions } from "@nats-io/transport-node";

const url = process.env.NATS_URL!;
const hostport = url.replace("nats://", "");
const port = Number(hostport.split(":")[1]);
const ways: NodeConnectionOptions[] = [
  { servers: url },
  { servers: hostport },
  { servers: [url, hostport] },
  { port },
  { servers: ["127.0.0.1:1", url], noRandomize: true, timeout: 2000 },
  { servers: url, name: "a name", verbose: true, pedantic: true },
  { servers: url, reconnect: false, maxReconnectAttempts: 3, reconnectTimeWait: 100, reconnectJitter: 10 },
  { servers: url, pingInterval: 30_000, maxPingOut: 3, noEcho: true, ignoreClusterUpdates: true },
  { servers: url, reconnectDelayHandler: () => 100, ignoreAuthErrorAbort: true, noAsyncTraces: true },
  { servers: url, tls: undefined, token: undefined, debug: false, resolve: false },
  { servers: url, tls: null, reconnectJitterTLS: 10 },
  { servers: url, reconnectJitter: 10, reconnectTimeWait: 50, reconnectDelayHandler: () => 20 },
];
for (const [number, options] of ways.entries()) {
  const nc = await connect(options);
  await nc.flush();
  console.log(number, nc.getServer() === hostport, nc.info?.client_id !== undefined);
  await nc.close();
}
await connect({ servers: ["127.0.0.1:1", "127.0.0.1:2"], maxReconnectAttempts: 1 }).catch((err: Error) =>
  console.log("nobody there:", err.name),
);
