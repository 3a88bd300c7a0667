// Requests: replies, headers, timeouts, nobody there.
import {
  connect,
  errors,
  headers,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
const service = nc.subscribe("time", {
  callback: (err, msg) => {
    if (err) return;
    const h = headers();
    h.set("X-Zone", "UTC");
    console.log("responded", msg.respond(`it is ${msg.string()}`, { headers: h }));
  },
});
nc.subscribe("silence", { callback: () => {} });

const reply = await nc.request("time", "noon", { timeout: 1000 });
console.log(reply.string(), reply.headers?.get("x-zone"), reply.headers?.get("X-Zone"));
const plain = await nc.request("time", "night", { timeout: 1000, noMux: true });
console.log(plain.string(), plain.headers?.values("X-Zone").join());

for (const noMux of [false, true]) {
  try {
    await nc.request("silence", "", { timeout: 50, noMux });
  } catch (err) {
    console.log(err instanceof TimeoutError, err instanceof errors.TimeoutError, (err as Error).name);
  }
  try {
    await nc.request("nobody.here", "", { timeout: 500, noMux });
  } catch (err) {
    const { name, message, cause } = err as RequestError;
    console.log(
      err instanceof RequestError,
      name,
      /no responders/.test(message),
      cause instanceof NoRespondersError,
    );
    if (err instanceof RequestError) console.log(err.isNoResponders());
  }
}
service.unsubscribe();
await nc.close();
