import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { Sink } from "../testing/worlds/engine-world.js";
import type { LinksWorld } from "../testing/worlds/links-world.js";
import { world as moveWorld, said } from "../testing/worlds/move-world.js";
import { parseAddress } from "./address.js";
import type { EngineOptions } from "./options.js";
import type { PoolServer } from "./pool.js";

const started = (names = "a b", options: Partial<EngineOptions> = {}) => moveWorld(options, names).it;
const reconnect = (world: LinksWorld) => world.engine.session.reconnect(world.now);
const moves = (world: LinksWorld) => world.told("move");
const delayed = (ms: number) => ({ settle: undefined, lameDuckDelay: () => ms });
const noEcho = { connect: { ...OPTIONS.connect, echo: false } };

/** Rather at the first of these servers than at the others, as soon as it has stood for 500 ms. */
function preferring(names: string): Partial<EngineOptions> {
  const rank = ({ address }: PoolServer) => names.split(" ").indexOf(address.hostname);
  const preference = { needsInfo: false, rank, outage() {}, reached() {} };
  const failback = { delay: () => 100, stable: 500 };
  return { connector: { ...OPTIONS.connector, preference }, failback };
}

/** A server that does not answer, until it is thawed. */
function freeze(world: LinksWorld, name: string): () => void {
  world.server(name).frozen = true;
  return () => {
    world.server(name).thaw();
    world.wire(name).resume();
  };
}

describe("a move that another server wins", () => {
  it("leaves no link at a server that hung", () => {
    const world = started("a b c");
    const thaw = freeze(world, "b");
    reconnect(world);
    world.until(() => moves(world).length > 0);
    thaw();
    world.pass(100);
    expect([world.at, world.open("a"), world.open("b"), world.open("c").length]).toEqual(["c", [], [], 1]);
  });

  it("does not lead to a server that has left the list while it hung", () => {
    const world = started("a b c");
    const thaw = freeze(world, "b");
    reconnect(world);
    world.pass(20);
    world.pool.replace(["a", "c"].map((name) => parseAddress(name)));
    world.engine.session.serversReplaced(world.now);
    thaw();
    world.until(() => moves(world).length > 0).pass(1000);
    expect(moves(world).map(({ to }) => to)).not.toContain("b:4222");
    expect([world.open("b"), world.told("disconnect")]).toEqual([[], []]);
  });
});

describe("a lame duck", () => {
  it("that was left meanwhile for another reason is not left a second time", () => {
    const world = started("a b c", { move: delayed(700) });
    world.server("a").enterLameDuck();
    world.pass(5);
    reconnect(world);
    world.pass(3000);
    expect(moves(world)).toMatchObject([{ reason: "reconnect", to: "b:4222" }]);
  });

  for (const [name, options] of [
    ["", {}],
    [", also with noEcho", noEcho],
  ] as const) {
    it(`that is in no cluster with the next server is left first${name}`, () => {
      const world = started("a b", options);
      for (const one of ["a", "b"]) world.server(one).more = { cluster: one };
      world.cluster.forward = () => false;
      world.server("a").enterLameDuck();
      world.until(() => world.told("reconnect").length > 0, 5000);
      expect([world.at, world.wires.size, moves(world)]).toEqual(["b", 2, []]);
    });

    it(`that does not get rid of what it was given is tried to be left later, and nobody else is dialled${name}`, () => {
      const world = started("a b c", options);
      world.server("a").enterLameDuck();
      world.until(() => world.engine.outbound.window.limit < Number.POSITIVE_INFINITY);
      const [from] = world.open("a");
      from.isHeld = true;
      world.publish("p", "x");
      world.until(() => world.told("attemptFailed").length > 0, 1500);
      world.pass(800);
      expect([world.at, world.open("b"), said(world, "c", "CONNECT")]).toEqual(["a", [], false]);
      from.resume();
      world.until(() => moves(world).length > 0, 5000);
      expect([moves(world)[0].reason, world.told("disconnect")]).toEqual(["lame-duck", []]);
    });
  }

  it("that cannot be left yet costs the next outage none of its passes", () => {
    const passes: number[] = [];
    const delay = (pass: number) => passes.push(pass) && 1000;
    const connector = { ...OPTIONS.connector, stableAfter: 60_000, delay };
    const world = started("a b", { connector });
    world.server("b").kill();
    world.server("a").enterLameDuck();
    world.until(() => world.told("attemptFailed").length > 3, 20_000);
    world.server("a").kill();
    world.pass(20);
    expect(new Set(passes)).toEqual(new Set([1]));
  });

  it("beside which the next server refuses us is left first", () => {
    const world = started();
    world.server("b").admit = (client) => {
      client.say(world.server("b").info(client, false));
      if (world.open("a").length > 0) client.expel("Authorization Violation");
    };
    world.server("a").enterLameDuck();
    world.until(() => world.told("reconnect").length > 0, 10_000);
    expect([world.at, moves(world)]).toEqual(["b", []]);
  });

  it("stays in use where nobody reconnects", () => {
    const world = started("a b", { reconnect: false });
    world.server("a").enterLameDuck();
    world.pass(5000);
    expect([world.at, world.wires.size]).toEqual(["a", 1]);
  });
});

