import { describe, expect, it } from "vitest";
import { Sink } from "../testing/worlds/engine-world.js";
import { DONE, moveTo, numbers, publishing, said, world } from "../testing/worlds/move-world.js";

describe("the old link's death", () => {
  for (const stage of ["listening", "joining", "probing", "settling"] as const) {
    it(`in stage ${stage} is an outage that the new link ends: it is not dialled again`, () => {
      const { it: all, sink } = world();
      moveTo(all, stage);
      all.publish("p", "unconfirmed");
      all.server("a").kill();
      all.until(() => all.told("reconnect").length > 0, 100);
      all.publishAt("b", "s", "after");
      all.pass(500);
      expect([all.at, all.wires.size, sink.got]).toEqual(["b", 2, ["after"]]);
      expect(all.told("disconnect")).toHaveLength(1);
      expect([...all.open("b")[0].client.subs.keys()]).toEqual(["1"]);
      expect(all.engine.books).toMatchObject({ confirmed: 1, pending: 0 });
    });
  }

  it("is the end of what those end who hear of it: the new link has it no more", () => {
    const { it: all, entry, sink } = world();
    moveTo(all, "settling");
    const onFail = () => all.engine.unsubscribe(entry);
    all.engine.request("r", "", undefined, 5000, { onReply: () => {}, onFail }, all.now);
    all.pump();
    all.server("a").kill();
    all.until(() => all.told("reconnect").length > 0, 100).pass(5);
    expect(sink.ends).toEqual([undefined]);
    expect(all.open("b")[0].client.subs.has(String(entry.sid))).toBe(false);
  });

  it("while it is being left is nobody's outage", () => {
    const { it: all } = world();
    moveTo(all, "following");
    all.server("a").kill();
    // Nobody waits for its answer.
    all.until(DONE, 500);
    expect([all.told("disconnect"), all.at]).toEqual([[], "b"]);
  });
});

describe("the new link's death", () => {
  for (const stage of ["listening", "joining", "probing", "settling"] as const) {
    it(`in stage ${stage} leaves the old link in use, and the next server has its turn`, () => {
      const { it: all, sink } = world({}, "a b c");
      const stop = publishing(all);
      moveTo(all, stage);
      all.server("b").kill();
      all.until(DONE);
      expect([all.told("disconnect"), all.at]).toEqual([[], "c"]);
      const count = stop();
      const lost = numbers(count).filter((n) => !sink.got.includes(n));
      // What is published at a dead server reaches nobody.
      expect(lost.filter((n) => Number(n) % 2 === 0)).toEqual([]);
      expect(new Set(sink.got).size).toBe(sink.got.length);
    });
  }

  it("after it was followed is an outage like any other", () => {
    const { it: all } = world({}, "a b c");
    moveTo(all, "following");
    all.server("b").kill();
    all.until(() => all.told("reconnect").length > 0, 500).pass(200);
    expect(all.told("disconnect")).toHaveLength(1);
    expect(all.open("b")).toEqual([]);
  });
});

describe("a move that is given up because the connection is shut down", () => {
  it("leaves a subscription that was made in its middle without twins of what the new link had brought", () => {
    const { it: all } = world();
    moveTo(all, "settling");
    const sink = new Sink();
    all.engine.subscribe("n", undefined, undefined, sink);
    all.pass(5);
    all.wire("a").isHeld = true;
    all.publishAt("a", "n", "x");
    all.pass(5);
    expect(sink.got).toEqual(["x"]);
    all.engine.session.stay(all.now);
    all.pass(5);
    all.wire("a").resume();
    all.pass(20);
    expect(sink.got).toEqual(["x"]);
    all.publishAt("a", "n", "x");
    all.pass(250);
    expect(sink.got).toEqual(["x", "x"]);
  });
});

describe("a max", () => {
  it("is set right at the end of a move: the new server has counted a twin towards it", () => {
    const { it: all } = world();
    const sink = new Sink();
    const entry = all.engine.subscribe("limited", undefined, 4, sink);
    moveTo(all, "listening");
    all.pass(5);
    const forward = all.cluster.forward.bind(all.cluster);
    all.cluster.forward = () => false;
    all.publishAt("a", "limited", "0");
    all.until(() => said(all, "b", "SUB limited")).pass(5);
    all.publishAt("b", "limited", "0");
    all.cluster.forward = forward;
    all.until(DONE).pass(20);
    expect(sink.got).toEqual(["0"]);
    for (const payload of ["1", "2", "3"]) all.publishAt("b", "limited", payload);
    all.pass(20);
    expect([sink.got, sink.ends]).toEqual([["0", "1", "2", "3"], [undefined]]);
    expect(all.open("b")[0].client.subs.has(String(entry.sid))).toBe(false);
  });
});

