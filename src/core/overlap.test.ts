import { describe, expect, it } from "vitest";
import { Sink } from "../testing/worlds/engine-world.js";
import type { MessageReceiver } from "../wire/parser.js";
import type { Link } from "./link.js";
import { Overlap } from "./overlap.js";
import { PROBE_SID } from "./probe.js";
import { Stragglers } from "./stragglers.js";
import { type SubscriptionEntry, Subscriptions } from "./subscriptions.js";
import type { Twins } from "./twins.js";

/** An overlap, and what it delivers. */
class OverlapWorld {
  readonly table = new Subscriptions();
  readonly delivered: string[] = [];
  readonly told: string[] = [];
  readonly answers = new Sink();
  onLong = (): void => {};
  hasFollowed = false;
  now = 0;
  readonly overlap: Overlap;
  readonly direct: MessageReceiver = {
    onMessage: (buf, sid, _subject, _end, _reply, _replyEnd, _start, body, end) => {
      this.delivered.push(`${sid} ${buf.latin1Slice(body, end)}`);
    },
  };

  constructor() {
    const hasFollowed = () => this.hasFollowed;
    const clock = this;
    this.overlap = new Overlap(this.table, this.direct, this.answers, "secret", {
      get hasFollowed() {
        return hasFollowed();
      },
      get now() {
        return clock.now;
      },
      onProbe: (number) => void this.told.push(`probe ${number}`),
      onLong: () => this.onLong(),
      onTooMuch: () => void this.told.push("too much"),
    });
  }

  get seen(): Twins {
    return Reflect.get(this.overlap, "seen");
  }

  /** A subscription that both links have. */
  both(queue?: string, sink = new Sink()): SubscriptionEntry {
    const entry = this.table.add("s", queue, undefined, sink);
    this.table.compareAll();
    this.table.joinPlan();
    return entry;
  }

  bring(by: "old" | "fresh" | "trailing", sid: number, payload: string): void {
    const buf = Buffer.from(`s${payload}`);
    this.overlap[by].onMessage(buf, sid, 0, 1, 0, 0, 1, 1, buf.length);
  }
}

describe("while two links have the same subscriptions", () => {
  it("the old link's messages are delivered as they come, those of the new one when the old is done, without twins", () => {
    const world = new OverlapWorld();
    world.both();
    world.bring("old", 1, "a");
    world.overlap.proven(Number.POSITIVE_INFINITY);
    world.bring("fresh", 1, "b");
    world.bring("old", 1, "b");
    world.overlap.closing();
    world.overlap.leaving();
    world.bring("fresh", 1, "c");
    expect(world.delivered).toEqual(["1 a", "1 b"]);
    world.overlap.release();
    expect(world.delivered).toEqual(["1 a", "1 b", "1 c"]);
    expect(world.overlap.twins).toBe(1);
  });

  it("equal messages are delivered as often as they may be messages of their own", () => {
    const world = new OverlapWorld();
    world.both();
    world.bring("old", 1, "x");
    world.overlap.proven(Number.POSITIVE_INFINITY);
    world.overlap.closing();
    world.overlap.leaving();
    world.bring("fresh", 1, "x");
    world.overlap.release();
    expect(world.delivered).toEqual(["1 x", "1 x"]);
    expect(world.overlap.twins).toBe(0);
  });

  it("what the old link brings after the proof follows on the new one, even when that is left already", () => {
    const world = new OverlapWorld();
    world.both();
    world.overlap.proven(Number.POSITIVE_INFINITY);
    world.bring("old", 1, "x");
    world.overlap.closing();
    world.overlap.leaving();
    world.bring("fresh", 1, "x");
    world.overlap.release();
    expect(world.delivered).toEqual(["1 x"]);
  });

  it("members of queue groups and requests get what either link brings, at once", () => {
    const world = new OverlapWorld();
    world.both("q");
    world.both(undefined, world.answers);
    for (const sid of [1, 2]) for (const by of ["fresh", "old"] as const) world.bring(by, sid, "x");
    expect(world.delivered).toEqual(["1 x", "1 x", "2 x", "2 x"]);
    world.overlap.release();
    expect(world.delivered).toHaveLength(4);
  });

  it("a subscription that is on one link alone is not held up", () => {
    const world = new OverlapWorld();
    world.table.add("s", undefined, undefined, new Sink());
    world.bring("fresh", 1, "x");
    expect(world.delivered).toEqual(["1 x"]);
  });

  it("one that neither link has from before gets what comes first, by whichever link, once", () => {
    const world = new OverlapWorld();
    const entry = world.both();
    entry.crossing = { ...entry.crossing!, isNew: true };
    for (const by of ["fresh", "old", "fresh", "fresh", "old", "old"] as const) world.bring(by, 1, "x");
    expect(world.delivered).toEqual(["1 x", "1 x", "1 x"]);
    expect(world.overlap.twins).toBe(3);
  });

  it("when the old link stays, what is left of the comparison is only about what the new one has brought first", () => {
    const world = new OverlapWorld();
    const link = {} as Link;
    const kept: ReadonlySet<number>[] = [];
    const stragglers = new Stragglers(() => 0);
    stragglers.compare = (_, { sids }) => void kept.push(sids);
    world.both();
    world.bring("fresh", 1, "a");
    world.overlap.stays(link, stragglers, 1);
    expect(kept).toEqual([]);
    for (let i = 0; i < 2; i++) {
      const entry = world.both();
      entry.crossing = { ...entry.crossing!, isNew: true };
    }
    world.bring("old", 2, "a");
    world.bring("fresh", 3, "a");
    world.overlap.stays(link, stragglers, 1);
    expect(kept).toEqual([new Set([3])]);
  });

  it("a drained one gets what the old link has, and nothing more, unless that is being left already", () => {
    for (const isLeft of [false, true]) {
      const world = new OverlapWorld();
      world.both();
      world.bring("fresh", 1, "a");
      if (isLeft) world.overlap.leaving();
      world.overlap.drains(1);
      world.overlap.release();
      expect(world.delivered).toEqual(isLeft ? ["1 a"] : []);
    }
  });

  it("probes are told, and delivered to nobody", () => {
    const world = new OverlapWorld();
    for (const by of ["fresh", "trailing"] as const) world.bring(by, PROBE_SID, "");
    expect([world.told, world.delivered]).toEqual([["probe NaN", "probe NaN"], []]);
  });

  it("what is held is a copy: the read that it came in may be used again", () => {
    const world = new OverlapWorld();
    world.both();
    const buf = Buffer.from("sabc");
    world.overlap.fresh.onMessage(buf, 1, 0, 1, 0, 0, 1, 1, 4);
    buf.fill("z");
    world.overlap.release();
    expect(world.delivered).toEqual(["1 abc"]);
  });
});

