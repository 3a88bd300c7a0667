import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { LinksWorld } from "../testing/worlds/links-world.js";
import { parseAddress } from "./address.js";
import { STAGGER } from "./attempts.js";

/** ms that a restore may take while another link waits for its turn. */
const YIELD = 1500;

/** A link begins to be restored, and its server does not answer any more; returns the server's name. */
function slowRestore(world: LinksWorld): string {
  world.until(() => world.engine.session.active?.phase === "restoring", STAGGER);
  const name = world.at!;
  world.wire(name).pause();
  return name;
}

const thaw = (world: LinksWorld, name: string) => {
  world.server(name).thaw();
  for (const wire of world.open(name)) wire.resume();
};
const failed = (world: LinksWorld) => world.told("attemptFailed").map(({ server }) => server[0]);

describe("a link whose restore takes long", () => {
  it("gives way to another one that is ready", () => {
    const world = new LinksWorld("a b c").start();
    world.server("a").kill();
    expect(slowRestore(world)).toBe("b");
    const begun = world.now;
    world.until(() => world.at === "c", 2 * YIELD);
    expect(world.now - begun).toBe(YIELD);
    world.pass(10);
    expect([failed(world), world.engine.state]).toEqual([["b"], "connected"]);
  });

  it("gives way only once: where that takes long by its nature, taking turns would never end", () => {
    const world = new LinksWorld("a b c d").start();
    for (const name of ["c", "d"]) world.server(name).freeze();
    world.server("a").kill();
    expect(slowRestore(world)).toBe("b");
    world.pass(2 * STAGGER + 50);
    thaw(world, "c");
    world.until(() => world.at === "c", 2 * YIELD);
    slowRestore(world);
    thaw(world, "d");
    world.pass(2 * YIELD);
    world.wire("c").resume();
    world.pass(10);
    expect([world.at, failed(world), world.engine.state]).toEqual(["c", ["b"], "connected"]);
  });

  it("does not give way because a third attempt has failed: the next server is dialled at once", () => {
    const world = new LinksWorld("a b c d").start();
    for (const name of ["c", "d"]) world.server(name).freeze();
    world.server("a").kill();
    slowRestore(world);
    world.pass(2 * STAGGER + 50);
    thaw(world, "c");
    world.pass(10);
    world.server("d").kill();
    world.wire("d").resume();
    world.pass(10);
    expect([world.at, failed(world)]).toEqual(["b", ["d", "a"]]);
  });

  it("gives way in the next outage again", () => {
    const world = new LinksWorld("a b c d").start();
    world.server("a").kill();
    slowRestore(world);
    world.until(() => world.told("reconnect").length === 1, 2 * YIELD).pass(5000);
    world.server(world.at!).kill();
    slowRestore(world);
    const begun = world.now;
    world.until(() => world.told("reconnect").length === 2, 2 * YIELD);
    expect(world.now - begun).toBeLessThan(YIELD + 10);
  });

  it("is given no more than a head start when it has stood ready for long, and is dead", () => {
    const world = new LinksWorld("a b c", { standby: { delay: () => 100 } }).start();
    world.pass(1000);
    world.server("b").freeze();
    world.server("a").kill();
    world.until(() => world.at === "b", 10);
    const begun = world.now;
    world.until(() => world.told("reconnect").length > 0, YIELD);
    expect([world.at, world.now - begun < STAGGER + 20]).toEqual(["c", true]);
  });
});

describe("an attempt that fails beside one that hangs", () => {
  it("is followed by another one at once", () => {
    const world = new LinksWorld("a b c d").start();
    world.server("b").freeze();
    for (const name of ["a", "c"]) world.server(name).kill();
    const begun = world.now;
    world.until(() => world.told("reconnect").length > 0, 2000);
    expect([world.at, world.now - begun < STAGGER + 20]).toEqual(["d", true]);
  });
});

describe("a move that waits as the application has chosen", () => {
  /** At b; each server is waited for as long as `wait` says. */
  function waiting(): { world: LinksWorld; wait: { ms: number } } {
    const wait = { ms: 500 };
    const choose = () => ({
      server: world.pool.all.find(({ address }) => address.hostname === "b")!,
      delay: wait.ms,
    });
    const world = new LinksWorld("a b", { connector: { ...OPTIONS.connector, choose } });
    world.start().pass(600);
    expect(world.at).toBe("b");
    world.events.length = 0;
    world.engine.session.reconnect(world.now);
    world.pass(100);
    expect(world.wires.size).toBe(1);
    return { world, wait };
  }

  it("is no outage: nothing tells of reconnecting", () => {
    const { world } = waiting();
    world.until(() => world.told("move").length > 0);
    expect(world.told("reconnecting")).toEqual([]);
  });

  it("waits for nothing any more when the connection is shut down", () => {
    const { world } = waiting();
    world.engine.session.stay(world.now);
    world.pass(2000);
    expect([world.wires.size, world.engine.state]).toEqual([1, "connected"]);
  });

  it("waits for nothing any more when the link in use has died, and another one stands", () => {
    const { world, wait } = waiting();
    wait.ms = 0;
    world.open("b")[0].client.hangUp();
    world.until(() => world.told("reconnect").length > 0, 100).pass(2000);
    expect(world.wires.size).toBe(2);
  });
});

describe("an outage in the middle of a move", () => {
  it("waits for nothing while the only server that is left is being dialled", () => {
    const world = new LinksWorld("a b").start();
    world.server("b").freeze();
    world.pool.replace([parseAddress("b")]);
    world.engine.session.serversReplaced(world.now);
    world.pass(50);
    world.server("a").kill();
    world.pass(1000);
    expect(world.told("disconnect")).toHaveLength(1);
    expect(world.told("reconnecting")).toEqual([]);
    thaw(world, "b");
    world.pass(50);
    expect([world.at, world.engine.state]).toEqual(["b", "connected"]);
  });
});
