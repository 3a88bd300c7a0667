import { describe, expect, it } from "vitest";
import { StageWorld } from "../worlds/stage-world.js";
import { Latency } from "./latency.js";

function setUp(latency: number, jitter = 0) {
  const world = new StageWorld({ type: "latency", latency, jitter });
  const stage = new Latency(world.toxic, world);
  stage.next = world;
  const write = (text: string) => stage.write(Buffer.from(text));
  return { world, stage, write };
}

describe("latency", () => {
  it("hands everything on later, the end too, with the distances as they were", () => {
    const { world, stage, write } = setUp(100);
    write("a");
    world.advance(30);
    write("b");
    stage.end("rst");
    expect([stage.held, world.out]).toEqual([2, []]);
    world.advance(1_000);
    expect(world.out).toEqual(["100:a", "130:b", "130:rst"]);
    expect([stage.held, world.toxic.injected, world.timers]).toEqual([0, 2, 0]);
  });

  it("keeps the order, whatever the jitter is, and stays within it", () => {
    const { world, write } = setUp(100, 50);
    for (let i = 0; i < 200; i++) {
      write(String(i));
      world.advance(10);
    }
    world.advance(200);
    const [times, texts] = [0, 1].map((part) => world.out.map((entry) => Number(entry.split(":")[part])));
    expect(texts).toEqual([...Array(200).keys()]);
    const delays = times.map((time, i) => time - i * 10);
    expect(Math.min(...delays)).toBeLessThan(80);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...delays)).toBeGreaterThan(130);
    expect(Math.max(...delays)).toBeLessThanOrEqual(151);
  });

  it("an update holds for what waits already, longer or shorter, and overtakes nothing", () => {
    const { world, stage, write } = setUp(100);
    write("a");
    world.advance(50);
    world.update({ latency: 200 });
    stage.updated();
    world.advance(100);
    expect(world.out).toEqual([]);
    world.update({ latency: 10 });
    stage.updated();
    write("b");
    world.advance(10);
    expect(world.out).toEqual(["150:a", "160:b"]);
  });

  it("0 hands on at once", () => {
    const { world, write } = setUp(0);
    write("a");
    expect(world.out).toEqual(["0:a"]);
  });

  it("removed, lets everything go at once; disposed of, leaves no timer", () => {
    const { world, stage, write } = setUp(100);
    write("a");
    write("b");
    stage.end("fin");
    stage.release();
    expect([world.out, world.timers, stage.held]).toEqual([["0:a", "0:b", "0:fin"], 0, 0]);
    const other = setUp(100);
    other.write("a");
    other.stage.dispose();
    expect(other.world.timers).toBe(0);
  });
});