describe("nc.reconnect()", () => {
  it("while a replay is held back leaves the server first", () => {
    const world = started("a b c", { holdTimeout: 10_000 });
    world.publish("p", "x");
    world.server("a").kill();
    world.until(() => world.engine.outbound.held);
    world.pass(20);
    reconnect(world);
    world.pass(500);
    expect([world.told("disconnect").length, moves(world)]).toEqual([2, []]);
  });

  it("while it is searched which message the servers do not take leaves the server first", () => {
    const world = started("a b");
    for (const name of ["a", "b"]) {
      world.server(name).publish = (_, from) => {
        from?.expel("Maximum Payload Violation");
        return false;
      };
    }
    for (const payload of ["1", "2", "3"]) world.publish("p", payload);
    const { poison } = world.engine.outbound;
    world.until(() => poison.active && world.engine.session.active?.phase === "live");
    const count = world.told("disconnect").length;
    for (const wire of world.wires.values()) wire.isHeld = true;
    reconnect(world);
    expect(world.engine.moves.isUnderWay).toBe(false);
    world.pass(0);
    expect(world.told("disconnect").length).toBe(count + 1);
  });

  it("makes a move that waits for what the application has chosen go on at once", () => {
    const choose = (servers: readonly PoolServer[]) => {
      const server = servers.find(({ address }) => address.hostname === (isMoving ? "b" : "a"));
      return server && { server, delay: isMoving ? 60_000 : 0 };
    };
    let isMoving = false;
    const world = started("a b", { connector: { ...OPTIONS.connector, choose } });
    isMoving = true;
    reconnect(world);
    world.pass(100);
    expect(world.wires.size).toBe(1);
    reconnect(world);
    world.pass(10);
    expect(world.open("b")).toHaveLength(1);
  });
});

describe("a failback", () => {
  it("whose new link dies in its middle is no reason to dial any other", () => {
    const world = started("b a c", preferring("b c a"));
    world.server("c").up = false;
    world.server("b").kill();
    world.until(() => world.at === "a");
    world.server("b").start();
    world.until(() => world.open("b").some((wire) => wire.said.includes("SUB s 1")), 10_000);
    world.server("c").start();
    const { size } = world.wires;
    for (const { client } of world.open("b")) client.hangUp();
    world.pass(50);
    expect([world.at, world.wires.size, moves(world)]).toEqual(["a", size, []]);
  });

  it("that comes in the middle of another move leaves no link behind", () => {
    const world = started("b a", preferring("b a"));
    world.server("b").kill();
    world.until(() => world.at === "a");
    world.server("b").start();
    world.until(() => world.told("spare").some(({ ready }) => ready), 10_000).pass(400);
    reconnect(world);
    world.until(() => moves(world).length > 0).pass(1000);
    expect([world.at, world.open("b").length, moves(world).length]).toEqual(["b", 1, 1]);
  });
});

describe("why a move is made", () => {
  it("is the strongest of the reasons that came before the next server was followed", () => {
    for (const lameDuckFirst of [true, false]) {
      const world = started("a b", { move: delayed(1) });
      const [one, other] = [() => world.server("a").enterLameDuck(), () => reconnect(world)];
      for (const happen of lameDuckFirst ? [one, other] : [other, one]) {
        happen();
        world.pass(10);
      }
      world.until(() => moves(world).length > 0);
      expect(moves(world)).toMatchObject([{ reason: "reconnect" }]);
    }
  });
});

