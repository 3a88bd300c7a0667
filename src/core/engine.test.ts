import { describe, expect, it } from "vitest";
import { CodedError } from "../errors.js";
import { EngineWorld, Sink } from "../testing/worlds/engine-world.js";

describe("connecting", () => {
  it("says CONNECT and PING, then the subscriptions and PING, and stands with the second PONG", () => {
    const world = new EngineWorld();
    world.engine.session.start(0);
    world.engine.subscribe("s.*", "q", undefined, new Sink());
    world.pump();
    expect(world.engine.state).toBe("connecting");
    const said = world.accept();
    expect(said).toMatch(/^CONNECT \{.*\}\r\nPING\r\nSUB s\.\* q 1\r\nPING\r\n$/);
    expect(world.engine.state).toBe("connected");
    expect(world.told("connect")).toEqual([{ type: "connect", server: "a:4222" }]);
  });

  it("publishes nothing before the server has taken CONNECT and the subscriptions are on their way", () => {
    const world = new EngineWorld("a", { retryFirst: true });
    world.engine.session.start(0);
    world.publish("early");
    world.pump();
    world.info();
    expect(world.read()).toBe("");
    world.engine.session.authenticate(world.epoch, {}, 0);
    world.pump();
    expect(world.read()).not.toContain("PUB");
    world.serve("PONG\r\n");
    expect(world.read()).toMatch(/^PING\r\nPUB early 1\r\nx\r\n/);
  });

  it.each([
    [
      "speaks garbage",
      (world: EngineWorld) => world.serve("HTTP/1.1 400 Bad Request\r\n\r\n"),
      "PROTOCOL_ERROR",
    ],
    ["closes at once", (world: EngineWorld) => world.closeSocket(undefined), "CONNECTION_REFUSED"],
    ["sends an INFO that is none", (world: EngineWorld) => world.serve("INFO [1]\r\n"), "PROTOCOL_ERROR"],
    ["sends nothing", (world: EngineWorld) => world.pass(5000), "TIMEOUT"],
    [
      "sends INFO and hangs",
      (world: EngineWorld) => {
        world.info();
        world.engine.session.authenticate(world.epoch, {}, 0);
        world.pass(5000);
      },
      "TIMEOUT",
    ],
    [
      "says -ERR to CONNECT",
      (world: EngineWorld) => {
        world.info();
        world.engine.session.authenticate(world.epoch, {}, 0);
        world.serve("-ERR 'Authorization Violation'\r\n");
      },
      "AUTHORIZATION_VIOLATION",
    ],
    [
      "cannot be given credentials",
      (world: EngineWorld) => {
        world.info();
        world.engine.session.authenticate(world.epoch, new CodedError("AUTHENTICATOR_FAILED", "no"), 0);
        world.pump();
      },
      "AUTHENTICATOR_FAILED",
    ],
  ])("goes on to the next server when one %s", (_what, fail, wanted) => {
    const world = new EngineWorld("a b");
    world.engine.session.start(0);
    world.pump();
    world.engine.session.handleOpen(world.epoch, 0);
    fail(world);
    expect(world.done.filter((line) => line.startsWith("dial"))).toEqual(["dial a", "dial b"]);
    expect(world.done).toContain("reset 1");
    expect(world.told("attemptFailed")[0]).toMatchObject({ server: "a:4222", error: { code: wanted } });
    world.accept();
    expect(world.engine.state).toBe("connected");
    expect(world.now).toBeLessThanOrEqual(5000);
  });

  it("gives up with the last error when no server can be reached", () => {
    const world = new EngineWorld("a b");
    world.engine.session.start(0);
    world.pump();
    world.die();
    const last = new CodedError("CONNECTION_REFUSED", "the last");
    world.die(last);
    expect(world.engine.state).toBe("closed");
    expect(world.told("close")).toMatchObject([{ error: last }]);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });

  it("hears nothing any more of a link that was given up: input of an older epoch is dropped", () => {
    const world = new EngineWorld("a b");
    world.engine.session.start(0);
    world.pump();
    const old = world.epoch;
    world.die();
    world.accept();
    const before = world.engine.books.confirmed;
    world.engine.session.handleOpen(old, 0);
    world.serve("-ERR 'Stale Connection'\r\nnonsense\r\nPONG\r\nMSG a 1 1\r\nx\r\n", old);
    world.engine.session.authenticate(old, {}, 0);
    world.engine.session.handleClosed(old, undefined, 0);
    expect(world.engine.nextOutput(old, 0)).toBe(false);
    world.pump();
    expect(world.engine.state).toBe("connected");
    expect(world.engine.books.confirmed).toBe(before);
    expect(world.engine.continuity.inMsgs).toBe(0);
  });
});

