import {
  connect,
  createInbox,
  Empty,
  ErrorCode,
  Events,
  headers,
  JSONCodec,
  Match,
  type Msg,
  type NatsConnection,
  NatsError,
  nuid,
  RequestStrategy,
  StringCodec,
  type Subscription,
  type SubscriptionOptions,
  syncIterator,
} from "nats";

/** What services do with the core, as the guides show it. */
const sc = StringCodec();
const jc = JSONCodec<{ id: number; name?: string }>();
const told = (error: unknown) =>
  error instanceof NatsError ? `NatsError ${error.code} ${error.message}` : `other ${error}`;
const caught = async (work: () => unknown) => {
  try {
    await work();
    return "nothing";
  } catch (error) {
    return told(error);
  }
};

const nc: NatsConnection = await connect({
  servers: process.env.NATS_URL,
  name: "guide",
  maxReconnectAttempts: -1,
  reconnectTimeWait: 2000,
  reconnectJitter: 500,
  timeout: 10_000,
  pingInterval: 30_000,
  maxPingOut: 3,
  debug: false,
});
console.log("connected", nc.getServer() === nc.info?.client_ip?.concat(`:${nc.info.port}`), nc.isClosed());

// Publish and subscribe, by iteration and by callback.
const orders: Subscription = nc.subscribe("orders.*");
const seen: string[] = [];
const reading = (async () => {
  for await (const msg of orders) seen.push(`${msg.subject}=${jc.decode(msg.data).id}`);
})();
const heard: string[] = [];
const options: SubscriptionOptions = {
  queue: "workers",
  callback: (err: NatsError | null, msg: Msg) => {
    heard.push(err ? err.code : `${msg.string()} ${msg.headers?.get("trace") ?? ""}`);
    msg.respond(sc.encode("done"));
  },
};
const worker = nc.subscribe("work", options);
nc.publish("orders.new", jc.encode({ id: 1 }));
nc.publish("orders.paid", jc.encode({ id: 2 }));
const h = headers();
h.append("trace", "a");
h.append("Trace", "b");
nc.publish("work", sc.encode("task"), { headers: h, reply: createInbox() });
await nc.flush();
await orders.drain();
await reading;
console.log(seen, heard, orders.isClosed(), orders.getProcessed(), orders.getReceived());
console.log(h.keys(), h.values("TRACE", Match.IgnoreCase), h.has("Trace"), h.last("trace", Match.IgnoreCase));

// Requests, with answers and without.
const answer = await nc.request("work", "please", { timeout: 1000, headers: headers() });
console.log(sc.decode(answer.data), answer.string(), (await caught(() => answer.json())) === "nothing");
console.log(await caught(() => nc.request("nobody", Empty, { timeout: 500 })));
nc.subscribe("silent", { callback: () => {} });
console.log(await caught(() => nc.request("silent", Empty, { timeout: 50 })));
console.log(await caught(() => nc.request("silent", Empty, { timeout: 50, noMux: true })));
const [error] = await Promise.allSettled([nc.request("nobody")]);
if (error.status === "rejected") {
  const { code } = error.reason as NatsError;
  console.log(
    code === ErrorCode.NoResponders,
    error.reason.isPermissionError(),
    error.reason.isJetStreamError(),
  );
}
const several = nc.subscribe("several", {
  callback: (_, msg) => {
    for (const text of ["one", "two", "three"]) msg.respond(text);
  },
});
for (const strategy of [RequestStrategy.Count, RequestStrategy.JitterTimer]) {
  const texts: string[] = [];
  const many = await nc.requestMany("several", Empty, {
    strategy,
    maxMessages: 3,
    maxWait: 2000,
    jitter: 50,
  });
  for await (const msg of many) texts.push(msg.string());
  console.log(strategy, texts);
}
several.unsubscribe();

// What can go wrong at a call.
console.log(await caught(() => nc.publish("", "x")));
console.log(await caught(() => nc.publish("big", new Uint8Array(2_000_000))));
console.log(await caught(() => jc.decode(sc.encode("{"))));
console.log(await caught(() => nc.request("x", Empty, { timeout: -1 })));
console.log(await caught(() => nc.request("x", Empty, { timeout: 10, reply: "y" })));
const impatient = nc.subscribe("never", { timeout: 20 });
console.log(
  await caught(async () => {
    for await (const _ of impatient);
  }),
);
console.log(
  await new Promise((resolve) => {
    const mute = nc.subscribe("never", {
      timeout: 20,
      callback: (err) => {
        mute.unsubscribe();
        resolve(told(err));
      },
    });
  }),
);
impatient.unsubscribe();
console.log((await caught(() => worker[Symbol.asyncIterator]().next())).slice(0, 17));

// The ends of things.
const limited = nc.subscribe("limited", { max: 2 });
for (const text of ["1", "2", "3"]) nc.publish("limited", text);
const got: string[] = [];
for await (const msg of limited) got.push(msg.string());
console.log(got, limited.isClosed());
const one = nc.subscribe("one");
const next = syncIterator(one);
nc.publish("one", "first");
console.log((await next.next())?.string());
one.unsubscribe();
console.log(await next.next(), nuid.next().length, typeof (await nc.rtt()));
const { inMsgs, outMsgs } = nc.stats();
console.log(inMsgs > 5, outMsgs > 5, Events.Disconnect, Events.LDM);
const closed = nc.closed();
await nc.drain();
console.log("closed", await closed, nc.isClosed(), nc.info);
console.log(await caught(() => nc.publish("late", "x")));
console.log(await caught(() => nc.subscribe("late")));
console.log(await caught(() => nc.request("late")));
console.log(await caught(() => nc.flush()));
console.log(await caught(() => nc.drain()));
console.log(await caught(() => connect({ port: 1, timeout: 500, reconnect: false })));
console.log((await caught(() => connect({ port: 1, servers: ["nats://127.0.0.1:1"] }))).slice(0, 24));
