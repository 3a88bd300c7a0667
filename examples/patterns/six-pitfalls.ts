/**
 * The six pitfalls of connections, and what becomes of each.
 *
 * By hand: a try around each connect, a flag before each publish, a drain on SIGTERM, a try in each handler, listeners that log, and a
 * timeout for each request. Here: one listener that logs errors, and one call for the signals.
 *
 * Run it: npm run example -- six-pitfalls
 */
import { connect, isHoldfastError, optionsFromEnv } from "holdfast";
import { gracefulShutdown } from "holdfast/service";

const say = (text: string) => console.log(text);
const codeOf = (error: unknown) => (isHoldfastError(error) ? error.code : error);

// 1. A server that cannot be reached: connect() rejects with a code; `waitOnFirstConnect` or `retryOnFailedConnect` go on trying.
await connect({ servers: "127.0.0.1:1" }).catch((error) => say(`1. connect: ${codeOf(error)}`));

// 5. Errors that have no caller, of handlers and of servers, also behind a reconnect: the error event has all of them.
const nc = await connect(
  optionsFromEnv(process.env, { asyncErrorCb: (error) => say(`5. error event: ${codeOf(error)}`) }),
);

// 4. A bad message: what the callback throws is told by the error event, and the next message is handled.
nc.subscribe("orders", { callback: (_, msg) => say(`4. handled order ${msg.json<{ id: number }>().id}`) });
nc.publish("orders", "this is not JSON");
nc.publish("orders", '{ "id": 1 }');
await nc.flush();

// 6. A request that nobody answers: it has a timeout, also when none is given; that nobody listens is known at once.
nc.subscribe("never.answers", { callback() {} });
await nc.request("never.answers").catch((error) => say(`6. request: ${codeOf(error)}`));
await nc.request("nobody.listens").catch((error) => say(`6. request: ${codeOf(error)}`));

// 2. Publishing without a look at the state: what is accepted in an outage goes out behind it.
nc.on("disconnect", () => {
  nc.publish("orders", '{ "id": 2 }');
  say(`2. published while ${nc.state}: ${nc.buffered.messages} waiting`);
});
say("now kill the server");

// 3. A shutdown in the middle of work: handlers finish, and what was published is with a server before the process ends.
gracefulShutdown(nc, {
  before() {
    for (let id = 3; id < 1003; id++) nc.publish("orders.done", String(id));
  },
  after: () => say(`3. drained: ${nc.stats().pending} of ${nc.stats().accepted} messages are left`),
});
