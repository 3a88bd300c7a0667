import { describe, expect, it } from "vitest";
import { FRAME, IntakeWorld } from "../testing/worlds/intake-world.js";
import { Kind } from "../wire/frame.js";
import { Admitted } from "./intake.js";
import { namedOverflow, type Overflow, type OverflowDecision, type OverflowMessage } from "./overflow.js";

const { Append, Dropped, Taken } = Admitted;
const full = expect.objectContaining({ code: "BUFFER_FULL" });

/** An overflow that decides as it is told, and remembers what it was offered. */
function own(decision: OverflowDecision, engaged = false) {
  const offered: OverflowMessage[] = [];
  const overflow = {
    name: "mine",
    engaged,
    decision,
    offer(message: OverflowMessage): OverflowDecision {
      offered.push(message);
      return overflow.decision;
    },
  };
  return { overflow, offered };
}

/** Room for three messages, and three in it: `old0` to `old2`. */
function crowded(limits: object, overflow: Overflow): IntakeWorld {
  const world = new IntakeWorld({ ...limits, overflow });
  for (let i = 0; i < 3; i++) world.put("0123456789", `old${i}`);
  return world;
}

/** A frame to `old0` takes three bytes more than one to `a`. */
const LIMITS: [string, object][] = [
  ["bytes", { reconnectBufSize: 3 * (FRAME + 3) }],
  ["messages", { maxBufferedMessages: 3 }],
];

