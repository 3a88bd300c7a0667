import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { Sink } from "../testing/worlds/engine-world.js";
import type { LinksWorld } from "../testing/worlds/links-world.js";
import { DONE, moveTo, said, world } from "../testing/worlds/move-world.js";

const noEcho = { connect: { ...OPTIONS.connect, echo: false } };
const isHolding = (it: LinksWorld) => it.engine.outbound.window.limit < Number.POSITIVE_INFINITY;

describe("a server that answers late", () => {
  /** PINGs that the new server gets in a move, in which it stands still for 400 ms from `at` on. */
  function pingsOf(at: number): number {
    const { it: all } = world({ move: { ...OPTIONS.move, settle: 1000 } });
    moveTo(all, "listening");
    const wire = all.wire("b");
    all.in(at, () => {
      wire.isHeld = true;
      all.in(400, () => wire.resume());
    });
    all.until(DONE);
    return wire.lines().filter((line) => line === "PING").length;
  }

  // 4000 ms of listening, 1800 of settling, 4000 of trailing.
  for (const [stage, at] of [
    ["listening", 3900],
    ["settling", 5700],
    ["trailing", 9700],
  ] as const) {
    it(`is asked once more at the end of ${stage}, since it brings messages late as well`, () => {
      expect(pingsOf(at)).toBe(pingsOf(30_000) + 1);
    });
  }
});

describe("much that comes in before the new link is subscribed", () => {
  it("has it subscribed at once, and once", () => {
    const { it: all, sink } = world();
    moveTo(all, "listening");
    all.pass(195);
    expect(said(all, "b", "SUB s 1")).toBe(false);
    // The last PONG that is waited for comes when it is subscribed already.
    all.wire("b").isHeld = true;
    all.pass(10);
    for (let i = 0; i < 17; i++) all.publishAt("a", "s", i + "x".repeat((1 << 20) - 2));
    all.pass(5);
    expect(said(all, "b", "SUB s 1")).toBe(true);
    all.wire("b").resume();
    all.until(DONE);
    expect(all.wire("b").said.match(/SUB s 1/g)).toHaveLength(1);
    expect(sink.got).toHaveLength(17);
  });

  it("does not end the probes, with noEcho", () => {
    const { it: all } = world(noEcho);
    const forward = all.cluster.forward.bind(all.cluster);
    all.cluster.forward = () => false;
    moveTo(all, "probing");
    for (let i = 0; i < 17; i++) all.publishAt("a", "s", i + "x".repeat((1 << 20) - 2));
    all.pass(50);
    all.cluster.forward = forward;
    all.until(DONE, 1500);
    expect(all.told("disconnect")).toEqual([]);
  });
});

describe("more than can be compared when the new link is in use already", () => {
  it("is delivered, and ends nothing: the old link is left as in any move", () => {
    const { it: all, sink } = world();
    moveTo(all, "settling");
    all.engine.subscribe("late", undefined, undefined, new Sink());
    all.until(({ at }) => at === "b");
    const { overlap } = Reflect.get(all.engine.session.moves, "handover");
    Reflect.get(overlap, "seen").size = 200_000;
    all.publishAt("a", "s", "x");
    all.until(DONE, 1000);
    expect(sink.got).toContain("x");
    expect([all.at, all.open("a"), all.told("disconnect")]).toEqual(["b", [], []]);
  });
});

describe("what is published with noEcho when much comes in before the new link is subscribed", () => {
  it("waits from the first PING on that was to end the wait for the old link", () => {
    const { it: all } = world(noEcho);
    moveTo(all, "listening");
    all.pass(195);
    // The last PONG that is waited for comes when publishing is held back already.
    all.wire("b").isHeld = true;
    all.pass(10);
    for (let i = 0; i < 17; i++) all.publishAt("a", "s", i + "x".repeat((1 << 20) - 2));
    all.until(isHolding, 10);
    all.wire("a").isHeld = true;
    all.publish("p", "1");
    all.wire("b").resume();
    all.pass(5);
    expect(said(all, "a", "PUB p")).toBe(false);
    all.wire("a").resume();
    all.until(DONE);
    expect([said(all, "a", "PUB p"), said(all, "b", "PUB p")]).toEqual([false, true]);
  });
});

describe("a subscription that is drained when the old link is being left", () => {
  it("ends with that link, and is not forgotten when the new one confirms it before", () => {
    const { it: all, entry, sink } = world();
    moveTo(all, "following");
    all.wire("a").isHeld = true;
    all.engine.drainSubscription(entry, all.now);
    all.pass(50);
    expect(sink.ends).toEqual([]);
    all.wire("a").resume();
    all.until((it) => it.wire("a").ended !== undefined).pass(1);
    expect(sink.ends).toEqual([undefined]);
  });

  it("gets what the new one has brought before", () => {
    const { it: all, entry, sink } = world();
    moveTo(all, "following");
    all.wire("a").isHeld = true;
    all.cluster.forward = () => false;
    all.publishAt("b", "s", "x");
    all.pass(5);
    all.engine.drainSubscription(entry, all.now);
    all.pass(5);
    all.wire("a").resume();
    all.until(DONE);
    expect([sink.got, sink.ends]).toEqual([["x"], [undefined]]);
  });
});

