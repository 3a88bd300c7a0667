import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { FakeServer, infoLine } from "../support/fake-server.js";
import { Load } from "../support/load.js";
import { Mover, Moving } from "../support/moving.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

const QUICK = { reconnectTimeWait: 20, reconnectJitter: 0 };

describe("a move that cannot be made before the break: it is made after it [F3]", () => {
  it.each<[string, NatsServerOptions, object]>([
    ["the server is full", { config: "max_connections: 2" }, {}],
    [
      "the account may not have more connections",
      {
        config:
          "accounts { A { users: [{ user: a, password: a }], limits { max_connections: 2 } } }\nno_auth_user: a",
      },
      {},
    ],
  ])("%s", async (_, options) => {
    await using server = await NatsServer.start(options);
    await using subscriber = await connect({ servers: server.url });
    const arrivals = new Arrivals();
    subscriber.subscribe("a", { callback: countInto(arrivals) });
    await subscriber.flush();
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    await using nc = await connect({ servers: server.url, waitOnFirstConnect: true, ...QUICK });
    const recorder = new Recorder(nc, ["move", "disconnect", "reconnect", "close"]);
    using load = Load.steady(nc, "a", 5000);
    await until(() => nc.stats().confirmed > 100, "the load");
    await nc.reconnect();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    const count = load.stop();
    await nc.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expect(arrivals.missing(count), "lost").toEqual([]);
    expect(recorder.names()).toEqual(["disconnect", "reconnect"]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });

  it("the servers form no cluster: given up within the timeout", async () => {
    await using one = await NatsServer.start();
    await using two = await NatsServer.start();
    await using nc = await connect({ servers: one.url, timeout: 700, ...QUICK });
    nc.subscribe("a", { callback: () => {} });
    const recorder = new Recorder(nc, ["move", "disconnect", "reconnect", "error"]);
    const since = performance.now();
    // No way but to that one: its own server would be dialled beside one that is slow to answer.
    nc.setServers([two.url]);
    await nc.reconnect();
    await until(
      () => recorder.count("reconnect") === 1,
      () => JSON.stringify(recorder.events),
    );
    // By default, "timeout" alone is that long.
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(recorder.names()).toEqual(["disconnect", "reconnect"]);
    expect(nc.getServer()).toBe(two.hostport);
    nc.publish("a", "");
    await nc.flush();
  });
});

describe("a move", () => {
  let nodes: Moving;
  beforeAll(async () => {
    nodes = await Moving.start();
  });
  afterAll(() => nodes[Symbol.asyncDispose]());
  afterEach(async () => {
    await nodes.closeConnections();
  });

  it("does not wait for servers that take a connection and say nothing", async () => {
    const [one, , three] = nodes.cluster.servers;
    await using silent = await FakeServer.start(() => {});
    await using mute = await FakeServer.start((link) => link.send(infoLine()));
    await using nc = await connect({
      servers: one.url,
      noRandomize: true,
      ignoreClusterUpdates: true,
      moveSettle: 5,
    });
    const mover = new Mover(nc);
    const since = performance.now();
    nc.setServers([silent.url, mute.url, three.url]);
    await until(() => mover.moves.length === 1, "the move");
    expect(mover.moves).toMatchObject([{ from: one.hostport, to: three.hostport }]);
    expect(performance.now() - since).toBeLessThan(4000);
    mover.expectUnnoticed();
    await until(
      () => [silent, mute].every(({ last }) => last.socket.destroyed),
      "the end of the other dials",
    );
  });

  it("of a connection alone at one server leads to a second link to it; nothing is lost", async () => {
    await using server = await NatsServer.start();
    await using publisher = await connect({ servers: server.url });
    await using nc = await connect({ servers: server.url });
    const mover = new Mover(nc);
    const arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
    await nc.flush();
    const { client_id } = nc.info as { client_id: number };
    using load = Load.steady(publisher, "a", 20_000);
    for (let i = 0; i < 3; i++) {
      expect(await mover.move()).toMatchObject({ from: server.hostport, to: server.hostport });
    }
    const count = load.stop();
    await publisher.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expect(arrivals.missing(count), "lost").toEqual([]);
    expect(arrivals.repeated, "doubled").toEqual([]);
    expect(nc.info?.client_id).toBeGreaterThan(client_id);
    mover.expectUnnoticed();
  });

  describe("with noEcho", () => {
    it("brings no message of one's own, from neither link; what others publish comes once", async () => {
      const other = await nodes.at(0);
      const mover = await nodes.mover(1, { noEcho: true });
      const own: string[] = [];
      const arrivals = new Arrivals();
      mover.nc.subscribe("own", { callback: (_, msg) => own.push(msg.string()) });
      mover.nc.subscribe("own", { queue: "q", callback: (_, msg) => own.push(msg.string()) });
      mover.nc.subscribe("others", { callback: countInto(arrivals) });
      await nodes.known(mover.nc);
      using load = Load.steady(mover.nc, "own", 10_000);
      using others = Load.steady(other, "others", 10_000);
      for (let i = 0; i < 3; i++) await mover.move();
      load.stop();
      const count = others.stop();
      await Promise.all([mover.nc.flush(), other.flush()]);
      await until(() => arrivals.distinct === count, "all of them").catch(() => {});
      expect(arrivals.missing(count), "lost").toEqual([]);
      expect(arrivals.repeated, "doubled").toEqual([]);
      expect(own).toEqual([]);
      mover.expectUnnoticed();
    });

    it("holds publishing back for no longer than the settling takes", async () => {
      const mover = await nodes.mover(1, { noEcho: true });
      let longest = 0;
      let running = true;
      const asking = (async () => {
        while (running) {
          const since = performance.now();
          await mover.nc.publishConfirmed("own", "");
          longest = Math.max(longest, performance.now() - since);
        }
      })();
      await mover.move();
      running = false;
      await asking;
      expect(longest).toBeLessThan(2000);
    });
  });
});

describe("permissions in the way of a move [F3]", () => {
  const user = (permissions: string) =>
    `authorization { users: [{ user: a, password: a, permissions: { ${permissions} } }] }\nno_auth_user: a`;
  let nodes: Moving;
  afterEach(() => nodes[Symbol.asyncDispose]());

  it.each([
    ["publishing to inboxes", 'publish: { deny: ["_INBOX.>"] }'],
    ["subscribing to inboxes", 'subscribe: { deny: ["_INBOX.>"] }'],
    ["both", 'publish: { deny: ["_INBOX.>"] }, subscribe: { deny: ["_INBOX.>"] }'],
  ])("%s is denied: the move is done all the same, and no error is told", async (_, permissions) => {
    nodes = await Moving.start({ config: user(permissions) });
    const publisher = await nodes.at(0);
    const mover = await nodes.mover(1);
    const arrivals = new Arrivals();
    mover.nc.subscribe("a", { callback: countInto(arrivals) });
    await mover.nc.flush();
    using load = Load.steady(publisher, "a", 10_000);
    await until(() => arrivals.total > 0, "interest");
    const first = Math.min(
      ...Array.from({ length: 1e6 }, (_, n) => n)
        .filter((n) => arrivals.timesOf(n) > 0)
        .slice(0, 1),
    );
    for (let i = 0; i < 2; i++) await mover.move();
    const count = load.stop();
    await publisher.flush();
    await until(() => arrivals.timesOf(count - 1) > 0, "the last one");
    expect(
      arrivals.missing(count).filter((n) => n > first),
      "lost",
    ).toEqual([]);
    expect(arrivals.repeated, "doubled").toEqual([]);
    mover.expectUnnoticed();
  });

  it("a subscription that the new server alone denies ends as after a reconnect: an error, the others go on", async () => {
    nodes = await Moving.start({ config: user('publish: ">"') });
    const [, second] = nodes.cluster.servers;
    await second.reload({ config: user('subscribe: { deny: ["secret"] }') });
    const mover = await nodes.mover(0);
    const errors: Error[] = [];
    const ends: unknown[] = [];
    mover.nc.on("error", (error) => void errors.push(error));
    const got: string[] = [];
    const denied = mover.nc.subscribe("secret", { callback: (error) => void ends.push(error) });
    mover.nc.subscribe("open", { callback: (_, msg) => got.push(msg.string()) });
    await mover.nc.flush();
    // No way but to that one: others would be dialled beside it where it is slow to answer.
    mover.nc.setServers([second.url]);
    await until(() => mover.moves.length === 1, "the move");
    expect(mover.moves).toMatchObject([{ to: second.hostport }]);
    await until(() => denied.isClosed(), "the end of the subscription");
    expect(errors).toMatchObject([{ code: "PERMISSIONS_VIOLATION" }]);
    mover.nc.publish("open", "still");
    await mover.nc.flush();
    expect(got).toEqual(["still"]);
    expect(mover.nc.state).toBe("connected");
  });
});
