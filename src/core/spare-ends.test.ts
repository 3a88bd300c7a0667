import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { LinksWorld } from "../testing/worlds/links-world.js";
import { preferring } from "../testing/worlds/preferring.js";
import { parseAddress } from "./address.js";
import type { Preference } from "./preference.js";

const DELAY = 1000;
const STABLE = 2000;
const standby = { delay: () => DELAY };
const failback = { delay: () => DELAY, stable: STABLE };

const told = (world: LinksWorld) => world.told("spare").map(({ server, ready }) => `${server[0]} ${ready}`);
const dials = (world: LinksWorld, name: string) =>
  [...world.wires.values()].filter(({ server }) => server.settings.name === name).length;

/** Prefers these, and notices that it is asked. */
function asking(names: string, onAsked: () => void): Preference {
  const preferred = preferring(names);
  const rank: Preference["rank"] = (server) => {
    onAsked();
    return preferred.rank(server);
  };
  return { ...preferred, rank };
}

function replace(world: LinksWorld, name: string): void {
  world.pool.replace([parseAddress(name)]);
  world.engine.session.serversReplaced(world.now);
}

/** At b, because a was down at first. */
function settledFor(names: string, preference: Preference): LinksWorld {
  const connector = { ...OPTIONS.connector, preference };
  const world = new LinksWorld(names, { failback, connector });
  world.server("a").up = false;
  world.start();
  world.server("a").start();
  return world;
}

describe("a second link", () => {
  it("that hangs while it is made fails after `timeout`, and is made elsewhere", () => {
    const world = new LinksWorld("a b c", { standby, timeout: 700 }).start();
    world.server("b").freeze();
    world.pass(DELAY + 650);
    expect(told(world)).toEqual([]);
    world.pass(50);
    expect(world.told("spare")).toMatchObject([{ ready: false, error: { code: "TIMEOUT" } }]);
    world.pass(DELAY + 50);
    expect(told(world)).toEqual(["b false", "c true"]);
    expect(world.open("b")).toEqual([]);
  });

  it("whose server goes was lost, not refused: the handshake was over", () => {
    const world = new LinksWorld("a b c", { standby }).start();
    world.pass(DELAY + 50);
    for (const wire of world.wires.values()) if (wire.server.settings.name === "b") wire.close();
    world.pass(10);
    const [, { error } = {}] = world.told("spare") as { error?: Error }[];
    expect(error).toMatchObject({
      code: "CONNECTION_LOST",
      message: expect.stringMatching(/^b:\d+ closed the connection$/),
    });
  });

  it("is not made when the application shuts the connection down as it is asked for the server", () => {
    let isAsked = (): void => {};
    const preference = asking("", () => isAsked());
    const world = new LinksWorld("a b", { standby, connector: { ...OPTIONS.connector, preference } }).start();
    isAsked = () => world.engine.session.stay(world.now);
    world.pass(5 * DELAY);
    expect([world.wires.size, world.engine.state]).toEqual([1, "connected"]);
  });

  it.each<[string, (world: LinksWorld) => void]>([
    ["drains", (world) => world.engine.session.stay(world.now)],
    ["closes", (world) => world.engine.close(undefined, world.now)],
    ["replaces the servers", (world) => replace(world, "b")],
  ])(
    "is gone, and was never ready, when the application %s as it is asked whether that is better",
    (_, act) => {
      for (const isReached of [false, true]) {
        let isAsked = (): void => {};
        const world = settledFor(
          "a b",
          asking("a", () => isAsked()),
        );
        if (isReached) world.until(() => world.open("a").length > 0);
        isAsked = () => {
          isAsked = () => {};
          act(world);
        };
        world.pass(3 * STABLE);
        expect([told(world), world.open("a"), world.told("move")]).toEqual([[], [], []]);
        if (world.engine.state === "closed") expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
      }
    },
  );

  it("is not looked for any more while the connection is shut down: the application is not asked", () => {
    let asked = 0;
    const world = settledFor(
      "a b",
      asking("a", () => asked++),
    );
    world.engine.session.stay(world.now);
    world.server("a").kill();
    world.server("b").kill();
    world.pass(10);
    world.server("b").start();
    world.until(() => world.told("reconnect").length > 0);
    asked = 0;
    world.pass(10 * DELAY);
    expect([world.at, asked]).toEqual(["b", 0]);
  });

  it("is not made while the next link is being restored", () => {
    const world = new LinksWorld("a b c", { standby }).start();
    world.pass(DELAY - 100);
    world.engine.session.leave(world.now);
    world.until(() => world.engine.session.active?.phase === "restoring", 50);
    world.wire("b").pause();
    world.pass(200);
    expect([world.engine.session.active?.phase, dials(world, "c")]).toEqual(["restoring", 0]);
  });

  it("stays while the application leaves the server in use, whatever its own server says meanwhile", () => {
    let name = "a";
    const choose = () => ({
      server: world.pool.all.find(({ address }) => address.hostname === name)!,
      delay: 0,
    });
    const world = new LinksWorld("a b c", { standby, connector: { ...OPTIONS.connector, choose } });
    world.start().pass(DELAY + 50);
    expect(told(world)).toEqual(["b true"]);
    name = "c";
    world.engine.session.leave(world.now);
    world.server("b").announce();
    world.until(() => world.told("reconnect").length > 0, 50).pass(50);
    expect([world.at, told(world), world.open("b").length]).toEqual(["c", ["b true"], 1]);
  });

  it("is not gone back by when the application prefers its server no more", () => {
    let preferred = preferring("a");
    const world = settledFor("a b", { ...preferred, rank: (server) => preferred.rank(server) });
    world.until(() => told(world).includes("a true"));
    preferred = preferring("");
    world.pass(3 * STABLE);
    expect([world.at, world.told("move"), world.open("a")]).toEqual(["b", [], []]);
  });

  it("that is in use when it answers is no second link any more", () => {
    const world = settledFor("a b c", preferring("a"));
    world.until(() => told(world).includes("a true"));
    const a = world.wire("a");
    a.pause();
    world.server("a").enterLameDuck();
    // The answer is on its way behind the news that the server shuts down.
    world.until(() => a.lines().length === 2).pass(5);
    world.server("b").kill();
    world.until(() => world.at === "a", 20);
    a.resume();
    world.until(() => world.told("reconnect").length > 0, 20);
    expect(world.told("reconnect")).toMatchObject([{ server: "a:4222" }]);
    expect(told(world)).toEqual(["a true"]);
  });

  it("is looked at every 20 s where no PINGs are sent on the one in use", () => {
    const world = new LinksWorld("a b", { standby, liveness: { ...OPTIONS.liveness, pingInterval: 0 } });
    world.start().pass(61_500);
    expect(world.wire("b").lines()).toEqual(["PING", "PING", "PING", "PING"]);
    world.server("b").freeze();
    world.pass(26_000);
    expect(told(world)).toEqual(["b true", "b false"]);
  });
});