describe("a subscription that ends while what is published waits for the new link", () => {
  it("is ended at the old server at once", () => {
    const { it: all, entry } = world(noEcho);
    all.engine.session.reconnect(all.now);
    all.until(isHolding);
    all.wire("a").isHeld = true;
    all.engine.unsubscribe(entry);
    all.pass(1);
    expect([said(all, "a", "UNSUB 1"), said(all, "b", "SUB s")]).toEqual([true, false]);
  });
});

describe("with noEcho, what is published goes on", () => {
  it("as soon as a probe says that no server takes the old link for a subscriber any more", () => {
    const { it: all } = world(noEcho);
    all.engine.session.reconnect(all.now);
    all.until(isHolding);
    all.publish("p", "held");
    all.until((it) => it.at === "b");
    expect(said(all, "b", "held")).toBe(false);
    all.until((it) => it.wire("a").ended !== undefined).pass(5);
    expect([said(all, "b", "held"), DONE(all)]).toEqual([true, false]);
  });

  it("not by a probe that was sent before, nor by one that was never sent, but when the move is done", () => {
    const { it: all } = world(noEcho);
    all.engine.session.reconnect(all.now);
    all.until(isHolding);
    all.publish("p", "held");
    all.until((it) => it.at === "b");
    all.cluster.forward = () => false;
    all.until((it) => it.wire("a").ended !== undefined);
    for (const number of [1, 999]) all.publishAt("b", `_INBOX.own.probe.2.${number}`, "");
    all.pass(5);
    expect([said(all, "b", "held"), DONE(all)]).toEqual([false, false]);
    all.until(DONE).pass(5);
    expect(said(all, "b", "held")).toBe(true);
  });

  it("when the old link is left, where the server allows no probe", () => {
    const { it: all } = world(noEcho);
    all.server("b").settings.permissions = { subscribe: { deny: ["_INBOX.>"] } };
    all.engine.session.reconnect(all.now);
    all.until(isHolding);
    all.publish("p", "held");
    all.until((it) => it.wire("a").ended !== undefined).pass(5);
    expect([said(all, "b", "held"), DONE(all)]).toEqual([true, false]);
  });
});

describe("a probe", () => {
  it("that we have not sent proves nothing", () => {
    const { it: all } = world();
    all.cluster.forward = () => false;
    moveTo(all, "probing");
    all.publishAt("b", "_INBOX.own.probe.2.999", "");
    all.until(() => all.told("disconnect").length > 0, 5000);
    // As it is where none comes in: they are no cluster.
    expect([said(all, "a", "UNSUB"), all.told("move")]).toEqual([false, []]);
  });
});

describe("a subscription that is made by who hears what the heir had brought", () => {
  it("is made there", () => {
    const { it: all } = world();
    const sink = new Sink();
    all.engine.subscribe("m", undefined, undefined, new Sink(() => subscribe()));
    const subscribe = () => void all.engine.subscribe("n", undefined, undefined, sink);
    all.pass(5);
    moveTo(all, "settling");
    all.cluster.forward = () => false;
    all.publishAt("b", "m", "x");
    all.pass(5);
    all.server("a").kill();
    all.until(() => all.told("reconnect").length > 0, 100).pass(20);
    all.publishAt("b", "n", "y");
    all.pass(5);
    expect(sink.got).toEqual(["y"]);
  });
});

describe("an heir", () => {
  it("brings what the lost link has brought for as long as in any move: it is not delivered again", () => {
    const { it: all, sink } = world({ move: { ...OPTIONS.move, settle: 500 } });
    moveTo(all, "settling");
    all.pass(500);
    all.cluster.forward = () => false;
    all.publishAt("a", "s", "x");
    all.until(isHolding);
    all.server("a").kill();
    all.until(() => all.told("reconnect").length > 0, 100).pass(1800);
    all.publishAt("b", "s", "x");
    all.pass(5);
    expect(sink.got).toEqual(["x"]);
  });
});

describe("an heir that is restored for long", () => {
  it("gets what equals something that the lost link has brought, when nothing is compared any more", () => {
    const { it: all, sink } = world();
    moveTo(all, "settling");
    all.pass(40);
    all.cluster.forward = () => false;
    all.publishAt("a", "s", "x");
    all.pass(5);
    all.wire("b").isHeld = true;
    all.server("a").kill();
    all.pass(1000);
    expect([sink.got, all.told("reconnect")]).toEqual([["x"], []]);
    all.publishAt("b", "s", "x");
    all.wire("b").resume();
    all.pass(50);
    expect([sink.got, all.at, all.told("reconnect").length]).toEqual([["x", "x"], "b", 1]);
  });
});
