// Wildcards, a limit of messages, a timeout.
import { connect } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL, name: "wildcards" });
const heard: string[] = [];
nc.subscribe("help.*.system", { callback: (_, m) => void heard.push(`one ${m.subject}`) });
nc.subscribe("help.>", { callback: (_, m) => void heard.push(`rest ${m.subject}`) });

const few = nc.subscribe("help.me.now", { max: 2 });
const lazy = nc.subscribe("nobody.speaks", { timeout: 50 });
for (const subject of ["help.me.system", "help.me.now", "help.me.now", "help.me.now", "help"]) {
  nc.publish(subject, subject);
}
for await (const m of few) console.log("few", m.string(), few.getProcessed(), few.getReceived());
console.log("few is closed", few.isClosed());
try {
  for await (const m of lazy) console.log("never", m.subject);
} catch (err) {
  console.log((err as Error).name);
}
await nc.flush();
console.log(heard.sort().join("\n"));
await nc.close();
