// drain() and close(): what is handled, what closed() says, what is refused afterwards.
import { ClosedConnectionError, connect, DrainingConnectionError } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const sub = nc.subscribe("work");
const handled: string[] = [];
const loop = (async () => {
  for await (const m of sub) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    handled.push(m.string());
  }
})();
for (let i = 0; i < 10; i++) nc.publish("work", `${i}`);
await nc.flush();
const draining = nc.drain();
console.log("draining", nc.isDraining(), nc.isClosed());
try {
  nc.subscribe("more");
} catch (err) {
  console.log(err instanceof DrainingConnectionError, (err as Error).name);
}
await draining;
await loop;
console.log(handled.join(), "closed", nc.isClosed(), await nc.closed());

for (const call of [
  () => nc.publish("late", ""),
  () => nc.subscribe("late"),
  () => nc.request("late", "", { timeout: 100 }),
  () => nc.flush(),
  () => nc.drain(),
  () => nc.rtt(),
]) {
  try {
    await call();
    console.log("no error");
  } catch (err) {
    console.log(err instanceof ClosedConnectionError, (err as Error).name);
  }
}
await nc.close();
const one = await connect({ servers: process.env.NATS_URL });
const drained = one.subscribe("one");
one.publish("one", "x");
await one.flush();
const got: string[] = [];
const reading = (async () => {
  for await (const m of drained) got.push(m.string());
})();
await drained.drain();
await reading;
console.log(got.join(), drained.isClosed(), one.isClosed());
await one.close();
