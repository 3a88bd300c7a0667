import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { Sink } from "../testing/worlds/engine-world.js";
import { LoneLink } from "../testing/worlds/lone-link.js";
import { Crossings } from "./crossings.js";
import type { HandoverParts } from "./handover-host.js";
import type { PublishPause } from "./publish-pause.js";
import { Subscriber } from "./subscriber.js";
import { Subscriptions } from "./subscriptions.js";

/** Subscriptions to `a` and, with a max of 5, to `b`; both links; and what goes to the window. */
function world() {
  const [from, to] = [new LoneLink(1), new LoneLink(2)];
  const subscriptions = new Subscriptions();
  const window: string[] = [];
  const pause = { isOn: false };
  const drained: number[] = [];
  const host = {
    second: undefined as Crossings | undefined,
    sendLines: (lines: string) => void window.push(...lines.split("\r\n").filter(Boolean)),
    sendFence: () => undefined,
  };
  const subscriber = new Subscriber(subscriptions, host);
  const sinks = [new Sink(), new Sink()];
  const entries = [
    subscriber.subscribe("a", undefined, undefined, sinks[0]),
    subscriber.subscribe("b", undefined, 5, sinks[1]),
  ];
  window.length = 0;
  const parts = { subscriptions, subscriber } as HandoverParts;
  const overlap = { drains: (sid: number) => void drained.push(sid) };
  const crossings = new Crossings(from.link, to.link, parts, pause as PublishPause, overlap);
  host.second = crossings;
  const refused = (subject: string) =>
    new CodedError("PERMISSIONS_VIOLATION", "no", { operation: "subscription", subject });
  return { from, to, subscriptions, subscriber, window, pause, drained, sinks, entries, crossings, refused };
}

describe("subscriptions that cross from one link to another", () => {
  it("are made on the new one, and ended on the old one", () => {
    const { from, to, crossings } = world();
    crossings.compare();
    crossings.join();
    expect([to.said(), from.said()]).toEqual([["SUB a 1", "SUB b 2", "UNSUB 2 5"], []]);
    crossings.follow();
    crossings.leave();
    expect([to.said(), from.said()]).toEqual([[], ["UNSUB 1", "UNSUB 2"]]);
  });

  it("that are made meanwhile go to the other link at once, and are known to be late", () => {
    const { to, subscriber, window, crossings } = world();
    crossings.join();
    to.said();
    subscriber.subscribe("c", undefined, undefined, new Sink());
    expect([window, to.said(), crossings.hasLate]).toEqual([["SUB c 3"], ["SUB c 3"], true]);
    expect(crossings.isLeft).toBe(false);
  });

  it("that are made while the window waits for the new link go there with it; the old one is told of ends", () => {
    const { from, to, subscriber, window, pause, entries, crossings } = world();
    crossings.join();
    pause.isOn = true;
    to.said();
    expect(crossings.isLeft).toBe(true);
    subscriber.subscribe("c", undefined, undefined, new Sink());
    subscriber.unsubscribe(entries[0], undefined);
    expect([window, from.said(), to.said()]).toEqual([["SUB c 3", "UNSUB 1"], ["UNSUB 1"], ["UNSUB 1"]]);
  });

  it("that move to another subject before they are made on the new one are compared as those that are added then", () => {
    const { subscriptions, entries, crossings } = world();
    crossings.compare();
    subscriptions.move(entries[0], "c");
    const added = subscriptions.add("c", undefined, undefined, new Sink());
    expect(entries[0].crossing).toEqual(added.crossing);
    expect(added.crossing?.isOnBoth).toBe(true);
  });

  it("that are drained on both are told to who compares", () => {
    const { subscriber, drained, entries, crossings } = world();
    crossings.join();
    subscriber.drain(entries[0]);
    expect(drained).toEqual([1]);
  });

  it("count for the new server from when it has them; and for the old one again if they stay there", () => {
    const { window, pause, entries, crossings } = world();
    entries[1].received = 2;
    crossings.join();
    expect(entries[1].base).toBe(0);
    pause.isOn = true;
    crossings.rebase();
    expect(entries[1].base).toBe(2);
    crossings.stay(true);
    expect([entries[1].base, entries[1].crossing, window]).toEqual([0, undefined, ["SUB b 2", "UNSUB 2 5"]]);
  });

  it("that could not be on both links come when the old one is gone, and a max is set right when nothing comes twice", () => {
    const { to, subscriber, entries, crossings } = world();
    subscriber.subscribe("g", "q", 3, new Sink());
    crossings.join();
    to.said();
    crossings.follow();
    crossings.joinLast();
    expect(to.said()).toEqual(["SUB g q 3", "UNSUB 3 3"]);
    // Both links have brought one message, and the new one another.
    entries[1].received = 2;
    entries[1].crossing!.fresh = 2;
    entries[1].base = 1;
    crossings.end();
    expect(to.said()).toEqual(["SUB b 2", "UNSUB 2 5"]);
  });
});

