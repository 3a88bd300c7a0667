import { describe, expect, it } from "vitest";
import type { CodedError } from "../errors.js";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { code, EngineWorld, Sink } from "../testing/worlds/engine-world.js";
import { namedOverflow, type Overflow } from "./overflow.js";
import type { PublishWishes } from "./publish-wishes.js";
import { serverError } from "./server-errors.js";

/** Encoded bytes of a message to `a` of `0123456789`. */
const FRAME = 22;

function publish(world: EngineWorld, subject: string, wishes: PublishWishes = {}): boolean {
  return world.engine.publish(subject, "0123456789", "", undefined, wishes);
}

/** An engine in an outage that began at 5,000 ms. */
function outage(options: Partial<typeof OPTIONS> = {}, urls = "a b"): EngineWorld {
  const world = new EngineWorld(urls, options).start();
  world.now = 5000;
  world.die();
  world.events.length = 0;
  return world;
}

const lostOf = (world: EngineWorld) => world.told("messageLost").flatMap(({ messages }) => messages);

describe("a ttl", () => {
  it("drops what waits in an outage at its time, tells it, and who waits for it hears", () => {
    const world = outage({}, "a");
    const outcomes: string[] = [];
    publish(world, "short", { expiresAt: world.now + 300 });
    world.engine.confirmLast((outcome) => outcomes.push(outcome));
    publish(world, "long");
    world.pump();
    world.pass(299);
    expect(outcomes).toEqual([]);
    world.pass(1);
    expect(outcomes).toEqual(["dropped"]);
    expect(lostOf(world)).toMatchObject([
      { subject: "short", size: 10, age: 300, reason: "ttl", maybeDelivered: false },
    ]);
    expect(world.engine.books).toMatchObject({ dropped: 1, pending: 1 });
  });

  it("makes room in the outage's buffer", () => {
    const world = outage({ maxBufferedMessages: 1 }, "a");
    publish(world, "short", { expiresAt: world.now + 300 });
    world.pump();
    expect(code(() => publish(world, "next"))).toBe("BUFFER_FULL");
    world.pass(300);
    expect(code(() => publish(world, "next"))).toBeUndefined();
  });

  it("is looked at before a link gets the window, although no timer has fired", () => {
    const world = outage();
    publish(world, "late", { expiresAt: world.now + 300 });
    publish(world, "kept");
    world.pump();
    world.now += 400;
    const said = world.accept();
    expect(said).not.toContain("late");
    expect(said).toContain("PUB kept");
  });

  it("of what died with its link drops it instead of writing it again: a server may have got it", () => {
    const world = new EngineWorld("a b").start();
    publish(world, "late", { expiresAt: 300 });
    publish(world, "kept");
    world.pump();
    world.pass(400);
    expect(world.engine.books.dropped).toBe(0);
    world.die();
    expect(lostOf(world)).toMatchObject([{ subject: "late", reason: "ttl", maybeDelivered: true }]);
    expect(world.accept().match(/PUB \w+/g)).toEqual(["PUB kept"]);
    expect(world.engine.books.balanced).toBe(true);
  });

  it("is not among what the events say will be written again", () => {
    const world = new EngineWorld("a b").start();
    publish(world, "late", { expiresAt: 300 });
    publish(world, "later", { expiresAt: 5000 });
    publish(world, "kept");
    world.pump();
    world.pass(400);
    world.die();
    expect(world.told("disconnect")).toMatchObject([{ unconfirmed: 2, abandoned: 0 }]);
    world.now = 6000;
    expect(world.accept().match(/PUB \w+/g)).toEqual(["PUB kept"]);
    expect(world.told("reconnect")).toMatchObject([{ replayed: 1 }]);
    expect(world.engine.books.replayed).toBe(1);
  });

  it("keeps no timer when nothing has one", () => {
    const world = new EngineWorld("a", { liveness: { ...OPTIONS.liveness, pingInterval: 0 } }).start();
    publish(world, "a", { expiresAt: 1000 });
    world.engine.confirmLast(() => {});
    world.pump();
    world.serve("PONG\r\n");
    world.pass(1000);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a buffer that overflows", () => {
  it("is told once for a turn, with the policy's name, also when the messages were rejected", () => {
    const world = outage({ maxBufferedMessages: 2 });
    for (let i = 0; i < 2; i++) publish(world, "a");
    for (let i = 0; i < 3; i++) expect(code(() => publish(world, "a"))).toBe("BUFFER_FULL");
    world.pump();
    expect(world.told("overflow")).toEqual([
      { type: "overflow", policy: "reject", messages: 3, bytes: 3 * FRAME },
    ]);
    world.pump();
    expect(world.told("overflow")).toHaveLength(1);
  });

  it("drops the oldest when that is wanted, and tells both", () => {
    const world = outage({ maxBufferedMessages: 2, overflow: namedOverflow("drop-oldest") });
    for (const subject of ["one", "two", "three"]) publish(world, subject);
    world.pump();
    expect(lostOf(world)).toMatchObject([{ subject: "one", reason: "drop-oldest", maybeDelivered: false }]);
    expect(world.told("overflow")).toMatchObject([{ policy: "drop-oldest", messages: 1 }]);
    expect(world.accept().match(/PUB \w+/g)).toEqual(["PUB two", "PUB three"]);
    expect(world.engine.books.balanced).toBe(true);
  });

  it("drops the newest when that is wanted: publish() says false, and who waits for it hears", () => {
    const world = outage({ maxBufferedMessages: 1, overflow: namedOverflow("drop-newest") });
    expect(publish(world, "one")).toBe(true);
    expect(publish(world, "two")).toBe(false);
    const outcomes: string[] = [];
    world.engine.confirmLast((outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual(["dropped"]);
    world.pump();
    expect(lostOf(world)).toMatchObject([{ subject: "two", reason: "drop-newest", maybeDelivered: false }]);
    expect(world.engine.books).toMatchObject({ accepted: 2, pending: 1, dropped: 1 });
  });

  it("hands over to an overflow of the application's, whose own messages go in when there is room", () => {
    const taken: string[] = [];
    const overflow: Overflow & { engaged: boolean } = {
      name: "disk",
      engaged: false,
      offer: ({ subject }) => {
        taken.push(subject);
        return "taken";
      },
    };
    const world = outage({ maxBufferedMessages: 1, overflow });
    publish(world, "one");
    publish(world, "two");
    overflow.engaged = true;
    world.accept();
    expect(publish(world, "three")).toBe(false);
    for (const subject of taken.splice(0)) publish(world, subject, { bypassOverflow: true });
    world.pump();
    expect(
      world
        .read()
        .match(/PUB \w+/g)
        ?.slice(-2),
    ).toEqual(["PUB two", "PUB three"]);
    expect(world.engine.books).toMatchObject({ accepted: 3, overflowed: 2, rejected: 0 });
    expect(world.engine.books.balanced).toBe(true);
  });

  it("never counts what the ends of messages have freed twice (rejections and room agree)", () => {
    const world = outage({ reconnectBufSize: 3 * FRAME, overflow: namedOverflow("drop-oldest") });
    for (let i = 0; i < 100; i++) publish(world, "a", { expiresAt: world.now + (i % 7) });
    world.pump();
    world.pass(10);
    expect(world.engine.books.pending).toBe(0);
    expect(world.engine.intake.outage).toMatchObject({ bytes: 0, messages: 0 });
  });
});

describe("the level of the buffer", () => {
  it("is told when it is nearly full, and when it has room again", () => {
    const world = outage({ maxBufferedMessages: 10 });
    for (let i = 0; i < 7; i++) publish(world, "a");
    world.pump();
    expect(world.told("buffer")).toEqual([]);
    publish(world, "a");
    world.pump();
    expect(world.told("buffer")).toEqual([{ type: "buffer", level: "high" }]);
    world.accept();
    world.pass(10);
    world.serve("PONG\r\n");
    expect(world.told("buffer").map(({ level }) => level)).toEqual(["high", "normal"]);
  });
});

describe("a message for which servers end the connection", () => {
  /** Servers that answer, and end the link when they are sent `culprit`; returns how many turns it took. */
  function run(world: EngineWorld, error: CodedError): number {
    const { engine } = world;
    let turns = 0;
    for (; engine.books.pending > 0 && turns < 300; turns++) {
      const link = engine.session.link(world.epoch);
      if (link === undefined) {
        world.pass(1000);
        continue;
      }
      if (link.phase === "dialing") {
        world.info();
        engine.session.authenticate(world.epoch, {}, world.now);
        world.pump();
      }
      const said = world.read();
      if (said.includes("PUB culprit")) {
        world.serve(`-ERR '${error.message}'\r\n`);
        // In a handshake the error alone is the end of the link, and the next is dialled.
        if (world.engine.session.link(world.epoch) === link) world.closeSocket(undefined);
      } else {
        world.serve("PONG\r\n".repeat(said.match(/^PING/gm)?.length ?? 0));
        world.pass(10);
      }
    }
    return turns;
  }

  it.each(["Unknown Protocol Operation", "Some New Error"])(
    "is dropped as poison, and the rest is confirmed (%s)",
    (text) => {
      const world = new EngineWorld("a b").start();
      for (let i = 0; i < 9; i++) publish(world, i === 4 ? "culprit" : `fine${i}`);
      world.pump();
      expect(run(world, serverError(text))).toBeLessThan(300);
      expect(lostOf(world)).toMatchObject([{ subject: "culprit", reason: "poison", maybeDelivered: true }]);
      expect(world.engine.books).toMatchObject({ confirmed: 8, dropped: 1, pending: 0 });
      expect(world.engine.books.balanced).toBe(true);
    },
  );

  it.each([
    ["Unknown Protocol Operation", 3],
    ["Some New Error", 4],
  ])("is convicted alone by as many errors as it takes to be sure: %s, %i", (text, errors) => {
    const world = new EngineWorld("a b").start();
    publish(world, "culprit");
    world.pump();
    run(world, serverError(text));
    expect(lostOf(world)).toMatchObject([{ subject: "culprit", reason: "poison" }]);
    expect(world.told("disconnect").length + world.told("attemptFailed").length).toBe(errors);
  });
});

describe("the pace of a replay", () => {
  it("holds back what is behind the first message of 30 kB until the server confirms", () => {
    const world = new EngineWorld("a b").start();
    for (let i = 0; i < 40; i++) world.publish("a", Buffer.alloc(30_000));
    world.pump();
    world.now = 5000;
    world.die();
    world.publish("new");
    const written = world.accept().length;
    expect(written).toBeGreaterThan(30_000);
    expect(written).toBeLessThan(31_000);
    let rounds = 0;
    for (; world.engine.books.pending > 0 && rounds < 100; rounds++) {
      world.serve("PONG\r\n");
      world.pass(10);
    }
    expect(world.engine.books).toMatchObject({ confirmed: 41, pending: 0, replayed: 40 });
  });
});

describe("maxPending", () => {
  // Found by the simulator, seed 3031487.
  it("bears a new burst as soon as the last one is confirmed, also when SUB lines cross the mark first", () => {
    const world = new EngineWorld("a", { maxPending: 100 }).start();
    const { engine } = world;
    engine.publish("a", "x".repeat(150), "", undefined);
    engine.fence(() => {}, 0);
    world.pump();
    engine.handleTurn(0);
    expect(() => engine.publish("a", "x", "", undefined)).toThrow(
      expect.objectContaining({ code: "MAX_PENDING_EXCEEDED" }),
    );
    world.serve("PONG\r\n");
    engine.subscribe("s".repeat(200), undefined, undefined, new Sink());
    expect(() => engine.publish("a", "x", "", undefined)).not.toThrow();
  });
});
