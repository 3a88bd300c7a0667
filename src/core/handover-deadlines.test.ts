import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { Sink } from "../testing/worlds/engine-world.js";
import type { LinksWorld } from "../testing/worlds/links-world.js";
import { DONE, moveTo, said, world } from "../testing/worlds/move-world.js";

const noEcho = { connect: { ...OPTIONS.connect, echo: false } };
const slowly = { move: { ...OPTIONS.move, settle: 500 } };
const isHolding = (it: LinksWorld) => it.engine.outbound.window.limit < Number.POSITIVE_INFINITY;

/** A server says nothing for so many ms. */
function hold(all: LinksWorld, name: string, ms: number): void {
  const wire = all.wire(name);
  wire.isHeld = true;
  all.in(ms, () => wire.resume());
}

describe("a server that is slow in a move", () => {
  it("has its whole time to take the subscriptions, also where what is published waits meanwhile", () => {
    const { it: all } = world(noEcho);
    moveTo(all, "joining");
    hold(all, "b", 3000);
    all.until(DONE);
    expect([all.at, all.told("attemptFailed"), all.told("disconnect")]).toEqual(["b", [], []]);
  });

  it("may pass on a probe late, with noEcho: what is published waits that long", () => {
    const { it: all } = world(noEcho);
    const forward = all.cluster.forward.bind(all.cluster);
    all.cluster.forward = () => false;
    moveTo(all, "probing");
    all.pass(1500);
    all.cluster.forward = forward;
    all.until(DONE, 1500);
    expect([all.at, all.told("disconnect")]).toEqual(["b", []]);
  });

  it("has its whole time to bring what it had for us when it is left", () => {
    const { it: all, sink } = world();
    moveTo(all, "settling");
    all.until(isHolding);
    const from = all.wire("a");
    all.cluster.forward = () => false;
    all.until((it) => it.at === "b");
    all.publishAt("a", "s", "x");
    hold(all, "a", 4000);
    all.until(DONE);
    expect([from.ended, sink.got]).toEqual(["close", ["x"]]);
  });

  it("takes nothing from the time in which the new one's messages are compared behind its end", () => {
    const { it: all } = world(slowly);
    moveTo(all, "following");
    hold(all, "a", 4900);
    all.until((it) => it.wire("a").ended !== undefined);
    const left = all.now;
    all.until(DONE);
    expect(all.now - left).toBeGreaterThanOrEqual(2000);
  });

  it("stays in use when it was followed: the move is done without its answer", () => {
    const { it: all } = world({ timeout: 1000 });
    moveTo(all, "following");
    all.until((it) => it.wire("a").ended !== undefined);
    hold(all, "b", 3000);
    all.until(DONE, 2000).pass(3000);
    expect([all.at, all.told("disconnect")]).toEqual(["b", []]);
  });
});

describe("a server that falls silent in a move", () => {
  it("is given up when it is to take the subscriptions, also with noEcho", () => {
    const { it: all } = world(noEcho, "a b c");
    moveTo(all, "joining");
    all.wire("b").isHeld = true;
    all.until(DONE, 8000);
    expect([all.at, all.wire("b").ended, all.told("disconnect")]).toEqual(["c", "reset", []]);
  });

  it("is waited for no longer when it is left, also where something was subscribed late", () => {
    const { it: all } = world();
    moveTo(all, "settling");
    all.engine.subscribe("n", undefined, undefined, new Sink());
    all.until((it) => it.at === "b");
    all.wire("a").isHeld = true;
    all.until(DONE, 6000);
    expect([all.wire("a").ended, all.told("disconnect")]).toEqual(["reset", []]);
  });
});

describe("when a move is over", () => {
  it("what equals something that the old link has brought is delivered", () => {
    const { it: all, sink } = world();
    moveTo(all, "settling");
    all.pass(40);
    all.cluster.forward = () => false;
    all.publishAt("a", "s", "x");
    all.until(DONE);
    all.publishAt("b", "s", "x");
    all.pass(5);
    expect(sink.got).toEqual(["x", "x"]);
  });

  it("nothing wakes the connection any more", () => {
    const { it: all } = world();
    moveTo(all, "following");
    all.until(DONE).pass(1500);
    expect(all.engine.timeout - all.now).toBeGreaterThan(10_000);
  });
});

describe("what waits in a move", () => {
  it("is written to the new link as soon as that is followed, before the old one is gone", () => {
    const { it: all } = world();
    moveTo(all, "settling");
    all.until(isHolding);
    all.publish("p", "held");
    all.until((it) => it.at === "b");
    all.wire("a").isHeld = true;
    all.pass(5);
    expect([said(all, "b", "held"), all.wire("a").ended]).toEqual([true, undefined]);
  });

  it("is written to it as soon as it is restored, when the old one has died", () => {
    const { it: all } = world();
    moveTo(all, "settling");
    all.until(isHolding);
    all.publish("p", "held");
    all.server("a").kill();
    all.until(() => all.told("reconnect").length > 0, 100).pass(20);
    expect(said(all, "b", "held")).toBe(true);
  });
});

describe("a limit that is set while what is published waits for the new server", () => {
  for (const [name, options] of [
    ["", {}],
    [" with noEcho", noEcho],
  ] as const) {
    it(`is said to that as it counts${name}`, () => {
      const { it: all, entry } = world(options);
      for (const payload of ["0", "1"]) all.publishAt("a", "s", payload);
      all.pass(5);
      moveTo(all, "settling");
      all.until(isHolding);
      all.engine.unsubscribe(entry, 5);
      all.until(DONE);
      expect(
        all
          .wire("b")
          .lines()
          .filter((line) => line.startsWith("UNSUB 1")),
      ).toEqual(["UNSUB 1 3"]);
    });
  }
});
