import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { CompiledLibrary } from "./support/child.js";
import { Cleanup } from "./support/cleanup.js";

let library: CompiledLibrary;
beforeAll(async () => {
  library = await CompiledLibrary.make();
});
afterAll(() => library[Symbol.dispose]());

interface Told {
  /** Why it was disconnected, each time. */
  kinds: string[];
  reconnects: number;
  pending: number;
}

/**
 * A process with a connection that stands still for `ms`, `before` having been done, while `rate` messages a second come in;
 * then it goes on until it was disconnected, and back.
 */
async function standStill(
  options: string,
  { ms = 6_000, rate = 0, size = 100, before = "", config = "" },
): Promise<Told> {
  await using world = new Cleanup();
  const server = world.use(await NatsServer.start(config === "" ? {} : { config }));
  using child = library.run(
    `const nc = await connect({ servers: SERVER, ...${options} });
     const kinds = [];
     nc.on("disconnect", (_, { cause }) => kinds.push(cause.kind));
     nc.on("error", () => {});
     let got = 0;
     nc.subscribe("in", { callback: () => got++ });
     await nc.flush();
     say("ready");
     ${rate > 0 ? "await until(() => got > 10);" : ""}
     ${before}
     await turn();
     Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});
     await until(() => kinds.length > 0);
     await nc.flush();
     const { reconnects, pending } = nc.stats();
     say(JSON.stringify({ kinds, reconnects, pending }));
     await nc.close();`,
    server.url,
  );
  await child.said("ready");
  const nc = world.use(await connect({ servers: server.url, closeTimeout: 100 }));
  const payload = Buffer.alloc(size);
  const since = performance.now();
  let sent = 0;
  using _load = {
    timer: setInterval(() => {
      // Once the server has given it up there is nothing left to do: more would be too much for it on a busy machine when it is back.
      if (server.log().includes("Slow Consumer Detected")) return;
      for (const due = ((performance.now() - since) * rate) / 1000; sent < due; sent++)
        nc.publish("in", payload);
    }, 10),
    [Symbol.dispose]() {
      clearInterval(this.timer);
    },
  };
  await child.ended(40_000);
  return child.result<Told>();
}

const WAITING = 'nc.publish("out", "x".repeat(100_000));';

describe.concurrent("the server gives up a process that stands still, and the cause is local-stall", () => {
  const GIVES_UP = 'write_deadline: "1s"';

  it.each([
    ["a slow consumer", "{}", { rate: 3000, size: 8000, config: GIVES_UP }],
    [
      "a slow consumer, while no timer is due",
      "{ pingInterval: 0 }",
      { rate: 3000, size: 8000, config: GIVES_UP },
    ],
    [
      "a slow consumer with bytes waiting",
      "{}",
      { rate: 3000, size: 8000, config: GIVES_UP, before: WAITING },
    ],
    ["PINGs without an answer", "{}", { config: 'ping_interval: "1s"\nping_max: 2' }],
  ])("%s", { timeout: 60_000 }, async (_, options, how) => {
    const told = await standStill(options, how);
    expect(told).toMatchObject({ kinds: ["local-stall"], reconnects: 1, pending: 0 });
  });
});
