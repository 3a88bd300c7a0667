import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { NatsServer } from "../src/testing/server.js";
import { CompiledLibrary } from "./support/child.js";
import { deadUrl } from "./support/fake-server.js";
import { until } from "./support/until.js";

interface Problem {
  kind: string;
  code?: string;
  text: string;
}

/** What the end of a process may take when nothing holds it: less than any time-out of the client, which would be 5 s. */
const PROMPT = 4_500;

let library: CompiledLibrary;
let server: NatsServer;
beforeAll(async () => {
  library = await CompiledLibrary.make();
});
afterAll(() => library[Symbol.dispose]());
beforeEach(async () => {
  server = await NatsServer.start();
});
afterEach(() => server.close());

describe("nothing keeps the process alive", () => {
  it.each([
    ["close()", "await nc.close();"],
    ["drain()", "await nc.drain();"],
    ["close() during a drain whose handlers never end", "nc.drain(); await nc.close();"],
  ])("after %s, with everything under way that has a timer [parity 117]", async (_, end) => {
    using child = library.run(
      `const nc = await connect({ servers: SERVER });
       nc.subscribe("mute", { callback: () => ${end.startsWith("nc.drain") ? "new Promise(() => {})" : "{}"} });
       nc.subscribe("timed", { timeout: 60_000, callback: () => {} });
       nc.request("mute", "", { timeout: 60_000 }).catch(() => {});
       nc.request("mute", "", { timeout: 60_000, noMux: true }).catch(() => {});
       (async () => { for await (const _ of await nc.requestMany("mute", "", { maxWait: 60_000 })); })().catch(() => {});
       nc.flush({ timeout: 60_000 }).catch(() => {});
       (async () => { for await (const _ of nc.status()); })();
       await nc.flush();
       ${end}
       say("closed");`,
      server.url,
    );
    await child.said("closed");
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
  });

  it("after close() in the middle of an outage", async () => {
    using child = library.run(
      `const nc = await connect({ servers: SERVER, reconnectTimeWait: 600_000, closeTimeout: 50 });
       nc.on("reconnecting", async ({ delay }) => {
         if (delay === 0) return;
         nc.publish("a");
         nc.flush({ timeout: 60_000 }).catch(() => {});
         nc.request("a", "", { timeout: 60_000 }).catch(() => {});
         await nc.close();
         say("closed");
       });
       say("ready");`,
      server.url,
    );
    await child.said("ready");
    await server.kill();
    await child.said("closed");
    await child.ended(PROMPT);
  });

  it("after a connect() that failed, and after a connection that gave up", async () => {
    using failed = library.run(
      `await connect({ servers: SERVER }).catch((error) => say(error.code));`,
      await deadUrl(),
    );
    using gaveUp = library.run(
      `const nc = await connect({ servers: SERVER, maxReconnectAttempts: 2, reconnectTimeWait: 5 });
       nc.closed().then((error) => say(error.code));
       say("ready");`,
      server.url,
    );
    await gaveUp.said("ready");
    await server.kill();
    await failed.said("CONNECTION_REFUSED");
    await gaveUp.said("MAX_RECONNECT_ATTEMPTS");
    await failed.ended(PROMPT);
    await gaveUp.ended(PROMPT);
  });
});

describe("the process stays alive", () => {
  it("while a connection tries to reconnect, and waits between its attempts", async () => {
    using child = library.run(
      `const nc = await connect({ servers: SERVER, reconnectTimeWait: 200, reconnectJitter: 0 });
       nc.on("reconnecting", ({ delay }) => { if (delay > 0) say("waiting"); });
       nc.on("reconnect", async () => { say("back"); await nc.close(); });
       say("ready");`,
      server.url,
    );
    await child.said("ready");
    await server.kill();
    await until(() => child.lines.filter((line) => line === "waiting").length > 3, "several waits");
    expect(child.code).toBeUndefined();
    await server.restart();
    await child.said("back");
    await child.ended(PROMPT);
    expect(child.code).toBe(0);
  });
});