describe.each(LIMITS)("an outage's buffer that is full by %s", (_by, limits) => {
  it("rejects with reject: what waits is never evicted", () => {
    const world = crowded(limits, namedOverflow("reject"));
    expect(() => world.put()).toThrow(full);
    expect(world.books).toMatchObject({ accepted: 3, pending: 3, rejected: 1 });
    expect(world.waiting()).toEqual(["old0", "old1", "old2"]);
  });

  it("drops the oldest with drop-oldest, as many as are needed", () => {
    const world = crowded(limits, namedOverflow("drop-oldest"));
    for (let i = 0; i < 5; i++) expect(world.put("0123456789", `new${i}`)).toBe(Append);
    expect(world.dropped).toEqual([
      "drop-oldest old0",
      "drop-oldest old1",
      "drop-oldest old2",
      "drop-oldest new0",
      "drop-oldest new1",
    ]);
    expect(world.waiting()).toEqual(["new2", "new3", "new4"]);
    expect(world.books).toMatchObject({ accepted: 8, dropped: 5, pending: 3, rejected: 0 });
    expect(world.books.dropReasons["drop-oldest"]).toBe(5);
    expect(world.books.balanced).toBe(true);
  });

  it("drops the message itself with drop-newest, accepted and told", () => {
    const world = crowded(limits, namedOverflow("drop-newest"));
    world.lost.audience = { has: () => true };
    expect(world.put("the newest", "new")).toBe(Dropped);
    expect(world.waiting()).toEqual(["old0", "old1", "old2"]);
    expect(world.books).toMatchObject({ accepted: 4, dropped: 1, droppedBytes: 10, pending: 3 });
    expect(world.books.dropReasons["drop-newest"]).toBe(1);
    expect(world.books.balanced).toBe(true);
    const [lost] = world.lost.take()!;
    expect(lost).toMatchObject({ subject: "new", size: 10, reason: "drop-newest", maybeDelivered: false });
    expect(Buffer.from(lost.data!).toString()).toBe("the newest");
  });

  it("leaves it to an overflow of the application's, which is told all about the message", () => {
    const { overflow, offered } = own("taken");
    const world = crowded(limits, overflow);
    const entry = world.intake.subjects.get("new");
    const headers = Buffer.from("NATS/1.0\r\nA: b\r\n\r\n");
    const payload = Buffer.from("payload");
    expect(world.intake.admit(world.window, Kind.Data, entry, "reply", headers, payload)).toBe(Taken);
    const bytes = "HPUB new reply 18 25\r\n".length + 25 + 2;
    expect(offered).toEqual([
      {
        subject: "new",
        reply: "reply",
        headers,
        payload,
        bytes,
        ttl: undefined,
        replay: true,
        critical: false,
        own: false,
      },
    ]);
    expect(world.books).toMatchObject({ accepted: 3, overflowed: 1, rejected: 0, pending: 3 });
    overflow.decision = "reject";
    expect(() => world.put()).toThrow(full);
    overflow.decision = "drop-oldest";
    expect(world.put("0123456789", "newest")).toBe(Append);
    expect(world.dropped[0]).toBe("drop-oldest old0");
    overflow.decision = "drop-newest";
    expect(world.put("0123456789", "newest")).toBe(Dropped);
    expect(world.books.balanced).toBe(true);
  });

  it.each(["drop-oldest", "drop-newest", "taken"] as const)(
    "rejects requests and JetStream's control messages, whatever the overflow would say (%s)",
    (decision) => {
      const { overflow, offered } = own(decision);
      const world = crowded(limits, overflow);
      for (const kind of [Kind.Request, Kind.SafeRequest, Kind.Control, Kind.Pull]) {
        expect(() => world.put("0123456789", "r", kind)).toThrow(full);
      }
      expect(offered).toEqual([]);
      expect(world.books).toMatchObject({ accepted: 3, rejected: 4 });
    },
  );

  it("drops no request to make room", () => {
    const world = new IntakeWorld({ ...limits, overflow: namedOverflow("drop-oldest") });
    for (let i = 0; i < 2; i++) world.put("0123456789", `ask${i}`, Kind.Request);
    world.put("0123456789", "old2");
    expect(world.put("0123456789", "new0")).toBe(Append);
    expect(world.dropped).toEqual(["drop-oldest old2"]);
    expect(world.waiting()).toEqual(["ask0", "ask1", "new0"]);
  });

  it("drops the newest when nothing older may go: they are requests", () => {
    const world = new IntakeWorld({ ...limits, overflow: namedOverflow("drop-oldest") });
    for (let i = 0; i < 3; i++) world.put("0123456789", `ask${i}`, Kind.Request);
    expect(world.put()).toBe(Dropped);
    expect(world.books).toMatchObject({ rejected: 0, dropped: 1, pending: 3, balanced: true });
    expect(world.books.dropReasons["drop-newest"]).toBe(1);
  });

  it("drops the newest while the next link has all older ones already, and is not confirmed yet", () => {
    const world = crowded(limits, namedOverflow("drop-oldest"));
    world.write();
    expect(world.put("0123456789", "new0")).toBe(Dropped);
    expect(world.dropped).toEqual([]);
    expect(world.books).toMatchObject({ rejected: 0, dropped: 1, pending: 3, balanced: true });
  });

  it("does not drop what was accepted before the outage: it does not count against the limit", () => {
    const world = new IntakeWorld({ ...limits, overflow: namedOverflow("drop-oldest") });
    world.connect();
    world.put("0123456789", "early");
    world.lose();
    for (let i = 0; i < 4; i++) world.put("0123456789", `new${i}`);
    expect(world.dropped).toEqual(["drop-oldest new0"]);
    expect(world.waiting()).toEqual(["early", "new1", "new2", "new3"]);
  });

  it("counts every message that found no room, for one event", () => {
    const world = crowded(limits, namedOverflow("drop-oldest"));
    expect(world.intake.overflowed.take()).toBeUndefined();
    for (let i = 0; i < 3; i++) world.put();
    const found = world.intake.overflowed.take()!;
    expect(found.bytes).toBe(found.messages * FRAME);
    expect(found.messages).toBeGreaterThan(0);
    expect(world.intake.overflowed.take()).toBeUndefined();
  });
});

