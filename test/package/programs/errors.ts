// What goes wrong, and how it is told.
import {
  ConnectionError,
  connect,
  errors,
  InvalidArgumentError,
  InvalidSubjectError,
} from "@nats-io/transport-node";

try {
  await connect({ servers: "127.0.0.1:1", reconnect: false, timeout: 500 });
} catch (err) {
  console.log(err instanceof ConnectionError, err instanceof Error);
}
const nc = await connect({ servers: process.env.NATS_URL });
for (const call of [
  () => nc.publish(""),
  () => nc.subscribe(""),
  () => nc.publish("a\r\nb"),
  () => nc.request(""),
]) {
  try {
    await call();
    console.log("no error");
  } catch (err) {
    console.log(err instanceof InvalidSubjectError, err instanceof errors.InvalidSubjectError);
  }
}
for (const call of [() => nc.publish("big", new Uint8Array(nc.info!.max_payload + 1))]) {
  try {
    await call();
    console.log("no error");
  } catch (err) {
    console.log(err instanceof InvalidArgumentError, (err as Error).name);
  }
}
await nc.close();