describe("a link that stands", () => {
  it("confirms what was published, after confirmInterval at the latest", () => {
    const world = new EngineWorld().start();
    world.publish("a");
    world.pump();
    expect(world.read()).toBe("PUB a 1\r\nx\r\n");
    world.pass(10);
    expect(world.read()).toBe("PING\r\n");
    world.serve("PONG\r\n");
    expect(world.engine.books).toMatchObject({ accepted: 1, confirmed: 1, pending: 0 });
    expect(world.engine.outbound.window.held).toBe(0);
  });

  it("confirms at once when someone waits for it", () => {
    const world = new EngineWorld().start();
    const told: string[] = [];
    world.publish("a");
    world.engine.confirmLast((outcome) => told.push(outcome));
    world.pump();
    expect(world.read()).toBe("PUB a 1\r\nx\r\nPING\r\n");
    expect(told).toEqual([]);
    world.serve("PONG\r\n");
    expect(told).toEqual(["confirmed"]);
  });

  it("confirms nothing by a PONG that answers something else", () => {
    const world = new EngineWorld().start();
    const rtts: number[] = [];
    world.engine.ping((rtt) => rtts.push(rtt), 0);
    world.publish("a");
    world.engine.confirmLast(() => {});
    world.pump();
    world.now = 3;
    world.serve("PONG\r\n");
    expect(rtts).toEqual([3]);
    expect(world.engine.books.confirmed).toBe(0);
    world.serve("PONG\r\n");
    expect(world.engine.books.confirmed).toBe(1);
    world.serve("PONG\r\nPONG\r\n");
    expect(world.engine.state).toBe("connected");
  });

  it("answers PING with PONG", () => {
    const world = new EngineWorld().start();
    world.serve("PING\r\n");
    expect(world.read()).toBe("PONG\r\n");
  });

  it("counts a refused message as refused, and tells who waits for it", () => {
    const world = new EngineWorld().start();
    const told: string[] = [];
    world.publish("denied");
    world.engine.confirmLast((outcome) => told.push(outcome));
    world.publish("fine");
    world.pump();
    world.serve("-ERR 'Permissions Violation for Publish to \"denied\"'\r\nPONG\r\n");
    expect(told).toEqual(["refused"]);
    expect(world.engine.books).toMatchObject({ refused: 1, confirmed: 1 });
    expect(world.told("error")).toMatchObject([{ error: { code: "PERMISSIONS_VIOLATION" } }]);
    expect(world.engine.state).toBe("connected");
  });

  it("ends a refused subscription with the server's error", () => {
    const world = new EngineWorld().start();
    const sink = new Sink();
    world.engine.subscribe("a", undefined, undefined, sink);
    world.pump();
    world.serve("-ERR 'Permissions Violation for Subscription to \"a\"'\r\n");
    expect(sink.ends).toMatchObject([{ code: "PERMISSIONS_VIOLATION" }]);
    expect(world.engine.subscriptions.size).toBe(0);
  });

  it("is not given up because a large message follows a long silence and takes a moment to write", () => {
    const world = new EngineWorld().start();
    world.pass(15_000);
    world.blocked = true;
    world.publish("a", Buffer.alloc(1024 * 1024 - 100));
    world.pump();
    world.pass(4000);
    expect(world.told("stale")).toEqual([]);
    expect(world.engine.state).toBe("connected");
    world.pass(2000);
    expect(world.told("stale")).toHaveLength(1);
  });
});

describe("signs of life", () => {
  it("are all bytes that come in: a link on which messages flow is not stale for want of PONGs", () => {
    const options = {
      liveness: { pingInterval: 1000, maxPingOut: 2, stallTimeout: 0, flusherTimeout: 60_000 },
    };
    const world = new EngineWorld("a", options).start();
    for (let i = 0; i < 20; i++) {
      world.pass(900);
      world.serve("MSG nobody 99 1\r\nx\r\n");
    }
    expect(world.told("stale")).toEqual([]);
    world.pass(3000);
    expect(world.told("stale")).toEqual([{ type: "stale", server: "a:4222" }]);
    expect(world.told("disconnect")).toMatchObject([{ error: { code: "STALE_CONNECTION" } }]);
  });
});

describe("pacing", () => {
  it("publish() says no above the high-water mark, and `writable` is told once, at half of it", () => {
    const world = new EngineWorld("a", { highWater: 1000 }).start();
    const publish = () => world.engine.publish("a", "x".repeat(90), "", undefined, undefined);
    let count = 0;
    while (publish()) {
      count++;
      world.engine.sendFence();
    }
    expect(world.engine.writable).toBe(false);
    expect(world.engine.pendingBytes).toBeGreaterThan(1000);
    world.engine.awaitWritable();
    world.pump();
    let confirmed = 0;
    while (world.told("writable").length === 0) {
      expect(world.engine.pendingBytes).toBeGreaterThan(500);
      world.serve("PONG\r\n");
      confirmed++;
    }
    expect(confirmed).toBeLessThan(count);
    world.serve("PONG\r\n".repeat(3));
    expect(world.told("writable")).toHaveLength(1);
  });

  it("who waits for it hears of the end as well", () => {
    const world = new EngineWorld().start();
    world.engine.close(undefined, 0);
    world.pump();
    expect(world.told("writable")).toHaveLength(1);
  });
});