describe("a max of a member of a group", () => {
  it.each([
    ["behind", 2],
    ["in the middle of", 0],
  ])("that is set %s a move that was given up ends it at the server when it ends", (_, behind) => {
    const { it: all } = world();
    const sink = new Sink();
    const entry = all.engine.subscribe("g", "q", undefined, sink);
    all.pass(20);
    moveTo(all, "settling");
    // The new server counts these, and the old one does not.
    for (const payload of ["0", "1"]) all.publishAt("b", "g", payload);
    all.pass(5);
    expect(sink.got).toEqual(["0", "1"]);
    if (behind === 0) all.engine.unsubscribe(entry, 4);
    all.pass(3);
    all.server("b").kill();
    all.pass(50);
    if (behind > 0) all.engine.unsubscribe(entry, 4);
    all.pass(5);
    // Both come in one read: nobody could tell the server in time.
    for (const payload of ["2", "3"]) all.publishAt("a", "g", payload);
    expect(all.open("a")[0].client.subs.has(String(entry.sid))).toBe(false);
    all.pass(5);
    expect([sink.got, sink.ends]).toEqual([["0", "1", "2", "3"], [undefined]]);
  });
});

describe("a subscription that was made in the middle of a move", () => {
  it("gets nothing twice when the new link dies and the next move has begun", () => {
    const { it: all } = world({}, "a b c");
    moveTo(all, "settling");
    const sink = new Sink();
    all.engine.subscribe("n", undefined, undefined, sink);
    all.pass(5);
    all.wire("a").isHeld = true;
    all.publishAt("b", "n", "x");
    all.pass(5);
    all.server("b").kill();
    all.until(() => said(all, "c", "CONNECT")).pass(10);
    all.wire("a").resume();
    all.until(DONE).pass(20);
    expect([all.told("disconnect"), all.at, sink.got]).toEqual([[], "c", ["x"]]);
  });

  for (const [dies, stays] of [
    ["a", "b"],
    ["b", "a"],
  ]) {
    it(`and limited when ${dies} has died is not left behind at ${stays}, which has sent less than came`, () => {
      const { it: all } = world();
      moveTo(all, "settling");
      const sink = new Sink();
      const entry = all.engine.subscribe("late", undefined, undefined, sink);
      all.pass(5);
      all.cluster.forward = () => false;
      all.publishAt(dies, "late", "0");
      all.pass(5);
      all.server(dies).kill();
      all.until(() => all.engine.session.connected && all.at === stays, 20).pass(5);
      all.engine.unsubscribe(entry, 3);
      all.pass(5);
      for (const payload of ["1", "2"]) all.publishAt(stays, "late", payload);
      all.pass(5);
      expect([sink.got, sink.ends]).toEqual([["0", "1", "2"], [undefined]]);
      expect(all.open(stays)[0].client.subs.has(String(entry.sid))).toBe(false);
    });
  }
});

describe("a deadline", () => {
  it("ends a handover to a server that falls silent: the old link stays in use, the next server has its turn", () => {
    const { it: all } = world({}, "a b c");
    moveTo(all, "joining");
    all.wire("b").isHeld = true;
    all.until(DONE, 8000);
    expect([all.at, all.wire("b").ended, all.told("disconnect")]).toEqual(["c", "reset", []]);
    expect(all.told("attemptFailed")).toMatchObject([{ server: "b:4222", error: { code: "TIMEOUT" } }]);
  });

  it("ends the wait for an old server that does not answer when it is left", () => {
    const { it: all } = world();
    moveTo(all, "following");
    const from = all.wire("a");
    from.isHeld = true;
    all.until(DONE, 6000);
    expect(from.ended).toBe("reset");
    expect(all.told("disconnect")).toEqual([]);
  });

  it("ends the wait for probes: servers that are no cluster are left before the next is used", () => {
    const { it: all } = world();
    for (const name of ["a", "b"]) all.server(name).more = { cluster: name };
    all.cluster.forward = () => false;
    moveTo(all, "probing");
    const begun = all.now;
    all.until(() => all.told("reconnect").length > 0, 5000);
    expect(all.now - begun).toBeGreaterThan(1900);
    expect(all.now - begun).toBeLessThan(2500);
    expect([all.at, all.wires.size, all.told("move")]).toEqual(["b", 2, []]);
  });

  it("is not waited for with two servers that say that they are in no cluster", () => {
    const { it: all } = world();
    for (const name of ["a", "b"]) all.server(name).more = { cluster: undefined };
    all.engine.session.reconnect(all.now);
    all.pass(1);
    // a's INFO was read when it still said something else.
    all.server("a").announce();
    all.until(() => all.told("reconnect").length > 0, 1000);
    expect(said(all, "a", "probe")).toBe(false);
  });
});
