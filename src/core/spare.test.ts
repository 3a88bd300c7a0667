import { describe, expect, it } from "vitest";
import { LinksWorld } from "../testing/worlds/links-world.js";
import type { EngineOptions } from "./options.js";

const DELAY = 1000;
const standby = { delay: (failures: number) => DELAY * 2 ** failures };

/** Connected to a, and given the time to find a second link. */
function started(names = "a b", options: Partial<EngineOptions> = {}): LinksWorld {
  const world = new LinksWorld(names, { standby, ...options }).start();
  world.pass(DELAY + 20);
  return world;
}

const ready = (world: LinksWorld) => world.told("spare").map(({ server, ready }) => `${server} ${ready}`);
const dials = (world: LinksWorld, name: string) =>
  [...world.wires.values()].filter(({ server }) => server.settings.name === name).length;

describe("a standby", () => {
  it("is an authenticated link to another server, without subscriptions, made a while after the first", () => {
    const world = new LinksWorld("a b", { standby }).start();
    world.engine.subscribe("s", undefined, undefined, { onMessage() {}, onEnd() {} });
    world.pass(DELAY - 20);
    expect(world.open("b")).toEqual([]);
    world.pass(50);
    expect(world.wire("b").said).toMatch(/^CONNECT .*\r\nPING\r\n$/);
    expect(ready(world)).toEqual(["b:4222 true"]);
    expect(world.told("attemptFailed").length + world.told("reconnecting").length).toBe(0);
  });

  it("takes over at once when the link in use dies: without a dial", () => {
    const world = started();
    world.engine.subscribe("s", undefined, undefined, { onMessage() {}, onEnd() {} });
    world.pass(20);
    world.server("a").kill();
    const died = world.now;
    world.until(() => world.told("reconnect").length > 0, 100);
    // The reset is on its way for 1 ms; SUB and PONG for 2.
    expect(world.now - died).toBeLessThanOrEqual(4);
    expect(world.told("reconnect")).toMatchObject([{ server: "b:4222", attempts: 0 }]);
    expect([world.wires.size, world.wire("b").lines().slice(1)]).toEqual([2, ["SUB s 1", "PING"]]);
  });

  it("is looked for anew when it has taken over, and its server is gone, and comes back", () => {
    const world = started();
    world.server("a").kill();
    world.pass(10_000);
    const [stands, lost] = world.told("spare");
    expect([stands.cause, lost.cause?.kind, lost.cause?.docs]).toEqual([
      undefined,
      "refused",
      "docs/causes/refused.md",
    ]);
    expect(ready(world)).toEqual(["b:4222 true", "a:4222 false"]);
    world.server("a").start();
    world.until(() => ready(world).length === 3, 60_000);
    expect(ready(world)[2]).toBe("a:4222 true");
  });

  it("that dies when it has just taken over has had its turn: its server is dialled again behind a wait", () => {
    const world = started("a b c");
    for (const name of ["a", "c"]) world.server(name).kill();
    world.until(() => world.at === "b", 50);
    world.server("b").kill();
    world.until(() => world.told("reconnecting").some(({ delay }) => delay > 0), 50);
    const dialled = world.told("reconnecting").map(({ server }) => server);
    expect(dialled).toEqual(["c:4222", "a:4222", ""]);
  });

  it("that dies is replaced by one elsewhere; the connection does not notice", () => {
    const world = started("a b c");
    world.server("b").kill();
    world.pass(3 * DELAY);
    expect(ready(world)).toEqual(["b:4222 true", "b:4222 false", "c:4222 true"]);
    expect(world.told("disconnect").length + world.told("attemptFailed").length).toBe(0);
    expect(world.told("spare")[1].error).toMatchObject({ code: "CONNECTION_LOST" });
  });

  it("whose server shuts down is given up, for one elsewhere", () => {
    const world = started("a b c");
    world.server("b").enterLameDuck();
    world.pass(3 * DELAY);
    expect(ready(world)).toEqual(["b:4222 true", "b:4222 false", "c:4222 true"]);
    expect([world.open("b"), world.told("lameDuck")]).toEqual([[], []]);
  });

  it("is not had at a server that says that it shuts down; that is tried less and less often", () => {
    const world = new LinksWorld("a b", { standby }).start();
    world.server("b").more = { ldm: true };
    world.pass(20_000);
    expect(ready(world)).toEqual(["b:4222 false"]);
    expect(dials(world, "b")).toBe(4);
  });

  it("that nobody answers any more is found out, and replaced", () => {
    const world = started("a b c");
    world.server("b").freeze();
    world.pass(26_000);
    expect(ready(world)).toEqual(["b:4222 true", "b:4222 false"]);
    expect(world.told("spare")[1].error).toMatchObject({ code: "STALE_CONNECTION" });
    world.pass(3000);
    expect(ready(world)[2]).toBe("c:4222 true");
  });

  it("that is alive stays: nothing is sent but a PING now and then", () => {
    const world = started();
    world.pass(65_000);
    expect(world.wire("b").lines()).toEqual(["PING", "PING", "PING", "PING"]);
    expect([ready(world), dials(world, "b")]).toEqual([["b:4222 true"], 1]);
  });

  it("that turns out to be half-open when it is needed holds nobody up: the next server is dialled beside it", () => {
    const world = started("a b c");
    world.server("b").freeze();
    world.server("a").kill();
    world.until(() => world.told("reconnect").length > 0, 3000);
    expect(world.at).toBe("c");
  });

  it("that does not last is made less and less often, until one stands", () => {
    const world = new LinksWorld("a b", { standby }).start();
    const drop = () => {
      const [wire] = world.open("b");
      if (wire?.said.includes("CONNECT")) wire.client.hangUp();
      world.in(100, drop);
    };
    drop();
    world.pass(35_000);
    expect(dials(world, "b")).toBeLessThanOrEqual(6);
  });

  it("that is refused is told once, and tried less and less often; the connection stays", () => {
    const world = new LinksWorld("a b", { standby });
    world.server("b").settings.user = "somebody";
    world.start().pass(60_000);
    expect(world.told("spare")).toMatchObject([{ ready: false, error: { code: "AUTHORIZATION_VIOLATION" } }]);
    expect(dials(world, "b")).toBe(5);
    expect(world.engine.state).toBe("connected");
  });

  it("is not made with a single server, nor to the same one by another name", () => {
    for (const names of ["a", "a b"]) {
      const world = new LinksWorld(names, { standby });
      world.cluster.servers.at(-1)!.more = { server_id: "ID-a" };
      world.start().pass(30_000);
      expect([world.told("spare"), world.wires.size]).toEqual([[], names.length === 1 ? 1 : 2]);
      if (names.length > 1) expect(world.open("b")).toEqual([]);
    }
  });

  it("ends when its server leaves the list, and not otherwise", () => {
    const world = started("a b c");
    const { session } = world.engine;
    const others = (kept: string) => world.pool.all.filter(({ address }) => kept.includes(address.hostname));
    world.pool.replace(others("ab").map(({ address }) => address));
    session.serversReplaced(world.now);
    world.pass(5);
    expect(world.open("b")).toHaveLength(1);
    world.pool.replace(others("a").map(({ address }) => address));
    session.serversReplaced(world.now);
    world.pass(5000);
    expect([world.open("b"), ready(world), world.told("spare")[1].error]).toEqual([
      [],
      ["b:4222 true", "b:4222 false"],
      undefined,
    ]);
  });

  it("whose server is moved to by another link is looked for elsewhere", () => {
    const world = started("a b c");
    world.engine.session.reconnect(world.now);
    world.until(() => world.told("move").length > 0).pass(3 * DELAY);
    expect(world.at).toBe("b");
    expect(world.open("b")).toHaveLength(1);
    expect(ready(world).at(-1)).toMatch(/true$/);
  });

  it("is what a lame duck is left for: no dial", () => {
    const world = started();
    world.server("a").enterLameDuck();
    world.until(() => world.told("move").length > 0);
    expect([world.at, world.wires.size]).toEqual(["b", 2]);
  });

  it("goes with the connection, and does not come back while that is shut down", () => {
    const world = started("a b c");
    world.server("a").freeze();
    world.publish("p", "unconfirmed");
    world.engine.finish(60_000, world.now);
    world.pass(10);
    expect(world.open("b")).toEqual([]);
    world.server("a").kill();
    world.wire("a").resume();
    world.pass(20_000);
    // The first link, the standby, and the reconnect that confirms what was accepted.
    expect(world.wires.size).toBe(3);
    expect([world.engine.state, world.open("b"), world.open("c")]).toEqual(["closed", [], []]);
  });

  it("does not come back after an outage while the connection is shut down", () => {
    const world = started("a b c");
    world.engine.session.stay(world.now);
    world.server("a").kill();
    world.until(() => world.told("reconnect").length > 0).pass(20_000);
    // The first link, the standby that was, and the reconnect.
    expect(world.wires.size).toBe(3);
  });

  it("that has lasted is made anew as soon as the first one, however many were lost before", () => {
    const world = started();
    for (let i = 0; i < 4; i++) {
      world.pass(25_000);
      world.open("b")[0].client.hangUp();
      world.pass(2 * DELAY + 50);
      expect(world.open("b")).toHaveLength(1);
    }
  });

  it("is not taken where the application leaves the server itself: it may have new credentials", () => {
    const world = started("a b");
    world.engine.session.leave(world.now);
    world.until(() => world.told("reconnect").length > 0, 1000);
    expect(dials(world, "b")).toBe(2);
  });
});