describe("a message larger than the whole buffer", () => {
  it("is rejected, and nothing is dropped for it", () => {
    const world = crowded({ reconnectBufSize: 3 * (FRAME + 3) }, namedOverflow("drop-oldest"));
    expect(() => world.put("x".repeat(1000))).toThrow(full);
    expect(world.dropped).toEqual([]);
    expect(world.books.pending).toBe(3);
  });
});

describe("over maxPending while connected", () => {
  const exceeded = expect.objectContaining({ code: "MAX_PENDING_EXCEEDED" });

  function loaded(overflow: Overflow): IntakeWorld {
    const world = new IntakeWorld({ maxPending: 3 * (FRAME + 3), overflow });
    world.connect();
    for (let i = 0; i < 3; i++) world.put("0123456789", `old${i}`);
    world.turn();
    return world;
  }

  it("drop-oldest drops what is not on the link, and never what is", () => {
    const world = loaded(namedOverflow("drop-oldest"));
    expect(world.put("0123456789", "new0")).toBe(Append);
    expect(world.dropped).toEqual(["drop-oldest old0"]);
    expect(world.window.bytes).toBeLessThanOrEqual(3 * (FRAME + 3));
    world.write();
    expect(() => world.put("0123456789", "new1")).toThrow(exceeded);
    expect(world.books.balanced).toBe(true);
  });

  it("drop-oldest begins a new burst when it has come below the mark", () => {
    const world = loaded(namedOverflow("drop-oldest"));
    expect(world.put("", "new")).toBe(Append);
    expect(world.dropped).toHaveLength(1);
    // What is written beside messages, such as a SUB, may cross the mark before the next one is published.
    world.window.appendProtocol(Buffer.alloc(FRAME), 0);
    expect(world.put("", "new")).toBe(Append);
    expect(world.dropped).toHaveLength(1);
    world.turn();
    expect(world.put("", "new")).toBe(Append);
    expect(world.dropped).toHaveLength(2);
  });

  it("drop-newest and an overflow of the application's work as in an outage", () => {
    const newest = loaded(namedOverflow("drop-newest"));
    expect(newest.put()).toBe(Dropped);
    const { overflow, offered } = own("taken");
    const taken = loaded(overflow);
    expect(taken.put()).toBe(Taken);
    expect(offered).toHaveLength(1);
    expect(() => taken.put("0123456789", "r", Kind.Request)).toThrow(exceeded);
  });
});

