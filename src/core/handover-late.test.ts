import { describe, expect, it } from "vitest";
import type { Broker } from "../testing/broker/broker.js";
import { BrokerCluster } from "../testing/broker/broker-cluster.js";
import type { Match, Subscription } from "../testing/broker/sublist.js";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { Sink } from "../testing/worlds/engine-world.js";
import type { LinksWorld } from "../testing/worlds/links-world.js";
import { DONE, moveTo, numbers, said, world } from "../testing/worlds/move-world.js";

const isHolding = (it: LinksWorld) => it.engine.outbound.window.limit < Number.POSITIVE_INFINITY;

/** Every ms somebody publishes the next number at a server, until the move is over; returns how many came of it. */
function publishUntilDone(all: LinksWorld, name: string): number {
  let count = 0;
  while (!DONE(all)) {
    all.publishAt(name, "n", String(count++));
    all.pass(1);
  }
  all.pass(50);
  return count;
}

describe("a subscription that was made late in a move", () => {
  it("gets what is published at servers that have not heard of the new link's when that is followed", () => {
    const { it: all } = world({}, "a b c");
    let isKnownAtC = false;
    const forward = all.cluster.forward.bind(all.cluster);
    all.cluster.forward = (message, origin) => {
      // c knows that a wants it; that b does it hears 30 ms later.
      if (isKnownAtC || message.subject !== "n") return forward(message, origin);
      return all.server("a").deliver(message, undefined);
    };
    moveTo(all, "settling");
    all.pass(85);
    expect([all.at, isHolding(all)]).toEqual(["a", false]);
    const sink = new Sink();
    all.engine.subscribe("n", undefined, undefined, sink);
    all.in(30, () => {
      isKnownAtC = true;
    });
    all.pass(3);
    const count = publishUntilDone(all, "c");
    expect(sink.got).toEqual(numbers(count));
  });
});

describe("a subscription that was made late in a move, where servers hear late of one another's subscriptions", () => {
  /** Those of b are known at a so many ms later. */
  function lag(all: LinksWorld, ms: number): void {
    const made = new Map<Subscription, number>();
    Object.assign(all.cluster, {
      subscribed: (_: Broker, sub: Subscription) => void made.set(sub, all.now),
      known(_: Broker, of: Broker, subject: string): Match {
        const { plain, groups } = of.sublist.match(subject);
        return { plain: plain.filter((sub) => all.now - (made.get(sub) ?? 0) >= ms), groups };
      },
    });
  }

  const moveOn = (all: LinksWorld) => all.until(({ at }) => at === "b");

  it("is on both links until what is published at the old server comes to the new one", () => {
    const { it: all } = world();
    moveTo(all, "settling");
    lag(all, 400);
    const sink = new Sink();
    all.engine.subscribe("n", undefined, undefined, sink);
    all.pass(5);
    const count = publishUntilDone(all, "a");
    expect(sink.got).toEqual(numbers(count));
    expect(all.told("disconnect")).toEqual([]);
  });

  it.each([
    [2000, 5000],
    [500, 1000],
  ])(
    "is waited for no longer than %i ms with a timeout of %i, and the old link is left in order",
    (most, timeout) => {
      const { it: all } = world({ timeout });
      moveTo(all, "settling");
      all.engine.subscribe("n", undefined, undefined, new Sink());
      lag(all, Number.POSITIVE_INFINITY);
      moveOn(all);
      const [followed, from] = [all.now, all.wire("a")];
      all.until(() => from.ended !== undefined, most + 300);
      expect([from.ended, all.now - followed > most]).toEqual(["close", true]);
      all.until(DONE);
      expect(all.told("disconnect")).toEqual([]);
    },
  );

  it("costs nothing that is on the old link where a move settles for long, and a server has little time to answer", () => {
    const { it: all } = world({ timeout: 1000, move: { ...OPTIONS.move, settle: 600 } });
    moveTo(all, "settling");
    all.engine.subscribe("n", undefined, undefined, new Sink());
    lag(all, Number.POSITIVE_INFINITY);
    moveOn(all);
    const from = all.wire("a");
    all.until(() => from.ended !== undefined, 5000);
    expect(from.ended).toBe("close");
    expect(from.said).toContain("UNSUB 1");
  });

  it("is proven by no probe of those that were on the way before", () => {
    const { it: all } = world();
    const carried: (() => void)[] = [];
    all.cluster.forward = (about, origin) => {
      if (about.subject.includes("probe")) carried.push(() => forward(about, origin));
      return forward(about, origin);
    };
    const forward = BrokerCluster.prototype.forward.bind(all.cluster);
    moveTo(all, "settling");
    all.engine.subscribe("n", undefined, undefined, new Sink());
    const early = carried.length;
    lag(all, 400);
    moveOn(all);
    const [followed, from] = [all.now, all.wire("a")];
    for (const carry of carried.slice(0, early)) carry();
    all.until(() => from.ended !== undefined);
    expect(all.now - followed).toBeGreaterThan(300);
  });

  it.each([
    ["be sent", "a", { publish: { deny: ["_INBOX.own.probe.*.anew.>"] } }],
    ["be listened to", "b", { subscribe: { deny: ["_INBOX.own.probe.*.anew.>"] } }],
  ])("has twice the time where a probe may not %s", (_, name, permissions) => {
    const times = [false, true].map((isDenied) => {
      const { it: all } = world({ move: { ...OPTIONS.move, settle: 300 } });
      moveTo(all, "settling");
      all.engine.subscribe("n", undefined, undefined, new Sink());
      if (isDenied) all.server(name).settings.permissions = permissions;
      moveOn(all);
      const [followed, from] = [all.now, all.wire("a")];
      all.until(() => from.ended !== undefined);
      expect([all.told("error"), all.told("disconnect")]).toEqual([[], []]);
      return all.now - followed;
    });
    expect(times[0]).toBeGreaterThan(299);
    expect(times[0]).toBeLessThan(599);
    expect(times[1]).toBeGreaterThan(599);
    expect(times[1]).toBeLessThan(900);
  });

  it("is behind a server that answers late, as it hears late as well", () => {
    const { it: all } = world();
    moveTo(all, "settling");
    all.engine.subscribe("n", undefined, undefined, new Sink());
    lag(all, 1700);
    moveOn(all);
    all.until(
      () => said(all, "a", "anew.") && all.open("b").some(({ heard }) => heard.includes(".anew.")),
      2000,
    );
    const [followed, from] = [all.now, all.wire("a")];
    const mark = all.wire("b").said.length;
    all.pass(40);
    all.wire("b").isHeld = true;
    all.in(400, () => all.wire("b").resume());
    all.until(() => from.ended !== undefined);
    expect(all.now - followed).toBeGreaterThan(400);
    // It is asked until it is quick again.
    expect(
      all
        .wire("b")
        .lines(mark)
        .filter((line) => line === "PING").length,
    ).toBeGreaterThan(1);
  });

  it("ends nothing when the old link dies meanwhile, or the new one", () => {
    for (const name of ["a", "b"]) {
      const { it: all } = world();
      moveTo(all, "settling");
      const sink = new Sink();
      all.engine.subscribe("n", undefined, undefined, sink);
      lag(all, 400);
      moveOn(all);
      all.pass(20);
      all.wire(name).destroy();
      all.pass(350);
      expect([all.told("disconnect").length, all.told("move").length]).toEqual(
        name === "a" ? [0, 1] : [1, 1],
      );
      all.publishAt(all.at!, "n", "x");
      all.pass(50);
      expect(sink.got).toEqual(["x"]);
    }
  });
});
