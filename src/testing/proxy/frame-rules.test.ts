import { describe, expect, it, vi } from "vitest";
import { StageWorld } from "../worlds/stage-world.js";
import { FrameFilter } from "./frame-filter.js";
import { makeRule } from "./frame-rules.js";
import type { ToxicState } from "./stage.js";
import type { InfoFields, ToxicAttributes, ToxicCommon, ToxicType } from "./toxics.js";

function setUp<T extends ToxicType>(options: { type: T } & ToxicCommon & ToxicAttributes[T]) {
  const world = new StageWorld(options);
  const toxic = world.toxic as unknown as ToxicState;
  const link = () => {
    const filter = new FrameFilter();
    filter.next = world;
    const rule = makeRule(toxic, world, filter);
    filter.setRules([rule]);
    return { filter, rule, feed: (text: string) => filter.write(Buffer.from(text)) };
  };
  return { world, link, ...link() };
}

describe("inject", () => {
  it("puts the line into each link once", () => {
    const { world, feed, link } = setUp({ type: "inject", line: "-ERR 'x'" });
    feed("INFO {}\r\nPING\r\n");
    feed("PING\r\n");
    link().feed("INFO {}\r\n");
    expect(world.out.join("")).toBe(
      "0:INFO {}\r\n0:-ERR 'x'\r\n0:PING\r\n0:PING\r\n0:INFO {}\r\n0:-ERR 'x'\r\n",
    );
    expect(world.toxic.injected).toBe(2);
  });

  it("no more often than it may, over all links, and not after it was removed", () => {
    const { world, feed, link } = setUp({ type: "inject", line: "+X", count: 1 });
    const removed = link();
    removed.rule.release();
    removed.feed("INFO {}\r\n");
    expect(world.out.join()).not.toContain("+X");
    feed("INFO {}\r\n");
    link().feed("INFO {}\r\n");
    expect(world.out.join().match(/\+X/g)).toHaveLength(1);
    expect(world.toxic.injected).toBe(1);
  });
});

describe("drop_line", () => {
  it("drops frames of its verb, so many over all links", () => {
    const { world, feed, link } = setUp({ type: "drop_line", verb: "PUB", count: 2 });
    feed("PUB a 3\r\nabc\r\nPING\r\n");
    link().feed("PUB a 3\r\ndef\r\nPUB a 3\r\nghi\r\n");
    expect(world.out).toEqual(["0:PING\r\n", "0:PUB a 3\r\nghi\r\n"]);
    expect(world.toxic.injected).toBe(2);
  });
});

describe("delay_pong", () => {
  it("holds each back for the time; others overtake; it never goes into a frame", () => {
    const { world, feed } = setUp({ type: "delay_pong", delay: 100 });
    feed("PONG\r\nMSG a 1 1\r\nx\r\n");
    world.advance(50);
    feed("PONG\r\nMSG a 1 10\r\n01234");
    world.advance(60);
    expect(world.out.join("")).toBe("0:MSG a 1 1\r\nx\r\n50:MSG a 1 10\r\n01234");
    feed("56789\r\n");
    expect(world.out.slice(2)).toEqual(["110:56789\r\n", "110:PONG\r\n"]);
    world.advance(1_000);
    expect(world.out.at(-1)).toBe("150:PONG\r\n");
    expect([world.toxic.injected, world.timers, world.out.length]).toEqual([2, 0, 5]);
  });

  it("takes a new delay for those that wait; removed, lets them go; disposed of, leaves no timer", () => {
    const { world, feed, rule, filter } = setUp({ type: "delay_pong", delay: 100 });
    feed("PONG\r\nPONG\r\n");
    world.advance(10);
    world.update({ delay: 20 });
    rule.updated();
    world.advance(50);
    expect(world.out).toEqual(["20:PONG\r\n", "20:PONG\r\n"]);
    feed("PONG\r\n");
    rule.release();
    filter.setRules([]);
    expect([world.out.at(-1), world.timers]).toEqual(["60:PONG\r\n", 0]);
    const other = setUp({ type: "delay_pong", delay: 100 });
    other.feed("PONG\r\n");
    other.rule.dispose();
    expect(other.world.timers).toBe(0);
  });
});

describe("rewrite_info", () => {
  const INFO = 'INFO {"server_id":"A","port":4222,"connect_urls":["x"]} \r\n';

  it.each<[string, InfoFields | ((info: InfoFields) => InfoFields), object]>([
    ["fields", { port: 1, connect_urls: undefined }, { server_id: "A", port: 1 }],
    ["a function", ({ port }) => ({ port, more: [1] }), { port: 4222, more: [1] }],
  ])("by %s, wherever the line is cut", (_, info, expected) => {
    for (let cut = 0; cut < INFO.length; cut++) {
      const { world, feed } = setUp({ type: "rewrite_info", info });
      feed(INFO.slice(0, cut));
      feed(`${INFO.slice(cut)}PING\r\n`);
      expect(world.out).toEqual([`0:INFO ${JSON.stringify(expected)}\r\n`, "0:PING\r\n"]);
      expect(world.toxic.injected).toBe(1);
    }
  });

  it("leaves an INFO alone that it cannot read", () => {
    const { world, feed } = setUp({ type: "rewrite_info", info: { port: 1 } });
    feed("INFO {oops}\r\n");
    expect([world.out, world.toxic.injected]).toEqual([["0:INFO {oops}\r\n"], 0]);
  });

  it.each<[string, () => InfoFields]>([
    [
      "throws",
      () => {
        throw new Error("the test's mistake");
      },
    ],
    ["returns nothing", () => undefined as unknown as InfoFields],
  ])("passes it as it was when the function %s, and says so where it is heard", (_, info) => {
    const microtask = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
    try {
      const { world, feed } = setUp({ type: "rewrite_info", info });
      feed(INFO);
      expect([world.out, world.toxic.injected]).toEqual([[`0:${INFO}`], 0]);
      expect(microtask.mock.calls[0][0]).toThrow(/the test's mistake|must return the new INFO/);
    } finally {
      microtask.mockRestore();
    }
  });
});
