import { describe, expect, it } from "vitest";
import type { OPTIONS } from "../testing/worlds/engine-options.js";
import { EngineWorld } from "../testing/worlds/engine-world.js";
import { namedOverflow, type Overflow } from "./overflow.js";

/** Encoded bytes of a message to `a` of `0123456789`. */
const FRAME = 22;

function outage(options: Partial<typeof OPTIONS>): EngineWorld {
  const world = new EngineWorld("a", options).start();
  world.die();
  world.events.length = 0;
  return world;
}

function publish(world: EngineWorld, expiresAt?: number): boolean {
  return world.engine.publish("a", "0123456789", "", undefined, { expiresAt });
}

/** Whether who waits for room was told of it. */
function told(world: EngineWorld): boolean {
  return world.told("writable").length > 0;
}

describe("who waits for room in an outage hears of it", () => {
  it("when as much has expired as publish() needs, also above half of the mark", () => {
    const world = outage({ highWater: 3 * FRAME });
    publish(world);
    publish(world);
    for (const ttl of [100, 100, 200]) publish(world, world.now + ttl);
    world.engine.awaitWritable();
    world.pump();
    world.pass(99);
    expect(told(world)).toBe(false);
    world.pass(1);
    expect(told(world)).toBe(true);
    expect(world.engine.writable).toBe(true);
    expect(publish(world)).toBe(false);
  });

  it("when the buffer has room for what was refused, and not before", () => {
    const world = outage({ maxBufferedMessages: 2, overflow: namedOverflow("drop-newest") });
    publish(world, world.now + 100);
    publish(world);
    // Nothing was refused yet, and yet the next one would be.
    expect(world.engine.writable).toBe(false);
    expect(publish(world)).toBe(false);
    world.engine.awaitWritable();
    world.pump();
    world.pass(99);
    expect(told(world)).toBe(false);
    world.pass(1);
    expect(told(world)).toBe(true);
  });

  it("with the next link, when nothing is buffered or nothing could ever fit", () => {
    for (const reconnectBufSize of [-1, FRAME - 1]) {
      const world = outage({ reconnectBufSize });
      expect(() => publish(world)).toThrow();
      expect(world.engine.writable).toBe(false);
      world.engine.awaitWritable();
      world.pump();
      expect(told(world)).toBe(false);
      world.accept();
      world.pump();
      expect(told(world)).toBe(true);
    }
  });

  it("when the overflow has begun to take everything", () => {
    const overflow = { name: "mine", engaged: false, offer: () => "pass" as const };
    const world = outage({ highWater: 10, overflow: overflow as Overflow });
    publish(world);
    world.engine.awaitWritable();
    world.pump();
    expect(told(world)).toBe(false);
    overflow.engaged = true;
    world.pump();
    expect(told(world)).toBe(true);
  });

  it("not of what was refused in an outage before", () => {
    const world = outage({ reconnectBufSize: FRAME + 5, overflow: { name: "mine", offer: () => "reject" } });
    publish(world);
    expect(() => publish(world)).toThrow();
    expect(world.engine.writable).toBe(false);
    world.accept();
    world.pump();
    world.serve("PONG\r\n");
    world.die();
    expect(world.engine.writable).toBe(true);
  });
});
