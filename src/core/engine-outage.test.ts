import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { code, EngineWorld, INFO, Sink } from "../testing/worlds/engine-world.js";

describe("an outage", () => {
  it("is told once; the link is reset; the next server is dialled at once; what was unconfirmed is written again", () => {
    const world = new EngineWorld("a b").start();
    world.engine.subscribe("s", undefined, undefined, new Sink());
    world.publish("one");
    world.pump();
    world.publish("two");
    world.now = 5000;
    world.die();
    expect(world.done.slice(-2)).toEqual(["reset 1", "dial b"]);
    expect(world.told("disconnect")).toMatchObject([{ server: "a:4222", unconfirmed: 1, abandoned: 0 }]);
    world.publish("three");
    world.now = 5200;
    const said = world.accept();
    expect(said.match(/(SUB s|PUB (\w+)|PING)/g)).toEqual([
      "PING",
      "SUB s",
      "PING",
      "PUB one",
      "PUB two",
      "PUB three",
    ]);
    expect(world.told("reconnect")).toMatchObject([
      { server: "b:4222", previous: "a:4222", downtime: 200, attempts: 1, replayed: 1 },
    ]);
    expect(world.engine.books.balanced).toBe(true);
  });

  it.each([
    [0, 32],
    [2000, 8],
  ])("is followed by a replay whose pace is the server's: PONGs %i ms late", (late, messages) => {
    const world = new EngineWorld("a b").start();
    world.die();
    for (let i = 0; i < 100; i++) world.publish("x", Buffer.alloc(988));
    world.accept();
    expect(world.read().match(/PUB/g)).toHaveLength(8);
    world.now += late;
    world.serve("PONG\r\n");
    world.pump();
    expect(world.read().match(/PUB/g)).toHaveLength(messages);
  });

  it("is measured from its own beginning, and its attempts are counted from 1", () => {
    const world = new EngineWorld("a b").start();
    for (const begin of [10_000, 50_000]) {
      world.now = begin;
      world.die();
      world.die();
      world.now = begin + 70;
      world.accept();
    }
    expect(world.told("reconnect")).toMatchObject([
      { downtime: 70, attempts: 2, previous: "a:4222" },
      { downtime: 70, attempts: 2 },
    ]);
    expect(world.told("reconnecting").map(({ attempt }) => attempt)).toEqual([1, 2, 1, 2]);
    expect(world.engine.session.reconnects).toBe(2);
    const [server] = world.pool.all.filter((entry) => entry.lastConnect === 50_000);
    expect(server).toBeDefined();
  });

  it("that is given up goes through disconnected to closed, with the reason", () => {
    const world = new EngineWorld("a", { connector: { ...OPTIONS.connector, maxPasses: 1 } }).start();
    world.now = 5000;
    world.die();
    world.die();
    expect(world.told("state").map(({ transition }) => transition.to)).toEqual([
      "connecting",
      "connected",
      "reconnecting",
      "disconnected",
      "closed",
    ]);
    expect(world.told("close")).toMatchObject([{ error: { code: "MAX_RECONNECT_ATTEMPTS" } }]);
  });

  it("does not block publishing; the buffer is bounded by encoded bytes, to the last one", () => {
    const world = new EngineWorld("a", { reconnectBufSize: 1000 }).start();
    world.publish("before", "x".repeat(5000));
    world.pump();
    world.die();
    let accepted = 0;
    const full = code(() => {
      for (;;) {
        world.publish("abc", "0123456789");
        accepted += "PUB abc 10\r\n0123456789\r\n".length;
      }
    });
    expect(full).toBe("BUFFER_FULL");
    expect(accepted).toBeLessThanOrEqual(1000);
    expect(accepted).toBeGreaterThan(970);
    expect(world.engine.books).toMatchObject({ pending: 1 + accepted / 24 });
  });

  it("goes through all servers without a wait, then waits, and never ends by itself", () => {
    const world = new EngineWorld("a b c").start();
    world.now = 5000;
    world.die();
    for (let i = 0; i < 3; i++) world.die();
    expect(world.done.filter((line) => line.startsWith("dial"))).toEqual([
      "dial a",
      "dial b",
      "dial c",
      "dial a",
    ]);
    expect(world.told("reconnecting").at(-1)).toMatchObject({ server: "", delay: 1000 });
    world.pass(999);
    expect(world.done.at(-1)).toMatch(/^reset/);
    world.pass(1);
    expect(world.done.at(-1)).toMatch(/^dial/);
    expect(world.engine.state).toBe("reconnecting");
  });

  it("ends with a closed connection when reconnecting is switched off [parity 40]", () => {
    const world = new EngineWorld("a", { reconnect: false }).start();
    world.publish("a");
    world.pump();
    world.die();
    expect(world.engine.state).toBe("closed");
    expect(world.told("close")).toMatchObject([{ unconfirmed: 1, dropped: 0 }]);
    expect(world.engine.books.balanced).toBe(true);
  });

  it("a JetStream pull is not accepted into it silently: who waits for it hears that it was dropped", () => {
    const world = new EngineWorld().start();
    world.die();
    const told: string[] = [];
    world.publish("$JS.API.CONSUMER.MSG.NEXT.S.C");
    world.engine.confirmLast((outcome) => told.push(outcome));
    expect(told).toEqual(["dropped"]);
    expect(world.engine.books).toMatchObject({ dropped: 1, pending: 0 });
    world.publish("a");
    world.engine.confirmLast((outcome) => told.push(outcome));
    expect(told).toEqual(["dropped"]);
  });

  it("what the new server would close the connection for is dropped and told", () => {
    const world = new EngineWorld("a b").start();
    world.publish("large", "x".repeat(1000));
    world.publish("small");
    world.die();
    const said = world.accept({ max_payload: 100 });
    expect(said).toContain("PUB small");
    expect(said).not.toContain("PUB large");
    expect(world.told("messageLost")).toMatchObject([
      { messages: [{ subject: "large", size: 1000, reason: "max-payload", maybeDelivered: false }] },
    ]);
  });
});

