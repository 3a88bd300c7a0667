// Workers that share a queue group.
import { connect, type NatsConnection, type Subscription } from "@nats-io/transport-node";

async function worker(id: number): Promise<{ nc: NatsConnection; sub: Subscription; work: Promise<number> }> {
  const nc = await connect({ servers: process.env.NATS_URL, name: `worker-${id}` });
  const sub = nc.subscribe("jobs", { queue: "workers" });
  const work = (async () => {
    let handled = 0;
    for await (const m of sub) {
      m.respond(`done ${m.string()}`);
      handled++;
    }
    return handled;
  })();
  await nc.flush();
  return { nc, sub, work };
}

const workers = await Promise.all([1, 2, 3].map(worker));
const nc = await connect({ servers: process.env.NATS_URL });
const replies = [];
for (let i = 0; i < 30; i++) replies.push(nc.request("jobs", `${i}`, { timeout: 2000 }));
const texts = (await Promise.all(replies)).map((m) => m.string());
console.log(texts.join());
await nc.close();
for (const { nc } of workers) await nc.drain();
const counts = await Promise.all(workers.map(({ work }) => work));
console.log(counts.reduce((a, b) => a + b));
