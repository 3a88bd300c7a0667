import { describe, expect, it } from "vitest";
import { MESSAGES, WindowWorld } from "../testing/worlds/window-world.js";
import { CHUNK_BYTES } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";
import { Margin } from "./margin.js";

describe("the margin", () => {
  const confirmed = (world: WindowWorld, name: string, at: number) => {
    world.append(Kind.Data, name, "x", at);
    world.window.appendPing(at);
    world.write();
    world.pong(at);
  };

  it("keeps confirmed messages and writes them again after an unclean death", () => {
    const world = new WindowWorld(new Margin(100, 2 ** 30));
    confirmed(world, "old", 0);
    confirmed(world, "young", 60);
    world.data("new");
    world.write();
    expect(world.die(120)).toEqual({ replay: 2, unconfirmed: 0 });
    expect(world.write().filter((name) => name !== "PING")).toEqual(["young", "new"]);
    expect(world.books).toMatchObject({ confirmed: 2, pending: 1, replayed: 2 });
  });

  it("is not replayed when the link was left on purpose", () => {
    const world = new WindowWorld(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    expect(world.die(10, false)).toEqual({ replay: 0, unconfirmed: 0 });
    expect(world.write()).toEqual([]);
  });

  it("never replays requests, at-most-once data or read-only requests that were confirmed", () => {
    const world = new WindowWorld(new Margin(100, 2 ** 30));
    for (const kind of MESSAGES) world.append(kind, `kind${kind}`);
    world.window.appendPing(0);
    world.write();
    world.pong(0);
    world.die(10);
    expect(world.write().filter((name) => name !== "PING")).toEqual([`kind${Kind.Data}`]);
    expect(world.books).toMatchObject({ confirmed: 6, unconfirmed: 0, pending: 0 });
  });

  it("lets go when its time is over", () => {
    const world = new WindowWorld(new Margin(100, 2 ** 30));
    expect(world.window.releaseAt).toBe(Number.POSITIVE_INFINITY);
    confirmed(world, "a", 0);
    expect(world.window.held).toBe(1);
    expect(world.window.releaseAt).toBe(100);
    world.window.release(99);
    expect(world.window.held).toBe(1);
    world.window.release(100);
    expect(world.window.held).toBe(0);
    expect(world.window.releaseAt).toBe(Number.POSITIVE_INFINITY);
  });

  it("is bounded in bytes", () => {
    const world = new WindowWorld(new Margin(1000, 200_000));
    for (let i = 0; i < 100; i++) {
      world.append(Kind.Data, "a", Buffer.alloc(20_000), i);
      world.window.appendPing(i);
      world.write();
      while (world.pings.length > 0) world.pong(i);
      expect(world.window.held * CHUNK_BYTES).toBeLessThan(200_000 + 3 * CHUNK_BYTES);
    }
  });

  it("is replayed although the outage lasted longer than the margin", () => {
    const world = new WindowWorld(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    expect(world.die(10).replay).toBe(1);
    world.window.release(100);
    world.window.release(5000);
    expect(world.write()).toContain("a");
  });

  it("is still replayed when the next link dies before it has got any of it", () => {
    const world = new WindowWorld(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    world.die(10);
    world.die(500);
    expect(world.write()).toContain("a");
  });

  it("is still replayed when the next link dies before it has confirmed the replay", () => {
    const world = new WindowWorld(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    world.die(10);
    expect(world.write()).toContain("a");
    world.die(500);
    expect(world.write()).toContain("a");
  });

  it("holds no chunk on an idle connection after its replay has been confirmed", () => {
    const world = new WindowWorld(new Margin(100, 2 ** 30));
    confirmed(world, "a", 0);
    world.die(10);
    world.window.release(110);
    world.write();
    while (world.pings.length > 0) world.pong(500);
    const { releaseAt } = world.window;
    if (releaseAt !== Number.POSITIVE_INFINITY) world.window.release(releaseAt);
    expect(world.window.held).toBe(0);
  });

  it("oldestAt does not take the time of a confirmed message that is only kept for the margin", () => {
    const world = new WindowWorld(new Margin(60_000, 2 ** 30));
    world.append(Kind.Data, "a", "x", 0);
    world.window.appendPing(0);
    world.write();
    world.pong(5);
    world.append(Kind.Data, "b", "x", 30_000);
    expect(world.window.oldestAt).toBeGreaterThan(29_000);
  });
});
