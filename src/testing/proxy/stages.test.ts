import { describe, expect, it } from "vitest";
import { StageWorld } from "../worlds/stage-world.js";
import type { ToxicState } from "./stage.js";
import { makeStage } from "./stages.js";
import type { ToxicAttributes, ToxicCommon, ToxicType } from "./toxics.js";

function setUp<T extends ToxicType>(options: { type: T } & ToxicCommon & ToxicAttributes[T]) {
  const world = new StageWorld(options);
  const stage = makeStage(world.toxic as unknown as ToxicState, world);
  stage.next = world;
  return { world, stage, write: (text: string) => stage.write(Buffer.from(text)) };
}

describe("slow_close", () => {
  it("holds the end back and nothing else; an update holds for an end that waits", () => {
    const { world, stage, write } = setUp({ type: "slow_close", delay: 100 });
    write("a");
    stage.end("rst");
    world.advance(50);
    world.update({ delay: 70 });
    stage.updated();
    world.advance(1_000);
    expect(world.out).toEqual(["0:a", "70:rst"]);
    expect([world.toxic.injected, world.timers]).toEqual([1, 0]);
    stage.release();
    expect(world.out).toHaveLength(2);
  });

  it("removed, lets an end go, once; disposed of, leaves no timer", () => {
    const { world, stage } = setUp({ type: "slow_close", delay: 100 });
    stage.end("fin");
    stage.release();
    world.advance(1_000);
    expect([world.out, world.timers]).toEqual([["0:fin"], 0]);
    const other = setUp({ type: "slow_close", delay: 100 });
    other.stage.end("fin");
    other.stage.dispose();
    expect(other.world.timers).toBe(0);
  });
});

describe.each(["blackhole", "half_open"] as const)("%s", (type) => {
  it("swallows everything, the end too; removed, it resets a link that has lost something", () => {
    for (const lose of ["bytes", "end"]) {
      const { world, stage, write } = setUp({ type });
      if (lose === "bytes") write("a");
      else stage.end("fin");
      expect([world.out, world.link]).toEqual([[], "open"]);
      stage.release();
      expect([world.out, world.link]).toEqual([[], "reset"]);
    }
  });

  it("removed, leaves a link alone that has lost nothing", () => {
    const { world, stage } = setUp({ type });
    stage.release();
    expect([world.link, world.toxic.injected]).toEqual(["open", 0]);
  });
});

describe.each([
  ["timeout", "closed"],
  ["reset_peer", "reset"],
] as const)("%s", (type, end) => {
  it("swallows everything, and ends the link at its time, which an update may change", () => {
    const { world, stage, write } = setUp({ type, timeout: 100 });
    write("a");
    world.advance(60);
    world.update({ timeout: 80 });
    stage.updated();
    world.advance(19);
    expect([world.link, world.toxic.injected]).toEqual(["open", 1]);
    world.advance(1);
    expect([world.out, world.link, world.toxic.injected]).toEqual([[], end, 2]);
  });

  it("removed before, ends a link only if it has lost something", () => {
    for (const lost of [true, false]) {
      const { world, stage, write } = setUp({ type, timeout: 100 });
      if (lost) write("a");
      stage.release();
      world.advance(1_000);
      expect([world.link, world.timers]).toEqual([lost ? end : "open", 0]);
    }
  });
});

describe("without a time", () => {
  it("timeout waits for ever, but not behind the end of the stream", () => {
    const { world, stage } = setUp({ type: "timeout" });
    world.advance(86_400_000);
    expect(world.link).toBe("open");
    stage.end("fin");
    expect(world.link).toBe("closed");
  });

  it("reset_peer resets at once", () => {
    const { world } = setUp({ type: "reset_peer" });
    expect(world.link).toBe("open");
    world.advance(0);
    expect(world.link).toBe("reset");
  });
});

describe("freeze", () => {
  it("has nothing read; what was read before goes on when it is removed, in order", () => {
    const { world, stage, write } = setUp({ type: "freeze" });
    expect(stage.blocks).toBe(true);
    write("a");
    write("b");
    stage.end("fin");
    expect([world.out, stage.held]).toEqual([[], 2]);
    stage.release();
    expect([world.out, stage.held]).toEqual([["0:a", "0:b", "0:fin"], 0]);
  });
});

describe("limit_data", () => {
  it.each([
    [["abc", "de"], 5, ["0:abc", "0:de"]],
    [["abc", "def"], 5, ["0:abc", "0:de"]],
    [["abcdef"], 0, []],
  ])("of %j, lets %i bytes through and closes the link", (parts, bytes, out) => {
    const { world, write } = setUp({ type: "limit_data", bytes });
    for (const part of parts.slice(0, -1)) write(part);
    expect(world.link).toBe("open");
    write(parts.at(-1)!);
    expect([world.out, world.link, world.toxic.injected]).toEqual([out, "closed", 1]);
  });

  it("counts what has gone when the limit is changed", () => {
    const { world, write } = setUp({ type: "limit_data", bytes: 10 });
    write("abcde");
    world.update({ bytes: 3 });
    write("f");
    expect([world.out, world.link]).toEqual([["0:abcde"], "closed"]);
  });
});

describe("corrupt", () => {
  it("changes bytes, counts them, and passes the end on", () => {
    const { world, stage } = setUp({ type: "corrupt", every: 2 });
    stage.write(Buffer.alloc(10));
    stage.end("fin");
    expect(world.out).toHaveLength(2);
    expect(world.out[0]).not.toBe(`0:${"\0".repeat(10)}`);
    expect([world.toxic.injected, world.out[1]]).toEqual([5, "0:fin"]);
  });
});
