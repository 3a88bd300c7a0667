// A service on NestJS with its own NATS transport, and two clients of it; the test tells it what to do by lines.
import "reflect-metadata";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  ClientNats,
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  NatsRecordBuilder,
  Payload,
  RpcException,
  Transport,
} from "@nestjs/microservices";

// As NestJS loads it.
const { headers } = createRequire(import.meta.resolve("@nestjs/microservices"))("nats");
const servers = process.env.NATS_URL;
const say = (what, value) => console.log(`${what} ${JSON.stringify(value)}`);
const told = (error) => `${error?.message ?? error}`;

/** What the events brought, by client. */
const arrived = { plain: [], steady: [] };

class Numbers {
  sum(numbers) {
    return numbers.reduce((total, one) => total + one, 0);
  }
  whoami(_, context) {
    return `${context.getSubject()} ${context.getHeaders()?.get("tenant")}`;
  }
  fail() {
    throw new RpcException("no");
  }
  async ready() {
    return true;
  }
  note({ client, n }) {
    arrived[client].push(n);
  }
}

/** Applies decorators as TypeScript does. */
function decorate(name, pattern, ...parameters) {
  const descriptor = Object.getOwnPropertyDescriptor(Numbers.prototype, name);
  pattern(Numbers.prototype, name, descriptor);
  parameters.forEach((parameter, index) => {
    parameter(Numbers.prototype, name, index);
  });
}
decorate("sum", MessagePattern("sum"), Payload());
decorate("whoami", MessagePattern("whoami.*"), Payload(), Ctx());
decorate("fail", MessagePattern("fail"));
decorate("ready", MessagePattern("ready"));
decorate("note", EventPattern("note"), Payload());
class App {}
Module({ controllers: [Numbers] })(App);

/** A client that keeps publishing while there is no link: what it publishes is buffered, and sent afterwards. */
class SteadyClient extends ClientNats {
  async handleStatusUpdates() {}
}

/** Holds back what was buffered until the service listens again. */
async function beforeReplay(nc) {
  const question = JSON.stringify({ pattern: "ready", data: null, id: "1" });
  for (;;) {
    const answer = await nc.request("ready", question, { timeout: 200 }).catch(() => undefined);
    if (answer !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const options = { servers, queue: "numbers", reconnectTimeWait: 50, maxReconnectAttempts: -1 };
const quiet = { logger: false };
// Two of the same queue group: each message goes to one of them.
for (const name of ["one", "two"]) {
  const app = await NestFactory.createMicroservice(App, {
    transport: Transport.NATS,
    options: { ...options, name },
    ...quiet,
  });
  await app.listen();
}
const plain = ClientProxyFactory.create({ transport: Transport.NATS, options: { ...options, beforeReplay } });
const steady = new SteadyClient({ ...options, beforeReplay });
const clients = { plain, steady };
for (const client of Object.values(clients)) await client.connect();
const states = [];
plain.status.subscribe((state) => states.push(state));

/** The first answer, or what went wrong. */
const first = (answers) =>
  new Promise((resolve) => {
    answers.subscribe({ next: resolve, error: (error) => resolve(`error ${told(error)}`) });
  });

/** Emits an event; whether it was taken. */
const emit = (name, n) =>
  new Promise((resolve) => {
    clients[name].emit("note", { client: name, n }).subscribe({
      complete: () => resolve(true),
      error: () => resolve(false),
    });
  });

const taken = { plain: [], steady: [] };
let refused = 0;
let emitting = true;
async function keepEmitting() {
  for (let n = 0; emitting; n++) {
    for (const name of ["plain", "steady"]) {
      if (await emit(name, n)) taken[name].push(n);
      else if (name === "plain") refused++;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const commands = {
  ask: async () => {
    const h = headers();
    h.set("tenant", "acme");
    const record = new NatsRecordBuilder({}).setHeaders(h).build();
    const answers = [
      await first(plain.send("sum", [1, 2, 3])),
      await first(steady.send("sum", [4, 5])),
      await first(plain.send("whoami.x", record)),
      await first(plain.send("fail", {})),
      await first(plain.send("nobody", {})),
    ];
    say("answers", answers);
  },
  emit: async () => {
    void keepEmitting();
    say("emitting", true);
  },
  state: async () => say("state", states.at(-1)),
  taken: async () => say("taken", [taken.plain.length, taken.steady.length]),
  down: async () => {
    // Asked while there is no server: answered when there is one.
    void first(steady.send("sum", [10, 20])).then((answer) => say("late answer", answer));
    say("asked", true);
  },
  stop: async () => {
    emitting = false;
    const missing = (name) => taken[name].filter((n) => !arrived[name].includes(n));
    const deadline = Date.now() + 5000;
    while (missing("plain").length + missing("steady").length > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const doubled = (name) => arrived[name].length - new Set(arrived[name]).size;
    say("result", {
      missing: [missing("plain"), missing("steady")],
      // Every event went to one of the queue group, but for what was written twice.
      doubled: [doubled("plain"), doubled("steady")],
      refused,
      taken: [taken.plain.length, taken.steady.length],
    });
  },
};
say("ready", true);
for await (const line of createInterface({ input: process.stdin })) await commands[line]?.();
process.exit(0);
