import { describe, expect, it } from "vitest";
import { StageWorld } from "../worlds/stage-world.js";
import { Slicer } from "./slicer.js";

function setUp(averageSize: number, sizeVariation = 0, delay = 0) {
  const world = new StageWorld({ type: "slicer", averageSize, sizeVariation, delay });
  const stage = new Slicer(world.toxic, world);
  stage.next = world;
  return { world, stage, write: (text: string) => stage.write(Buffer.from(text)) };
}

describe("a slicer", () => {
  it("writes slices with a pause behind each, whatever they come in", () => {
    const { world, stage, write } = setUp(3, 0, 10);
    write("abcdefg");
    write("hi");
    stage.end("fin");
    expect(stage.held).toBe(6);
    world.advance(1_000);
    expect(world.out).toEqual(["0:abc", "10:def", "20:g", "20:hi", "30:fin"]);
    expect([stage.held, world.toxic.injected, world.timers]).toEqual([0, 3, 0]);
  });

  it("pauses behind a slice also when the next bytes come later", () => {
    const { world, write } = setUp(2, 0, 10);
    write("ab");
    world.advance(4);
    write("cd");
    world.advance(100);
    write("ef");
    expect(world.out).toEqual(["0:ab", "10:cd", "104:ef"]);
  });

  it("without a delay, takes a turn of the event loop for each", () => {
    const { world, write } = setUp(1);
    write("abc");
    expect(world.out).toEqual(["0:a"]);
    world.advance(0);
    expect(world.out).toEqual(["0:a", "0:b", "0:c"]);
    expect(world.timers).toBe(0);
  });

  it("goes on at once after an update", () => {
    const { world, stage, write } = setUp(1, 0, 3_600_000);
    write("abc");
    world.update({ delay: 10 });
    stage.updated();
    world.advance(10);
    expect(world.out).toEqual(["0:a", "0:b", "10:c"]);
  });

  it.each([0, 10])("removed, lets everything go at once (delay %i), and stays silent", (delay) => {
    const { world, stage, write } = setUp(1, 0, delay);
    write("abc");
    stage.end("rst");
    stage.release();
    expect([world.out, stage.held]).toEqual([["0:a", "0:bc", "0:rst"], 0]);
    world.advance(100);
    expect(world.out).toHaveLength(3);
    const other = setUp(1, 0, delay);
    other.write("ab");
    other.stage.dispose();
    other.world.advance(100);
    expect([other.world.out, other.world.timers]).toEqual([["0:a"], 0]);
  });
});