describe("an engaged overflow", () => {
  it("is offered every message, also when there is room: what it holds goes out first", () => {
    for (const connected of [false, true]) {
      const { overflow, offered } = own("taken", true);
      const world = new IntakeWorld({ overflow });
      if (connected) world.connect();
      expect(world.put()).toBe(Taken);
      expect(world.books).toMatchObject({ accepted: 0, overflowed: 1 });
      overflow.engaged = false;
      expect(world.put()).toBe(Append);
      expect(offered).toHaveLength(1);
    }
  });

  it("is not offered its own messages, nor requests and control messages", () => {
    for (const connected of [false, true]) {
      const { overflow, offered } = own("taken", true);
      const world = new IntakeWorld({ overflow });
      if (connected) world.connect();
      expect(world.put("0123456789", "a", Kind.Data, true)).toBe(Append);
      for (const kind of [Kind.Request, Kind.SafeRequest, Kind.Control, Kind.Pull]) {
        expect(world.put("0123456789", "a", kind)).toBe(Append);
      }
      expect(offered).toEqual([]);
    }
  });

  it("is asked about its own message like about any other when there is no room", () => {
    const { overflow, offered } = own("reject", true);
    const world = new IntakeWorld({ maxBufferedMessages: 1, overflow });
    world.put("0123456789", "a", Kind.Data, true);
    expect(() => world.put("0123456789", "a", Kind.Data, true)).toThrow(full);
    expect(offered).toHaveLength(1);
  });

  it("lets a message pass as if it were not there: where there is room, and told as no overflow", () => {
    for (const connected of [false, true]) {
      const { overflow, offered } = own("pass", true);
      const world = new IntakeWorld({ overflow, maxBufferedMessages: 1, maxPending: FRAME });
      if (connected) world.connect();
      expect(world.put()).toBe(Append);
      expect(world.intake.overflowed.messages).toBe(0);
      // A burst is borne until the event loop has turned.
      world.turn();
      const code = connected ? "MAX_PENDING_EXCEEDED" : "BUFFER_FULL";
      expect(() => world.put()).toThrow(expect.objectContaining({ code }));
      expect(world.intake.overflowed.messages).toBe(1);
      expect(world.waiting()).toEqual(["a"]);
      expect(world.books).toMatchObject({ accepted: 1, rejected: 1, overflowed: 0 });
      expect(offered).toHaveLength(2);
    }
  });

  it("that takes a message although there is room is not told as an overflow", () => {
    const { overflow } = own("taken", true);
    const world = new IntakeWorld({ overflow, maxBufferedMessages: 1 });
    expect(world.put()).toBe(Taken);
    expect(world.intake.overflowed.messages).toBe(0);
    overflow.decision = "pass";
    world.put();
    overflow.decision = "taken";
    expect(world.put()).toBe(Taken);
    expect(world.intake.overflowed.messages).toBe(1);
  });

  it("is told what is left of a ttl, whether it may be written twice, and whether it is its own", () => {
    const { overflow, offered } = own("taken", true);
    const { intake, window } = new IntakeWorld({ overflow, maxBufferedMessages: 0 });
    const entry = intake.subjects.get("a");
    intake.admit(window, Kind.DataOnce, entry, "", undefined, "x", { ttl: 70, expiresAt: 1e6 });
    intake.admit(window, Kind.Data, entry, "", undefined, "x", { bypassOverflow: true });
    intake.admit(window, Kind.Data, entry, "", undefined, "x");
    expect(offered.map(({ ttl, replay, own }) => ({ ttl, replay, own }))).toEqual([
      { ttl: 70, replay: false, own: false },
      { ttl: undefined, replay: true, own: true },
      { ttl: undefined, replay: true, own: false },
    ]);
  });

  it.each([
    ["reject", "BUFFER_FULL"],
    ["drop-newest", undefined],
  ] as const)("may say %s although there is room", (decision, code) => {
    const { overflow } = own(decision, true);
    const world = new IntakeWorld({ overflow });
    if (code === undefined) expect(world.put()).toBe(Dropped);
    else expect(() => world.put()).toThrow(expect.objectContaining({ code }));
  });

  it("that says drop-oldest although there is room lets the message in, and nothing goes", () => {
    const { overflow } = own("drop-oldest", true);
    const world = new IntakeWorld({ overflow });
    expect(world.put("0123456789", "first")).toBe(Append);
    expect(world.put("0123456789", "second")).toBe(Append);
    expect(world.waiting()).toEqual(["first", "second"]);
  });

  it("that says drop-oldest although there is room lets the message in, while connected", () => {
    const { overflow } = own("drop-oldest", true);
    const world = new IntakeWorld({ overflow });
    world.connect();
    expect(world.put("0123456789", "first")).toBe(Append);
    expect(world.put("0123456789", "second")).toBe(Append);
    expect(world.waiting()).toEqual(["first", "second"]);
  });
});

describe("an overflow that says why it rejects", () => {
  it("is told in place of a limit, for what it has rejected alone", () => {
    const why = new Error("my disk is full");
    const { overflow } = own("reject", true);
    const world = new IntakeWorld({ maxBufferedMessages: 1, overflow: { ...overflow, refusal: () => why } });
    expect(() => world.put()).toThrow(why);
  });

  it("is not asked when it has left the decision to the limits", () => {
    const { overflow } = own("pass");
    const refusal = () => new Error("never asked");
    const world = crowded({ maxBufferedMessages: 3 }, { ...overflow, refusal });
    expect(() => world.put()).toThrow(full);
  });
});
