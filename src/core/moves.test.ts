import { describe, expect, it } from "vitest";
import { Sink } from "../testing/worlds/engine-world.js";
import { LinksWorld } from "../testing/worlds/links-world.js";

/** A world in which a subscription to `s` stands, and a move has begun. */
function moving(names = "a b", options = {}) {
  const world = new LinksWorld(names, options).start();
  const sink = new Sink();
  const entry = world.engine.subscribe("s", undefined, undefined, sink);
  world.pass(10);
  return { world, sink, entry };
}

describe("a planned move", () => {
  it("makes the next link before the old one is left, and tells nobody of an outage", () => {
    const { world } = moving();
    world.engine.session.reconnect(world.now);
    world.until(() => world.told("move").length > 0);
    console.log(world.wire("a").said, world.wire("b").said, world.told("move"));
  });
});
