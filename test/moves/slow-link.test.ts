import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { Cleanup } from "../support/cleanup.js";
import { Load } from "../support/load.js";
import { Mover, Moving } from "../support/moving.js";
import { until } from "../support/until.js";

/** ms that the old link takes in each direction; the new one takes none. */
const LATENCY = 60;

let nodes: Moving;
const cleanup = new Cleanup();
beforeAll(async () => {
  nodes = cleanup.use(await Moving.start());
});
afterAll(() => cleanup[Symbol.asyncDispose]());

/** A connection that reaches the first server by a slow way, and the second one by a quick one. */
async function slowMover(): Promise<Mover> {
  const [one, two] = nodes.cluster.servers;
  const proxy = cleanup.use(await FaultProxy.start({ target: one.hostport }));
  proxy.addToxic({ type: "latency", latency: LATENCY });
  // Told of both at once it might have taken the quick one: a slow server gets no more than a head start.
  const nc = await nodes.at(0, { servers: [proxy.url] });
  nc.setServers([proxy.url, two.url]);
  expect(nc.getServer()).toBe(proxy.hostport);
  return new Mover(nc);
}

// Such a move takes 6 s: side by side, each on subjects of its own.
describe.concurrent("a move away from a slow link [F3]", () => {
  it("waits for what that link still brings: nothing is lost, also of a group of one", async () => {
    const publisher = await nodes.at(0);
    const mover = await slowMover();
    const [plain, member] = [new Arrivals(), new Arrivals()];
    mover.nc.subscribe("a", { callback: countInto(plain) });
    mover.nc.subscribe("b", { queue: "q", callback: countInto(member) });
    await mover.nc.flush();
    const loads = ["a", "b"].map((subject) => Load.numbers(publisher, subject, 5000));
    await mover.move();
    const counts = loads.map((load) => load.stop());
    await publisher.flush();
    for (const [i, arrivals] of [plain, member].entries()) {
      await until(() => arrivals.distinct === counts[i], "all of them").catch(() => {});
      expect(arrivals.missing(counts[i]), "lost").toEqual([]);
      expect(arrivals.repeated, "doubled").toEqual([]);
    }
    expect(plain.late, "out of order").toBe(0);
    mover.expectUnnoticed();
  });

  it("is behind what was published on that link: those at its server see the order", async () => {
    const subscriber = await nodes.at(0);
    const mover = await slowMover();
    const arrivals = new Arrivals();
    subscriber.subscribe("c", { callback: countInto(arrivals) });
    await nodes.known(subscriber);
    using load = Load.numbers(mover.nc, "c", 5000);
    await mover.move();
    const count = load.stop();
    await mover.nc.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expect(arrivals.missing(count), "lost").toEqual([]);
    expect([arrivals.repeated, arrivals.late]).toEqual([[], 0]);
    mover.expectUnnoticed();
  });

  it("loses nothing that nobody can tell apart", async () => {
    const publisher = await nodes.at(0);
    const mover = await slowMover();
    let got = 0;
    mover.nc.subscribe("tick", { callback: () => void got++ });
    await mover.nc.flush();
    let count = 0;
    const timer = setInterval(() => {
      for (let i = 0; i < 3; i++) publisher.publish("tick", "tick");
      count += 3;
    }, 2);
    await mover.move();
    clearInterval(timer);
    await publisher.flush();
    await until(
      () => got >= count,
      () => `${count}, it is ${got}`,
    );
    mover.expectUnnoticed();
  });

  it("answers the requests that were under way on it", async () => {
    const service = await nodes.at(0);
    service.subscribe("echo", { callback: (_, msg) => msg.respond(msg.data) });
    await nodes.known(service);
    const mover = await slowMover();
    const answers: Promise<string>[] = [];
    const timer = setInterval(() => {
      const text = String(answers.length);
      answers.push(mover.nc.request("echo", text, { timeout: 3000 }).then((msg) => msg.string()));
    }, 2);
    await mover.move();
    clearInterval(timer);
    expect(await Promise.all(answers)).toEqual(answers.map((_, i) => String(i)));
    expect(answers.length).toBeGreaterThan(50);
  });
});
