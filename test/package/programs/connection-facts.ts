// What a connection knows about itself and its server.
import { connect, createInbox, nuid } from "@nats-io/transport-node";

const servers = process.env.NATS_URL?.replace("nats://", "");
const nc = await connect({
  servers,
  name: "facts",
  inboxPrefix: "_MY",
  noEcho: true,
  pingInterval: 10_000,
  debug: false,
});
console.log(
  nc.getServer() === servers,
  nc.info?.headers,
  nc.info?.jetstream,
  typeof nc.info?.server_id,
  nc.info?.proto,
);
console.log((await nc.rtt()) >= 0, nc.isClosed(), nc.isDraining());

const replies: string[] = [];
nc.subscribe("echo", { callback: (_, m) => void replies.push(m.reply ?? "") });
nc.publish("echo", "not heard: noEcho");
await nc.flush();
console.log("heard", replies.length);

const other = await connect({ servers });
other.subscribe("question", { callback: (_, m) => void m.respond(String(m.reply?.startsWith("_MY."))) });
await other.flush();
console.log("own prefix", (await nc.request("question")).string());
console.log(createInbox().startsWith("_INBOX."), createInbox("_X").startsWith("_X."), nuid.next().length);

const { outMsgs, outBytes, inMsgs, inBytes } = nc.stats();
console.log({ outMsgs, outBytes, inMsgs, inBytes });
await other.close();
await nc.close();
