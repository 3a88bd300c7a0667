// The helpers that come with the client.
import {
  backoff,
  canonicalMIMEHeaderKey,
  connect,
  deadline,
  deferred,
  delay,
  Empty,
  type Msg,
  millis,
  nanos,
  nkeys,
  syncIterator,
} from "@nats-io/transport-node";

console.log(nanos(20), millis(20_000_000), Empty.length, canonicalMIMEHeaderKey("x-my-key"));
console.log(backoff([1, 2]).backoff(9) > 0, nkeys.createUser().getPublicKey()[0]);
const later = deferred<string>();
void delay(5).then(() => later.resolve("resolved"));
console.log(await later);
await deadline(delay(500), 10).catch((err: Error) => console.log(err.name));

const nc = await connect({ servers: process.env.NATS_URL });
const messages = syncIterator<Msg>(nc.subscribe("turns"));
nc.publish("turns", "first");
nc.publish("turns", "second");
console.log((await messages.next())?.string(), (await messages.next())?.string());
await nc.close();