describe("a connection that is shut down", () => {
  it("leaves no link where one was being dialled", () => {
    const world = started();
    const thaw = freeze(world, "b");
    reconnect(world);
    world.pass(20);
    world.engine.session.stay(world.now);
    thaw();
    world.pass(100);
    expect([world.at, world.open("b")]).toEqual(["a", []]);
  });

  it("stays where the last move has led, also when another one was asked for", () => {
    const world = started("a b c");
    reconnect(world);
    world.until(() => world.at === "b");
    reconnect(world);
    world.engine.session.stay(world.now);
    world.pass(2000);
    expect([world.at, moves(world).length, world.told("disconnect")]).toEqual(["b", 1, []]);
  });

  it("goes on to publish at the old server what waited for the new one", () => {
    const world = started("a b", noEcho);
    reconnect(world);
    world.until(() => world.engine.outbound.window.limit < Number.POSITIVE_INFINITY);
    world.publish("p", "held");
    world.engine.session.stay(world.now);
    world.pass(50);
    expect([said(world, "a", "held"), world.engine.books.pending]).toEqual([true, 0]);
  });

  it("is not woken any more when it is closed before a lame duck is left", () => {
    const world = started("a b", { move: delayed(5000) });
    world.server("a").enterLameDuck();
    world.pass(5);
    world.engine.close(undefined, world.now);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });

  it("is not woken again and again by a lame duck that it will not leave", () => {
    const world = started();
    world.engine.session.stay(world.now);
    world.server("a").enterLameDuck();
    world.pass(1500);
    expect(world.engine.timeout - world.now).toBeGreaterThan(10_000);
  });
});

describe("a link that dies when it was just followed", () => {
  /** Up to where b is in use, holds back a message, and the old link is silent. */
  function followHolding(world: ReturnType<typeof moveWorld>["it"]): void {
    reconnect(world);
    world.until(() => world.engine.outbound.window.limit < Number.POSITIVE_INFINITY);
    world.wire("a").isHeld = true;
    world.cluster.forward = () => false;
    world.publishAt("b", "s", "x");
    world.pass(5);
    world.wire("a").resume();
    world.until(() => world.at === "b");
    world.wire("a").isHeld = true;
  }

  it("gives what it had brought, and the old one is closed", () => {
    const { it: world, sink } = moveWorld({}, "a b c");
    followHolding(world);
    expect(sink.got).toEqual([]);
    world.server("b").kill();
    world.until(() => world.told("disconnect").length > 0, 100);
    expect([sink.got, world.open("a")]).toEqual([["x"], []]);
    expect(moves(world)[0].overlap).toBeGreaterThan(50);
  });

  it("is no move any more for who closes the connection when it gives what it had brought", () => {
    const { it: world, sink } = moveWorld();
    const close = () => world.engine.close(undefined, world.now);
    followHolding(world);
    sink.onMessage = close;
    world.server("b").kill();
    world.until(() => world.engine.session.closed, 100).pass(10);
    expect([moves(world), world.open("a")]).toEqual([[], []]);
    expect(world.engine.timeout).toBe(Number.POSITIVE_INFINITY);
  });

  it("does not have the move made that was to follow: it is an outage", () => {
    const world = started("a b c");
    reconnect(world);
    world.until(() => world.at === "b");
    reconnect(world);
    world.server("b").kill();
    world.until(() => world.told("reconnect").length > 0, 1000).pass(2000);
    expect([moves(world).length, world.told("disconnect").length]).toEqual([1, 1]);
  });
});

describe("what was compared in a move that was given up", () => {
  /** At a, in the middle of a move whose new link has brought something first, and is lost. */
  function givenUp() {
    const world = started("a b c");
    const comparisons = () => Reflect.get(world.engine.session.moves.stragglers, "comparisons").length;
    reconnect(world);
    world.until(() => said(world, "a", "PUB _INBOX"));
    world.engine.subscribe("n", undefined, undefined, new Sink());
    world.pass(5);
    world.wire("a").isHeld = true;
    world.publishAt("b", "n", "x");
    world.pass(5);
    world.server("b").kill();
    world.until(() => comparisons() === 1, 5);
    world.wire("a").resume();
    return { world, comparisons };
  }

  it("is forgotten when the old link is lost", () => {
    const { world, comparisons } = givenUp();
    world.server("a").kill();
    world.pass(2);
    expect(comparisons()).toBe(0);
  });

  it("is forgotten when the next move is done", () => {
    const { world, comparisons } = givenUp();
    world.until(() => moves(world).length > 0);
    expect([world.at, comparisons()]).toEqual(["c", 0]);
  });
});

describe("who hears that the new server refuses a subscription", () => {
  it("may close the connection: nothing is left of the move", () => {
    const { it: world } = moveWorld();
    const sink = new Sink();
    sink.onEnd = () => world.engine.close(undefined, world.now);
    world.engine.subscribe("n", undefined, undefined, sink);
    world.server("b").settings.permissions = { subscribe: { deny: ["n"] } };
    reconnect(world);
    world.until(() => world.engine.session.closed);
    world.pass(10);
    expect([world.open("a"), world.open("b"), world.engine.timeout]).toEqual([
      [],
      [],
      Number.POSITIVE_INFINITY,
    ]);
  });
});
