import { describe, expect, it } from "vitest";
import { StageWorld } from "../worlds/stage-world.js";
import { Bandwidth } from "./bandwidth.js";

function setUp(rate: number) {
  const world = new StageWorld({ type: "bandwidth", rate });
  const stage = new Bandwidth(world.toxic, world);
  stage.next = world;
  const text = () => world.out.map((entry) => entry.slice(entry.indexOf(":") + 1)).join("");
  return { world, stage, text, write: (text: string) => stage.write(Buffer.from(text)) };
}

describe("bandwidth", () => {
  it("hands on so many bytes a second, in order, and then the end", () => {
    const { world, stage, text, write } = setUp(1_000);
    const data = [...Array(300).keys()].join();
    write(data.slice(0, 7));
    write(data.slice(7, 500));
    write(data.slice(500));
    stage.end("fin");
    world.advance(500);
    expect(text()).toBe(data.slice(0, 500));
    expect(stage.held).toBe(data.length - 500);
    world.advance(1_000);
    expect(text()).toBe(`${data}fin`);
    expect([stage.held, world.timers, world.toxic.injected]).toEqual([0, 0, 3]);
  });

  it("passes an end at once when nothing waits", () => {
    const { world, stage } = setUp(1);
    stage.end("rst");
    expect(world.out).toEqual(["0:rst"]);
  });

  it("takes a new rate for what waits already", () => {
    const { world, stage, text, write } = setUp(1);
    write("x".repeat(1_000));
    world.advance(2_000);
    expect(text()).toBe("xx");
    world.update({ rate: 1_000_000 });
    stage.updated();
    world.advance(2);
    expect(text()).toHaveLength(1_000);
  });

  it("removed, lets everything go at once; disposed of, leaves no timer", () => {
    const { world, stage, text, write } = setUp(1);
    write("abc");
    write("def");
    stage.end("fin");
    stage.release();
    expect([text(), stage.held, world.timers]).toEqual(["abcdeffin", 0, 0]);
    const other = setUp(1);
    other.write("a");
    other.stage.dispose();
    expect(other.world.timers).toBe(0);
  });
});