describe("a refusal", () => {
  it("by the new server ends a subscription when that is followed", () => {
    const { to, sinks, crossings, refused } = world();
    crossings.join();
    const error = refused("a");
    expect(crossings.takesRefusal(to.link, error)).toBe(true);
    expect(sinks[0].ends).toEqual([]);
    crossings.follow();
    crossings.settleRefusals();
    expect(sinks[0].ends).toEqual([error]);
    expect(crossings.takesRefusal(to.link, error)).toBe(false);
  });

  it("by the old server counts until the new one is followed", () => {
    const { from, crossings, refused } = world();
    crossings.join();
    expect(crossings.takesRefusal(from.link, refused("a"))).toBe(false);
    crossings.follow();
    expect(crossings.takesRefusal(from.link, refused("a"))).toBe(true);
  });

  it("by the old server is forgotten when the new one is followed, which has been asked as well", () => {
    const { entries, crossings } = world();
    entries[0].refused = true;
    crossings.join();
    crossings.follow();
    crossings.settleRefusals();
    expect(entries[0].refused).toBe(false);
  });

  it("of something else is none of theirs, and no more are kept than there are subscriptions", () => {
    const { to, crossings, refused } = world();
    const other = new CodedError("PERMISSIONS_VIOLATION", "no", { operation: "publish", subject: "a" });
    expect(crossings.takesRefusal(to.link, other)).toBe(false);
    for (let i = 0; i < 9; i++) crossings.takesRefusal(to.link, refused("a"));
    expect(crossings.refusals).toHaveLength(2);
  });

  it("are those that were made on it: a member of a queue group with a max was not", () => {
    const { to, subscriptions, crossings } = world();
    const sinks = [new Sink(), new Sink()];
    subscriptions.add("g", "q", 5, sinks[0]);
    subscriptions.add("g", "q", undefined, sinks[1]);
    crossings.compare();
    crossings.join();
    const detail = { operation: "subscription", subject: "g", queue: "q" } as const;
    for (let i = 0; i < 2; i++) {
      crossings.takesRefusal(to.link, new CodedError("PERMISSIONS_VIOLATION", "no", detail));
    }
    crossings.follow();
    crossings.settleRefusals();
    expect(sinks.map(({ ends }) => ends.length)).toEqual([0, 1]);
  });
});

describe("an heir", () => {
  it("keeps what it has, hears of what is limited, and is asked once more for what it has refused", () => {
    const { to, subscriptions, entries, crossings, refused } = world();
    crossings.compare();
    crossings.join();
    crossings.takesRefusal(to.link, refused("a"));
    crossings.inherit();
    entries[1].max = 3;
    const plan = subscriptions.restorePlan().map((part) => Buffer.from(part).toString());
    expect(plan).toEqual(["SUB a 1\r\nUNSUB 2 3\r\n"]);
    expect(crossings.isLeft).toBe(true);
  });

  it("is told of what has ended since", () => {
    const { subscriptions, entries, crossings } = world();
    const plan = () => subscriptions.restorePlan().map((part) => Buffer.from(part).toString());
    crossings.compare();
    crossings.join();
    crossings.inherit();
    subscriptions.remove(entries[1]);
    subscriptions.remove(entries[0]);
    expect(plan()).toEqual(["UNSUB 1\r\nUNSUB 2\r\n"]);
    expect(plan()).toEqual([]);
  });
});
