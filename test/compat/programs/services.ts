import { connect, RequestStrategy, ServiceError, ServiceErrorCodeHeader, StringCodec } from "nats";

/** A service, as the guides show it. */
const sc = StringCodec();
const nc = await connect({ servers: process.env.NATS_URL });
const service = await nc.services.add({
  name: "numbers",
  version: "1.0.0",
  description: "of numbers",
  queue: "q",
});
const group = service.addGroup("numbers");
group.addEndpoint("max", {
  handler: (err, msg) => {
    if (err !== null) return;
    const numbers = msg.json<number[]>();
    if (numbers.length === 0) msg.respondError(400, "no numbers");
    else msg.respond(sc.encode(`${Math.max(...numbers)}`));
  },
  metadata: { schema: "number[]" },
});
const min = group.addEndpoint("min");
(async () => {
  for await (const msg of min) msg.respond(`${Math.min(...msg.json<number[]>())}`);
})();
console.log(
  (await nc.request("numbers.max", "[1,5,3]")).string(),
  (await nc.request("numbers.min", "[4,2]")).string(),
);
const failed = await nc.request("numbers.max", "[]");
console.log(ServiceError.isServiceError(failed), ServiceError.toServiceError(failed)?.code);
console.log(failed.headers?.get(ServiceErrorCodeHeader), ServiceError.toServiceError(failed)?.message);
const client = nc.services.client({ strategy: RequestStrategy.JitterTimer, maxWait: 2000 });
for await (const found of await client.ping("numbers"))
  console.log(found.name, found.version, found.id === service.info().id);
for await (const info of await client.info("numbers"))
  console.log(info.endpoints.map((e) => [e.name, e.subject, e.queue_group]));
for await (const stats of await client.stats("numbers"))
  console.log(stats.endpoints?.map((e) => [e.num_requests, e.num_errors]));
await service.stop();
console.log(service.isStopped, await service.stopped);
await nc.close();
