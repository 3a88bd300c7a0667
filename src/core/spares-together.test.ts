import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { LinksWorld } from "../testing/worlds/links-world.js";
import { preferring } from "../testing/worlds/preferring.js";
import type { EngineOptions } from "./options.js";

/** ms until the standby is looked for, and the preferred server; how long that has to stand. */
const STANDBY = 500;
const FAILBACK = 3000;
const STABLE = 2000;

const SPARES = {
  standby: { delay: () => STANDBY },
  failback: { delay: () => FAILBACK, stable: STABLE },
  connector: { ...OPTIONS.connector, preference: preferring("a") },
};

/** Prefers a, which was down at first, and is up again: at b. */
function world(names: string, more: Partial<EngineOptions> = {}): LinksWorld {
  const world = new LinksWorld(names, { ...SPARES, ...more });
  world.server("a").up = false;
  world.start();
  expect(world.at).toBe("b");
  world.server("a").start();
  return world;
}

const every = (standby: number) => ({ standby: { delay: () => standby } });
const lasting = { failback: { delay: () => FAILBACK, stable: 60_000 } };

const told = (world: LinksWorld) =>
  world.told("spare").map(({ purpose, server, ready }) => `${purpose} ${server[0]} ${ready}`);
const dials = (world: LinksWorld, name: string) =>
  [...world.wires.values()].filter(({ server }) => server.settings.name === name).length;

describe("a standby at the preferred server", () => {
  it("is what is gone back by: no second link is made there", () => {
    const w = world("a b");
    w.pass(STANDBY + 50);
    expect(told(w)).toEqual(["standby a true"]);
    w.until(() => w.at === "a", FAILBACK + 2 * STABLE);
    expect(told(w)).toEqual(["standby a true", "failback a true"]);
    expect(w.now).toBeGreaterThan(FAILBACK + STABLE);
    w.pass(1000);
    expect([dials(w, "a"), w.told("move").map(({ reason }) => reason)]).toEqual([1, ["failback"]]);
    expect(told(w).at(-1)).toBe("standby b true");
  });

  it("is replaced by one elsewhere when it is to be gone back by", () => {
    const w = world("a b c");
    w.server("c").kill();
    w.until(() => told(w).includes("standby a true"));
    w.server("c").start();
    w.pass(FAILBACK);
    expect(told(w)).toEqual(["standby c false", "standby a true", "failback a true", "standby c true"]);
    expect([w.open("a").length, w.open("c").length]).toEqual([1, 1]);
  });

  it("that is still being made is waited for", () => {
    const w = world("a b", every(FAILBACK - 100));
    w.server("a").freeze();
    w.pass(FAILBACK + 200);
    expect(dials(w, "a")).toBe(1);
    w.server("a").thaw();
    for (const wire of w.open("a")) wire.resume();
    w.pass(50);
    expect([told(w), dials(w, "a")]).toEqual([["failback a true"], 1]);
  });

  it("that answers only when it is the failback does not hold up the next standby", () => {
    const pingInterval = FAILBACK - 3 * STANDBY;
    const w = world("a b c", { liveness: { ...OPTIONS.liveness, pingInterval } });
    w.server("c").kill();
    w.until(() => told(w).includes("standby a true"));
    w.server("c").start();
    w.wire("a").pause();
    w.until(() => w.wire("a").lines().length === 2);
    w.until(() => told(w).includes("failback a true"));
    w.wire("a").resume();
    w.pass(STANDBY + 50);
    expect(told(w).at(-1)).toBe("standby c true");
  });
});

describe("where a failback stands", () => {
  it("no standby is made", () => {
    const w = world("a b", { ...every(2 * FAILBACK), ...lasting });
    w.pass(4 * FAILBACK);
    expect([told(w), w.open("a").length]).toEqual([["failback a true"], 1]);
  });

  it("no standby is made, also before it stands", () => {
    const w = world("a b", { ...every(FAILBACK + 100), ...lasting });
    w.server("a").freeze();
    w.pass(FAILBACK + 500);
    expect([told(w), dials(w, "a")]).toEqual([[], 1]);
  });

  it("another server is chosen for the standby", () => {
    const w = world("a b c", { ...every(2 * FAILBACK), ...lasting });
    w.pass(4 * FAILBACK);
    expect(told(w)).toEqual(["failback a true", "standby c true"]);
  });

  it("a standby that leads there by another address ends", () => {
    const w = new LinksWorld("a b d", SPARES);
    w.server("d").more = { server_id: "ID-a" };
    w.server("a").up = false;
    w.start();
    w.pass(STANDBY + 50);
    expect(told(w)).toEqual(["standby d true"]);
    w.server("a").start();
    w.until(() => w.open("a").length > 0).pass(10);
    expect(told(w)).toEqual(["standby d true", "failback a true", "standby d false"]);
    expect(w.open("d")).toEqual([]);
  });

  it("a lame duck is left for it at once, however short it has stood: no dial", () => {
    const w = world("a b", { ...every(60_000), ...lasting });
    w.pass(FAILBACK + 50);
    expect(told(w)).toEqual(["failback a true"]);
    w.server("b").enterLameDuck();
    w.until(() => w.at === "a");
    w.until(() => w.told("move").length > 0);
    expect([w.told("move")[0].reason, dials(w, "a")]).toEqual(["lame-duck", 1]);
  });
});

describe("a second link", () => {
  it("whose server leaves the cluster ends, and is not moved to", () => {
    const w = new LinksWorld("a b c", SPARES);
    const [a, ...others] = w.pool.all.map(({ address }) => address);
    w.pool.replace(others);
    w.server("b").more = { connect_urls: [a.listen] };
    w.start();
    expect(w.at).toBe("b");
    w.until(() => told(w).includes("failback a true"));
    w.server("b").more = { connect_urls: ["b:4222"] };
    w.server("b").announce();
    w.pass(2 * FAILBACK + STABLE);
    expect([w.open("a"), w.told("move"), w.at]).toEqual([[], [], "b"]);
    expect(w.open("c")).toHaveLength(1);
  });
});
