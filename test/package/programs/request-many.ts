// Several replies to one request.
import { connect, errors, NoRespondersError, type RequestManyOptions } from "@nats-io/transport-node";

const nc = await connect({ servers: process.env.NATS_URL });
for (const n of [1, 2, 3]) {
  nc.subscribe("survey", { callback: (_, m) => void m.respond(`answer ${n}`) });
}
nc.subscribe("parts", {
  callback: (_, m) => {
    for (const part of ["a", "b", "c"]) m.respond(part);
    m.respond();
  },
});

async function ask(subject: string, opts: Partial<RequestManyOptions>) {
  const answers = [];
  for await (const m of await nc.requestMany(subject, "?", { maxWait: 1000, ...opts }))
    answers.push(m.string());
  console.log(opts.strategy, opts.noMux ?? false, answers.sort().join());
}
for (const noMux of [false, true]) {
  await ask("survey", { strategy: "count", maxMessages: 3, noMux });
  await ask("survey", { strategy: "stall", maxWait: 1000, stall: 100, noMux });
  await ask("survey", { strategy: "timer", maxWait: 200, noMux });
  await ask("parts", { strategy: "sentinel", noMux });
}
try {
  for await (const m of await nc.requestMany("nobody", "?", {
    strategy: "count",
    maxMessages: 1,
    maxWait: 200,
  }))
    console.log("a reply", m.string());
  console.log("no replies");
} catch (err) {
  console.log(err instanceof NoRespondersError, err instanceof errors.NoRespondersError);
}
await nc.close();