describe("promises that nobody waits for", () => {
  it("a flush() of a link that dies raises no unhandled rejection: it waits for the next one [peers 9]", async () => {
    using child = library.run(
      `const nc = await connect({ servers: SERVER, reconnectTimeWait: 5 });
       nc.on("disconnect", () => { for (let i = 0; i < 10; i++) nc.flush(); });
       nc.on("reconnect", async () => {
         await nc.flush();
         await nc.close();
         await turn();
         say(JSON.stringify(problems));
       });
       for (let i = 0; i < 10; i++) nc.flush();
       say("ready");`,
      server.url,
    );
    await child.said("ready");
    await server.restart();
    await child.ended();
    expect(child.result<Problem[]>()).toEqual([]);
  });

  it("of a connection that gives up raise none either; who waits is told", async () => {
    using child = library.run(
      `const nc = await connect({ servers: SERVER, maxReconnectAttempts: 2, reconnectTimeWait: 5 });
       let told;
       nc.on("disconnect", () => {
         nc.publish("a");
         nc.flush();
         nc.fence();
         nc.rtt();
         nc.flush().catch((error) => { told = error.code; });
       });
       nc.closed().then(async () => { await turn(); await turn(); say(JSON.stringify({ problems, told })); });
       say("ready");`,
      server.url,
    );
    await child.said("ready");
    await server.kill();
    await child.ended();
    expect(child.result()).toEqual({ problems: [], told: "CONNECTION_CLOSED" });
  });
});

describe("whatever a server and callbacks do", () => {
  it("no unhandled rejection and no uncaught exception comes of it", async () => {
    using child = library.run(
      `const nc = await connect({
         servers: SERVER, reconnectTimeWait: 2, reconnectJitter: 2, timeout: 500, stallTimeout: 500,
         beforeReplay: () => { throw new Error("beforeReplay"); },
       });
       const fail = () => { throw new Error("listener"); };
       for (const name of ["state", "disconnect", "reconnecting", "reconnect", "messageLost"]) nc.on(name, fail);
       let errors = 0;
       nc.on("error", () => errors++);
       nc.subscribe("a", { callback: () => { throw new Error("callback"); } });
       nc.subscribe("a", { callback: async () => { throw new Error("rejected"); } });
       nc.subscribe("a", { callback: () => { throw undefined; } });
       nc.subscribe("ask", { callback: (_, msg) => { msg.respond("answer"); throw new Error("after it"); } });
       (async () => { for await (const _ of nc.subscribe("a")); })();
       let round = 0;
       let stop = false;
       const publishing = (async () => {
         for (let i = 0; !stop; i++) {
           nc.publish("a", "x".repeat(i % 500));
           nc.publishConfirmed("a").catch(() => {});
           nc.request("ask", "", { timeout: 100 }).catch(() => {});
           nc.request("nobody", "", { timeout: 100, noMux: true }).catch(() => {});
           nc.rtt().catch(() => {});
           nc.flush({ timeout: 50 }).catch(() => {});
           const sub = nc.subscribe("a." + i, { max: 1 });
           if (i % 3 === 0) sub.unsubscribe(); else if (i % 3 === 1) sub.drain();
           if (i % 50 === 0) nc.reconnect();
           if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
         }
       })();
       nc.on("reconnect", () => say("round " + ++round));
       say("ready");
       await until(() => round >= 30);
       stop = true;
       await publishing;
       await nc.close();
       await turn();
       say(JSON.stringify({ problems, errors }));`,
      server.url,
    );
    await child.said("ready");
    let rounds = 0;
    while (child.code === undefined && rounds < 30) {
      const { length } = child.lines;
      await server.restart();
      await until(() => child.lines.length > length || child.code !== undefined, "a reconnect");
      rounds++;
    }
    await child.ended();
    const { problems, errors } = child.result<{ problems: Problem[]; errors: number }>();
    expect(problems).toEqual([]);
    expect(errors).toBeGreaterThan(0);
  });
});
