import { describe, expect, it } from "vitest";
import { EngineWorld } from "../testing/worlds/engine-world.js";

const refuse = (world: EngineWorld) => world.closeSocket(undefined);

describe("a first connect that takes a second pass", () => {
  function world(): EngineWorld {
    const world = new EngineWorld("a", { retryFirst: true, holdTimeout: 300 });
    world.engine.session.start(0);
    world.pump();
    world.publish("early");
    refuse(world);
    expect(world.engine.state).toBe("reconnecting");
    world.pass(1000);
    return world;
  }

  it("is told as one: there was no link before", () => {
    const w = world();
    w.accept();
    expect(w.told("connect")).toMatchObject([{ server: "a:4222" }]);
    expect([w.told("reconnect"), w.engine.session.reconnects]).toEqual([[], 0]);
  });

  it("holds nothing back: what was published goes out at once", () => {
    const w = world();
    w.accept();
    expect(w.done.filter((entry) => entry.startsWith("hold"))).toEqual([]);
    expect(w.wire).toContain("PUB early");
  });
});

describe("a reconnect", () => {
  it("tells what was written again: not what has expired meanwhile", () => {
    const world = new EngineWorld("a b").start();
    world.engine.publish("short", "x", "", undefined, { expiresAt: 100 });
    world.publish("kept");
    world.pump();
    world.die();
    expect(world.told("disconnect")).toMatchObject([{ unconfirmed: 2 }]);
    world.pass(200);
    world.accept();
    expect(world.told("reconnect")).toMatchObject([{ replayed: 1 }]);
  });

  it("comes to nothing when the application closes the connection as it hears of what the new server does not take", () => {
    const world = new EngineWorld("a b").start();
    world.die();
    world.publish("large", "x".repeat(1000));
    world.engine.confirmLast(() => world.engine.close(undefined, world.now));
    world.accept({ max_payload: 100 });
    expect([world.engine.state, world.engine.session.stands]).toEqual(["closed", false]);
    expect(world.told("reconnect")).toEqual([]);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a hold", () => {
  it("that the application has ended has no deadline any more", () => {
    const world = new EngineWorld("a b", { holdTimeout: 300 }).start();
    world.die();
    world.accept();
    world.engine.session.releaseReplay(world.epoch, world.now);
    world.pass(1000);
    expect(world.told("error")).toEqual([]);
  });

  it("that is over is not ended once more by a late answer of the application", () => {
    const world = new EngineWorld("a b", { holdTimeout: 300 }).start();
    world.die();
    world.publish("kept");
    world.accept();
    world.pass(300);
    expect(world.read()).toContain("PUB kept");
    world.engine.session.releaseReplay(world.epoch, world.now);
    world.publish("new");
    world.pump();
    expect(world.read().match(/PUB \w+/g)).toEqual(["PUB new"]);
  });
});
