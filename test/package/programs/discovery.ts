// Services: several instances, queue groups, own statistics, stopping one.
import { Svcm } from "@nats-io/services";
import { connect, type NatsConnection } from "@nats-io/transport-node";

const svcm = (nc: NatsConnection) => new Svcm(nc as never); // services 3.0.0-25 comes with a nats-core of its own
const connections = await Promise.all([1, 2, 3].map(() => connect({ servers: process.env.NATS_URL })));
const services = await Promise.all(
  connections.map((nc) =>
    svcm(nc).add({
      name: "echo",
      version: "1.2.3",
      metadata: { team: "a" },
      statsHandler: () => Promise.resolve({ own: 42 }),
    }),
  ),
);
for (const service of services) {
  service.addEndpoint("echo", {
    subject: "service.echo",
    metadata: { kind: "e" },
    handler: (_, m) => void m.respond(m.data),
  });
}
const nc = connections[0];
await Promise.all(connections.map((one) => one.flush()));
for (let i = 0; i < 30; i++) await nc.request("service.echo", `${i}`);
const client = svcm(nc).client();
let requests = 0;
for await (const { endpoints } of await client.stats("echo")) {
  for (const endpoint of endpoints ?? []) requests += endpoint.num_requests;
  console.log(endpoints?.map((e) => JSON.stringify(e.data)).join());
}
console.log("requests", requests);
const found = [];
for await (const { name, metadata } of await client.info("echo"))
  found.push(`${name} ${JSON.stringify(metadata)}`);
console.log(found);
console.log(await services[2].stop(), services[2].isStopped);
let left = 0;
for await (const _ of await client.ping("echo")) left++;
console.log("left", left, (await nc.request("service.echo", "still")).string());
for (const service of services.slice(0, 2)) await service.stop();
await nc.request("service.echo", "", { timeout: 200 }).catch((err: Error) => console.log(err.name));
await Promise.all(connections.map((one) => one.close()));
