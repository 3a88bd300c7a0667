import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Connection, ConnectionOptions } from "../../src/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { connectAtFirst } from "../support/at-first.js";
import { Cleanup } from "../support/cleanup.js";
import { Load } from "../support/load.js";
import { Mover } from "../support/moving.js";
import { until } from "../support/until.js";

/** ms that the route between the two servers takes in each direction: they are in different places. */
const LATENCY = 25;

let cleanup: Cleanup;
let one: NatsServer;
let two: NatsServer;
const open: Connection[] = [];
beforeAll(async () => {
  cleanup = new Cleanup();
  one = cleanup.use(await NatsServer.start({ cluster: { name: "far" } }));
  const proxy = cleanup.use(
    await FaultProxy.start({ target: `${one.host}:${one.clusterPort}`, nats: false }),
  );
  proxy.addToxic({ type: "latency", latency: LATENCY });
  two = cleanup.use(await NatsServer.start({ cluster: { name: "far", routes: [proxy.url] } }));
});
afterAll(() => cleanup[Symbol.asyncDispose]());
afterEach(async () => {
  await Promise.all(open.splice(0).map((nc) => nc.close()));
});

async function at(server: NatsServer, options: ConnectionOptions = {}): Promise<Connection> {
  const servers = [server.url, server === one ? two.url : one.url];
  const nc = await connectAtFirst(servers, { ignoreClusterUpdates: true, ...options });
  open.push(nc);
  return nc;
}

async function allHave(count: number, arrivals: Arrivals): Promise<void> {
  await until(() => arrivals.distinct === count, "all of them").catch(() => {});
  expect(arrivals.missing(count), "lost").toEqual([]);
  expect(arrivals.repeated, "doubled").toEqual([]);
}

/** Resolves when both servers know of what `subscriber` has subscribed so far: a message on a subject below this one has come from each. */
async function known(subject: string, subscriber: Connection): Promise<void> {
  // By server: those of the first one may still come in when the second one is asked.
  const heard = new Set<string>();
  const sub = subscriber.subscribe(`${subject}.known.*`, {
    callback: (_, msg) => void heard.add(msg.subject),
  });
  await subscriber.flush();
  for (const server of [one, two]) {
    const nc = await at(server);
    const own = `${subject}.known.${server.name}`;
    await until(() => {
      nc.publish(own);
      return heard.has(own);
    }, "interest");
    await nc.close();
  }
  sub.unsubscribe();
}

describe("a move between servers that are far apart [F3]", () => {
  it.each([
    ["to the publisher's server", 1],
    ["away from the publisher's server", 0],
  ])("of a subscriber and of a member of a group, %s", async (_, from) => {
    const publisher = await at(one);
    const mover = new Mover(await at(from === 0 ? one : two));
    const [plain, member] = [new Arrivals(), new Arrivals()];
    mover.nc.subscribe(`a.${from}`, { callback: countInto(plain) });
    mover.nc.subscribe(`b.${from}`, { queue: "q", callback: countInto(member) });
    await known(`a.${from}`, mover.nc);
    const loads = ["a", "b"].map((name) => Load.numbers(publisher, `${name}.${from}`, 5000));
    await mover.move();
    const [a, b] = loads.map((load) => load.stop());
    await publisher.flush();
    await allHave(a, plain);
    await allHave(b, member);
    mover.expectUnnoticed();
  });

  it("of a publisher, whose messages are seen once by subscribers at both", async () => {
    const mover = new Mover(await at(one));
    const all = await Promise.all(
      [one, two].map(async (server, i) => {
        const arrivals = new Arrivals();
        const nc = await at(server);
        nc.subscribe("c", { callback: countInto(arrivals) });
        await known(`c.${i}`, nc);
        return arrivals;
      }),
    );
    using load = Load.numbers(mover.nc, "c", 5000);
    await mover.move();
    const count = load.stop();
    await mover.nc.flush();
    for (const arrivals of all) await allHave(count, arrivals);
    mover.expectUnnoticed();
  });

  it.each([
    ["when nobody else listens", undefined, false],
    ["when others listen at the new server", undefined, true],
    ["as a member of a group", "q", false],
    ["as a member of a group, when others listen", "q", true],
  ])("with noEcho brings no message of one's own, %s", async (_, queue, hasOthers) => {
    const mover = new Mover(await at(two, { noEcho: true }));
    const subject = `own.${queue}.${hasOthers}`;
    const own: string[] = [];
    mover.nc.subscribe(subject, { queue, callback: (_, msg) => own.push(msg.string()) });
    await mover.nc.flush();
    if (hasOthers) {
      const other = await at(one);
      other.subscribe(subject, { callback: () => {} });
      await known(subject, other);
    }
    using load = Load.numbers(mover.nc, subject, 5000);
    await mover.move();
    load.stop();
    await mover.nc.flush();
    expect(own).toEqual([]);
    mover.expectUnnoticed();
  });

  it("leaves no gap in subscriptions that are made at any instant of it", async () => {
    const publisher = await at(one);
    // Less than a route takes: only a probe shows that the other server knows of them.
    const mover = new Mover(await at(one, { moveSettle: 8 }));
    // Each to a subject of its own: what one of them is known to want, all get.
    const runs: Set<number>[] = [];
    let count = 0;
    const timer = setInterval(() => {
      for (let i = 0; i < 128; i++) publisher.publish(`late.${i}`, String(count));
      count++;
      if (mover.moves.length > 0 || runs.length === 128) return;
      const run = new Set<number>();
      // What lags by more than four times that little time may come twice (docs/adr/0014).
      mover.nc.subscribe(`late.${runs.length}`, { callback: (_, msg) => void run.add(Number(msg.string())) });
      runs.push(run);
    }, 2);
    using _ = { [Symbol.dispose]: () => clearInterval(timer) };
    await mover.move();
    const last = count;
    await until(() => runs.every((run) => Math.max(...run) > last), "what was published after the move");
    const missing = runs.map((run) => Math.max(...run) - Math.min(...run) + 1 - run.size);
    expect(missing).toEqual(runs.map(() => 0));
    mover.expectUnnoticed();
  });
});
