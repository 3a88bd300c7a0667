import { describe, expect, it } from "vitest";
import type { Broker } from "../testing/broker/broker.js";
import type { Match, Subscription } from "../testing/broker/sublist.js";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import type { LinksWorld } from "../testing/worlds/links-world.js";
import { DONE, moveTo, numbers, world } from "../testing/worlds/move-world.js";

/** Everything takes so many ms from one server to another: what is subscribed, and what is published. */
function apart(all: LinksWorld, ms: number): void {
  const made = new Map<Subscription, number>();
  Object.assign(all.cluster, {
    subscribed: (_: Broker, sub: Subscription) => void made.set(sub, all.now),
    known(_: Broker, of: Broker, subject: string): Match {
      const { plain, groups } = of.sublist.match(subject);
      return { plain: plain.filter((sub) => all.now - (made.get(sub) ?? -ms) >= ms), groups };
    },
    carry: (_: Broker, __: Broker, arrive: () => void) => all.in(ms, arrive),
  });
}

/** Somebody publishes a number each ms at each of these servers in turn, from before the move to behind it. */
function moveUnderLoad(all: LinksWorld, names: readonly string[]): number {
  let count = 0;
  const run = (ms: number) => {
    for (let i = 0; i < ms; i++) {
      all.publishAt(names[count % names.length], "s", String(count++));
      all.pass(1);
    }
  };
  run(300);
  all.engine.session.reconnect(all.now);
  while (!DONE(all)) run(1);
  run(50);
  all.pass(1000);
  return count;
}

const sorted = (got: readonly string[]) => [...got].sort((one, other) => Number(one) - Number(other));

describe("a move between servers that are further apart than it settles", () => {
  it.each([
    [75, "a"],
    [120, "a"],
    [75, "b"],
    [120, "b"],
    [75, "a b"],
    [120, "a b c"],
  ])("%i ms brings everything once that is published at %s", (ms, names) => {
    const { it: all, sink } = world({}, "a b c");
    apart(all, ms);
    const count = moveUnderLoad(all, names.split(" "));
    expect(all.told("move")).toMatchObject([{ reason: "reconnect" }]);
    expect(sorted(sink.got)).toEqual(numbers(count));
    expect(all.told("disconnect")).toEqual([]);
  });

  it.each([
    [120, "a"],
    [160, "a"],
    [160, "b"],
    [160, "a b c"],
  ])("%i ms with noEcho brings everything once that is published at %s", (ms, names) => {
    const { it: all, sink } = world({ connect: { ...OPTIONS.connect, echo: false } }, "a b c");
    apart(all, ms);
    const count = moveUnderLoad(all, names.split(" "));
    expect(all.told("move")).toMatchObject([{ reason: "reconnect" }]);
    expect(sorted(sink.got)).toEqual(numbers(count));
    expect(all.told("disconnect")).toEqual([]);
  });

  it("is proven by no probe that was on the way before the new link was subscribed, with noEcho", () => {
    const { it: all } = world({ connect: { ...OPTIONS.connect, echo: false } });
    apart(all, 300);
    moveTo(all, "joining");
    const joined = all.now;
    all.until(({ at }) => at === "b");
    // There and back: other servers hear of the subscriptions, and then the probe comes.
    expect(all.now - joined).toBeGreaterThan(600);
  });
});
