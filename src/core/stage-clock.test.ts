import { describe, expect, it } from "vitest";
import { LoneLink } from "../testing/worlds/lone-link.js";
import { StageClock } from "./stage-clock.js";
import { Timers } from "./timers.js";

/** A stage that may take 5 s, with an old link that carries much. */
function world(timeout = 5000) {
  const { link } = new LoneLink();
  link.handOver(100_000, 0);
  const timers = new Timers();
  const clock = new StageClock(timers, link, timeout);
  clock.lastsUntil(0);
  return { link, timers, clock };
}

describe("the clock of a stage", () => {
  it("is set to the next step, or to the end of the time", () => {
    const { timers, clock } = world();
    clock.step(10);
    expect(timers.next).toBe(10);
    expect(clock.check(10, true)).toBe("step");
    clock.wait();
    expect(timers.next).toBe(5000);
    clock.stop();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });

  it("says that a stage has failed when its time is over, whatever is due", () => {
    const { timers, clock } = world();
    clock.step(10);
    expect(clock.check(5000, true)).toBe("failed");
    clock.lastsUntil(6000);
    expect(clock.check(10_999, true)).toBe("step");
    clock.wait();
    clock.failsAt(10_000);
    clock.failsAt(20_000);
    expect(timers.next).toBe(10_000);
    expect(clock.check(10_000, true)).toBe("failed");
  });

  it("says when it was too early, and is set again", () => {
    const { timers, clock } = world();
    clock.step(10);
    clock.step(30);
    expect([clock.check(10, true), timers.next]).toEqual(["early", 30]);
  });

  it("gives more time when this process did not run: nobody else has failed", () => {
    const { timers, clock } = world();
    clock.wait();
    expect([clock.check(5201, true), timers.next]).toEqual(["early", 7201]);
    expect(clock.check(7201, true)).toBe("failed");
    const brief = world(500);
    brief.clock.wait();
    expect([brief.clock.check(701, true), brief.timers.next]).toEqual(["early", 1201]);
  });

  it("gives more time, ten times at most, while the old link gets rid of what is before that which is waited for", () => {
    const { link, clock } = world();
    let now = 5000;
    const checks: string[] = [];
    for (let i = 0; i < 10; i++, now += 2000) {
      link.written(1000, true, now);
      checks.push(clock.check(now, true));
    }
    expect(checks).toEqual([...Array(9).fill("early"), "failed"]);
  });

  it("does not when it stands still, when it carries little, or when nothing has to go out on it", () => {
    const still = world();
    still.link.written(1000, true, 0);
    expect(["early", "failed"]).toEqual([still.clock.check(5000, true), still.clock.check(7000, true)]);
    const other = world();
    other.link.written(1000, true, 0);
    expect(other.clock.check(5000, false)).toBe("failed");
    const { link } = new LoneLink();
    link.handOver(1000, 0);
    link.written(1000, true, 0);
    const little = new StageClock(new Timers(), link, 5000);
    little.lastsUntil(0);
    expect(little.check(5000, true)).toBe("failed");
  });
});
