import { TimeoutStrategy, timeout as timeLimit } from "cockatiel";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { policy, request } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { openRequests, openSubscriptions } from "../support/inside.js";
import { expectNoProblems } from "../support/problems.js";
import { rejection, until } from "../support/until.js";

expectNoProblems();

let server: NatsServer;
let nc: Connection;
let asked: string[];
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  nc = await connect({ servers: server.url, backoff: { initial: 20, max: 50 } });
  asked = [];
  nc.subscribe("silent.*", { callback: (_, msg) => void asked.push(msg.string()) });
  await nc.flush();
});
afterEach(async () => {
  expectBalanced(nc);
  await nc.close();
});

it("a request that is given up by its signal waits no longer: nothing is left of it", async () => {
  const endless = policy({ name: "endless", timeout: false });
  for (const by of [endless, { timeout: 600_000 }]) {
    for (const options of [{}, { noMux: true }]) {
      const controller = new AbortController();
      const before = openSubscriptions(nc).length;
      const asking = rejection(request(nc, "silent.a", 1, by, { ...options, signal: controller.signal }));
      const wanted = asked.length + 1;
      await until(() => asked.length === wanted, "the request");
      const reason = new Error("enough");
      controller.abort(reason);
      expect(await asking).toBe(reason);
      await until(() => openRequests(nc) === 0 && openSubscriptions(nc).length <= before + 1, "its end");
    }
  }
});

it("one that was given up before it could be sent is never sent", async () => {
  await server.kill();
  await until(() => nc.state === "reconnecting", "the outage");
  const controller = new AbortController();
  const asking = rejection(
    request(nc, "silent.a", "late", undefined, { timeout: 60_000, signal: controller.signal }),
  );
  await until(() => openRequests(nc) === 1, "the request");
  controller.abort();
  await asking;
  await until(() => openRequests(nc) === 0, "its end");
  expect(nc.buffered.messages).toBe(0);
  await server.restart();
  await nc.flush();
  await nc.request("silent.b", "", { timeout: 1 }).catch(() => {});
  await nc.flush();
  expect(asked).not.toContain('"late"');
});

it("a second request that is not needed any more is given up, and so is one of cockatiel's limits", async () => {
  let answers = 0;
  nc.subscribe("second", { callback: (_, msg) => void (++answers === 2 && msg.respond("2")) });
  await nc.flush();
  const hedged = policy({ name: "hedged", idempotent: true, hedge: { after: 5 }, timeout: 600_000 });
  expect(await request(nc, "second", 1, hedged)).toBe(2);
  await until(() => openRequests(nc) === 0, "the end of the first");
  const limit = timeLimit(10, TimeoutStrategy.Aggressive);
  await rejection(request(nc, "silent.a", 1, limit, { timeout: 600_000 }));
  await until(() => openRequests(nc) === 0, "the end of what was limited");
  await rejection(request(nc, "silent.a", 1, limit, { timeout: 600_000, totalTimeout: 5 }));
  await until(() => openRequests(nc) === 0, "the end of all of it");
});