describe("behind the old link's end", () => {
  it("what the new one brings is still counted: its server does so as well", () => {
    const world = new OverlapWorld();
    const { crossing } = world.both();
    for (const by of ["old", "fresh", "trailing"] as const) world.bring(by, 1, by);
    expect(crossing?.fresh).toBe(2);
  });

  it("what it had brought, and the new one brings late, is not delivered again, once each", () => {
    const world = new OverlapWorld();
    world.both();
    world.overlap.proven(Number.POSITIVE_INFINITY);
    world.bring("old", 1, "a");
    world.overlap.closing();
    world.overlap.leaving();
    world.overlap.release();
    for (const payload of ["a", "a", "b"]) world.bring("trailing", 1, payload);
    expect(world.delivered).toEqual(["1 a", "1 a", "1 b"]);
    expect(world.overlap.twins).toBe(1);
  });

  it("what it had brought first to a subscription that neither link has from before is not delivered again", () => {
    const world = new OverlapWorld();
    const entry = world.both();
    entry.crossing = { ...entry.crossing!, isNew: true };
    world.bring("old", 1, "a");
    world.bring("trailing", 1, "a");
    expect(world.delivered).toEqual(["1 a"]);
  });

  it("what was a twin at the release is not one again", () => {
    const world = new OverlapWorld();
    world.both();
    world.overlap.proven(Number.POSITIVE_INFINITY);
    world.bring("old", 1, "a");
    world.bring("fresh", 1, "a");
    world.overlap.closing();
    world.overlap.leaving();
    world.overlap.release();
    world.bring("trailing", 1, "a");
    expect(world.delivered).toEqual(["1 a", "1 a"]);
  });
});

// Every byte of 64 MiB is looked at, which takes a busy machine seconds.
describe("more than can be remembered", { timeout: 30_000 }, () => {
  /** Brings a MiB per message, with numbers behind `from`. */
  function flood(world: OverlapWorld, by: "old" | "fresh", count: number, from = 0): void {
    for (let i = 0; i < count; i++) world.bring(by, 1, from + i + "x".repeat(1 << 20));
  }

  it("is told, while the old link can stay", () => {
    const world = new OverlapWorld();
    world.both();
    flood(world, "old", 63);
    expect(world.told).toEqual([]);
    flood(world, "fresh", 1, 63);
    expect(world.told).toEqual(["too much"]);
  });

  it("is delivered at once when the new link is in use: what was held comes first, and nothing is lost", () => {
    const world = new OverlapWorld();
    world.both();
    world.overlap.closing();
    world.hasFollowed = true;
    flood(world, "fresh", 66);
    expect(world.told).toEqual([]);
    expect(world.delivered.map((line) => Number.parseInt(line.slice(2), 10))).toEqual([...Array(66).keys()]);
    // And no more is remembered.
    expect(world.seen.size).toBe(64);
  });

  it("comes by the new link alone from then on, without what the old one had brought", () => {
    const world = new OverlapWorld();
    world.both();
    world.overlap.proven(0);
    world.hasFollowed = true;
    world.bring("old", 1, "before");
    flood(world, "fresh", 64);
    world.delivered.length = 0;
    for (const text of ["before", "after"]) {
      world.bring("fresh", 1, text);
      world.bring("old", 1, text);
    }
    expect(world.delivered).toEqual(["1 after"]);
  });

  it("comes by the old link where the new one has it not, or ends", () => {
    const world = new OverlapWorld();
    world.both();
    const drained = world.both();
    const alone = world.table.add("s", undefined, undefined, new Sink());
    alone.crossing = { joined: undefined, isOnBoth: false, isNew: false, fresh: 0 };
    world.hasFollowed = true;
    world.overlap.drains(drained.sid);
    flood(world, "fresh", 66);
    world.delivered.length = 0;
    for (const { sid } of [drained, alone]) world.bring("old", sid, "x");
    expect(world.delivered).toEqual([`${drained.sid} x`, `${alone.sid} x`]);
  });

  it("begins with the number of messages where they are small; much is told before the new link is subscribed", () => {
    const world = new OverlapWorld();
    let long = 0;
    world.onLong = () => void long++;
    world.both();
    for (let i = 0; i < 49_999; i++) world.bring("old", 1, "");
    expect(long).toBe(0);
    world.bring("old", 1, "");
    expect(long).toBe(1);
    world.overlap.joining();
    for (let i = 0; i < 150_000; i++) world.bring("old", 1, "");
    expect([long, world.told]).toEqual([1, []]);
    world.bring("old", 1, "");
    expect(world.told).toEqual(["too much"]);
  });
});