describe("the hold before a replay", () => {
  it("lets requests and subscriptions through, and the replay when the application says so", () => {
    const world = new EngineWorld("a b", { holdTimeout: 5000 }).start();
    world.publish("kept");
    world.pump();
    world.die();
    const said = world.accept();
    expect(said).not.toContain("kept");
    expect(world.done.at(-1)).toBe(`hold ${world.epoch}`);
    world.read();
    const sink = { onReply() {}, onFail() {} };
    world.engine.request("ready", "", undefined, 1000, sink, 0);
    world.publish("new");
    world.pump();
    expect(world.read()).toMatch(/^SUB _INBOX\.me\.\* 1\r\nPUB ready _INBOX\.me\.1 0\r\n\r\n$/);
    world.engine.session.releaseReplay(world.epoch, 10);
    world.pump();
    expect(world.read().match(/PUB \w+/g)).toEqual(["PUB kept", "PUB new"]);
  });

  it("has a deadline: then the replay goes on, and an error tells", () => {
    const world = new EngineWorld("a b", { holdTimeout: 300 }).start();
    world.publish("kept");
    world.pump();
    world.die();
    world.accept();
    world.read();
    world.pass(299);
    expect(world.read()).toBe("");
    world.pass(1);
    expect(world.read()).toContain("PUB kept");
    expect(world.told("error")).toMatchObject([{ error: { code: "BEFORE_REPLAY_FAILED" } }]);
  });

  it("is not asked for at the first connect", () => {
    const world = new EngineWorld("a", { holdTimeout: 300 }).start();
    expect(world.done.some((line) => line.startsWith("hold"))).toBe(false);
  });
});

describe("lame duck mode", () => {
  it("is told once, however often the server says so, and again by the next server [parity 103, 104]", () => {
    const world = new EngineWorld("a b").start();
    const lame = `INFO ${JSON.stringify({ ...INFO, ldm: true })}\r\n`;
    world.serve(lame);
    world.serve(lame);
    expect(world.told("lameDuck")).toHaveLength(1);
    world.die();
    world.accept();
    world.serve("PONG\r\n");
    world.serve(lame);
    expect(world.told("lameDuck")).toHaveLength(2);
  });
});

describe("a PONG that nobody has asked for", () => {
  it("is told once a link: what was confirmed may not have been taken", () => {
    const world = new EngineWorld("a").start();
    world.serve("PONG\r\n");
    world.serve("PONG\r\nPONG\r\n");
    expect(world.told("error")).toMatchObject([
      {
        error: {
          code: "PROTOCOL_ERROR",
          message: expect.stringContaining("a PONG that nobody had asked for"),
        },
      },
    ]);
    expect(world.engine.state).toBe("connected");
  });
});
