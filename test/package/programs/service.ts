// A service: endpoints, groups, errors, discovery.
import { ServiceError, ServiceErrorCodeHeader, ServiceErrorHeader, Svcm } from "@nats-io/services";
import { connect } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const svc = new Svcm(nc as never); // services 3.0.0-25 comes with a nats-core of its own
const service = await svc.add({ name: "max", version: "0.0.1", description: "the largest number" });
service.addEndpoint("max", (err, msg) => {
  if (err) return;
  const numbers = msg.json<number[]>();
  if (!Array.isArray(numbers)) msg.respondError(400, "not a list");
  else msg.respond(JSON.stringify(Math.max(...numbers)));
});
service.addGroup("v1").addEndpoint("min", {
  handler: (_, msg) => void msg.respond(JSON.stringify(Math.min(...msg.json<number[]>()))),
});

console.log((await nc.request("max", JSON.stringify([1, 5, 3]))).json());
console.log((await nc.request("v1.min", JSON.stringify([1, 5, 3]))).json());
const bad = await nc.request("max", JSON.stringify("none"));
console.log(
  ServiceError.isServiceError(bad as never),
  bad.headers?.get(ServiceErrorCodeHeader),
  bad.headers?.get(ServiceErrorHeader),
);

const client = svc.client();
for await (const { name, version, id } of await client.ping()) console.log(name, version, id.length);
for await (const { description, endpoints } of await client.info("max"))
  console.log(description, endpoints.map((e) => `${e.name} ${e.subject} ${e.queue_group}`).join());
for await (const { endpoints } of await client.stats("max"))
  console.log(endpoints?.map((e) => `${e.name} ${e.num_requests} ${e.num_errors}`).join());
await service.stop();
console.log(service.isStopped);
await nc.close();
