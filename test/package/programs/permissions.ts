// What a user may not do, and how it is told.
import { connect, PermissionViolationError } from "@nats-io/transport-node";
import { NatsServer } from "holdfast/testing";

const permissions = "{ publish: { deny: secret }, subscribe: { deny: [secret, other] } }";
const config = `authorization { users = [{ user: u, password: p, permissions: ${permissions} }] }`;
const server = await NatsServer.start({ config });
const nc = await connect({ servers: server.url, user: "u", pass: "p" });
const told: string[] = [];
(async () => {
  for await (const s of nc.status()) {
    if (s.type === "error" && s.error instanceof PermissionViolationError)
      told.push(`${s.error.operation} ${s.error.subject}`);
  }
})();

const denied = nc.subscribe("secret");
try {
  for await (const m of denied) console.log(m.subject);
} catch (err) {
  console.log(err instanceof PermissionViolationError, (err as PermissionViolationError).operation);
}
nc.subscribe("other", {
  queue: "q",
  callback: (err) => {
    const { operation, subject, queue } = err as PermissionViolationError;
    console.log("callback", operation, subject, queue);
  },
});
nc.publish("secret", "x");
await nc.flush();
console.log(denied.isClosed(), nc.isClosed());
await nc.request("secret", "", { timeout: 500 }).catch((err: Error) => console.log("request", err.name));
nc.publish("allowed", "x");
await nc.flush();
await nc.close();
console.log(told.sort().join());
await server.close();
