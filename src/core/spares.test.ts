import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { Sink } from "../testing/worlds/engine-world.js";
import { LinksWorld } from "../testing/worlds/links-world.js";
import { preferring } from "../testing/worlds/preferring.js";
import type { EngineOptions } from "./options.js";
import type { Preference } from "./preference.js";

const INTERVAL = 3000;
const STABLE = 2000;

/** At server b, because a was down at first. */
function settledFor(names: string, preference: Preference, options: Partial<EngineOptions> = {}): LinksWorld {
  const world = new LinksWorld(names, {
    failback: { delay: () => INTERVAL, stable: STABLE },
    connector: { ...OPTIONS.connector, preference },
    ...options,
  });
  world.server("a").up = false;
  world.start();
  expect(world.at).toBe("b");
  return world;
}

const told = (world: LinksWorld) => world.told("spare").map(({ server, ready }) => `${server} ${ready}`);
const moves = (world: LinksWorld) => world.told("move");
const dials = (world: LinksWorld, name: string) =>
  [...world.wires.values()].filter(({ server }) => server.settings.name === name).length;

describe("failback", () => {
  it("moves to the preferred server once that has stood for a while, and loses nothing", () => {
    const world = settledFor("a b", preferring("a"));
    const sink = new Sink();
    world.engine.subscribe("s", undefined, undefined, sink);
    world.pass(10);
    world.server("a").start();
    let count = 0;
    const begun = world.now;
    while (moves(world).length === 0) {
      world.publishAt(count % 2 === 0 ? "a" : "b", "s", String(count++));
      world.pass(1);
    }
    expect(world.now - begun).toBeGreaterThan(STABLE);
    expect(moves(world)).toMatchObject([{ reason: "failback", from: "b:4222", to: "a:4222" }]);
    world.pass(50);
    expect(sink.got).toEqual([...Array(count).keys()].map(String));
    expect(told(world)).toEqual(["a:4222 true"]);
    expect([dials(world, "a"), world.told("disconnect")]).toEqual([1, []]);
  });

  it("tells once that there is no better server, and that there is one", () => {
    const world = settledFor("a b", preferring("a"));
    world.pass(5 * INTERVAL);
    expect(told(world)).toEqual(["a:4222 false"]);
    world.server("a").start();
    world.until(() => moves(world).length > 0);
    expect(told(world)).toEqual(["a:4222 false", "a:4222 true"]);
  });

  it("does not move to a server that does not stay up", () => {
    const world = settledFor("a b", preferring("a"));
    world.server("a").start();
    const drop = () => {
      for (const { client } of world.open("a")) client.hangUp();
      world.in(STABLE - 500, drop);
    };
    drop();
    world.pass(20 * INTERVAL);
    expect([world.at, moves(world)]).toEqual(["b", []]);
  });

  it("does not move to a server that shuts down meanwhile", () => {
    const world = settledFor("a b", preferring("a"));
    world.server("a").start();
    world.until(() => told(world).length > 0).pass(10);
    world.server("a").enterLameDuck();
    world.pass(STABLE + 100);
    expect([told(world), moves(world), world.open("a")]).toEqual([["a:4222 true", "a:4222 false"], [], []]);
  });

  it("is told as that, also when the preferred server shuts down before the other one is left; another move follows", () => {
    const world = settledFor("a b", preferring("a"), { move: { settle: 100, lameDuckDelay: () => 1 } });
    world.server("a").start();
    world.until(() => world.at === "a", 4 * INTERVAL);
    expect(moves(world)).toEqual([]);
    world.server("a").enterLameDuck();
    world.until(() => moves(world).length > 1, 4 * INTERVAL);
    expect(moves(world)).toMatchObject([
      { reason: "failback", to: "a:4222" },
      { reason: "lame-duck", to: "b:4222" },
    ]);
  });

  it("finds a server that is preferred by its name, also when it was never reached", () => {
    const world = settledFor("a b c", preferring("a", true));
    world.server("a").start();
    world.until(() => moves(world).length > 0, 10 * INTERVAL);
    expect(moves(world)).toMatchObject([{ to: "a:4222" }]);
    expect(dials(world, "c")).toBeLessThanOrEqual(1);
  });

  it("dials nobody who cannot be preferred, and nobody while the best one is in use", () => {
    const world = settledFor("a b c", preferring("a"));
    world.pass(4 * INTERVAL);
    expect(dials(world, "c")).toBe(0);
    const best = new LinksWorld("a b c", {
      failback: { delay: () => INTERVAL, stable: STABLE },
      connector: { ...OPTIONS.connector, preference: preferring("a", true) },
    }).start();
    // Known by its name only since it was reached.
    best.pass(10 * INTERVAL);
    expect(best.wires.size).toBe(1);
  });

  it("makes no further link while it moves", () => {
    const world = settledFor("a b", preferring("a"), { failback: { delay: () => 50, stable: STABLE } });
    world.server("a").start();
    world.until(() => moves(world).length > 0).pass(500);
    expect([dials(world, "a"), told(world).at(-1)]).toEqual([1, "a:4222 true"]);
  });

  it("goes from a good server to a better one, too", () => {
    const world = settledFor("a b c", preferring("a b"));
    world.server("a").start();
    world.until(() => moves(world).length > 0);
    expect(moves(world)).toMatchObject([{ from: "b:4222", to: "a:4222" }]);
    world.pass(5 * INTERVAL);
    expect(moves(world)).toHaveLength(1);
  });

  it("asks a server that refuses us no more often than the interval says, and tells it once", () => {
    const world = settledFor("a b", preferring("a"));
    world.server("a").settings.user = "somebody";
    world.server("a").start();
    world.pass(10 * INTERVAL);
    expect(world.told("spare")).toMatchObject([{ ready: false, error: { code: "AUTHORIZATION_VIOLATION" } }]);
    expect(dials(world, "a")).toBeLessThanOrEqual(10);
    expect(world.engine.state).toBe("connected");
  });

  it("is over when the server leaves the list", () => {
    const world = settledFor("a b", preferring("a"));
    world.server("a").start();
    world.until(() => told(world).length > 0);
    world.pool.replace(
      world.pool.all.filter(({ address }) => address.hostname === "b").map(({ address }) => address),
    );
    world.engine.session.serversReplaced(world.now);
    world.pass(5 * INTERVAL);
    expect([world.open("a"), moves(world), world.at]).toEqual([[], [], "b"]);
  });

  it("does not look for anybody where reconnecting is switched off: nothing can be moved", () => {
    const world = settledFor("a b", preferring("a"), { reconnect: false });
    world.server("a").start();
    world.pass(5 * INTERVAL);
    expect(dials(world, "a")).toBe(0);
  });

  it("that has its link already takes over when the one in use dies", () => {
    const world = settledFor("a b", preferring("a"));
    world.server("a").start();
    world.until(() => told(world).length > 0);
    world.server("b").kill();
    world.until(() => world.told("reconnect").length > 0, 50);
    expect([world.at, dials(world, "a")]).toEqual(["a", 1]);
  });
});

describe("a standby beside a failback", () => {
  it("gives way to the better server, and is not left open", () => {
    const world = settledFor("a b c", preferring("a"), { standby: { delay: () => 500 } });
    world.pass(600);
    expect(world.open("c")).toHaveLength(1);
    world.server("a").start();
    world.until(() => told(world).includes("a:4222 true"));
    world.server("b").kill();
    world.pass(20);
    expect([world.at, world.open("c")]).toEqual(["a", []]);
  });
});
