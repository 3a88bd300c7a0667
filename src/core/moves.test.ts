import { describe, expect, it } from "vitest";
import { OPTIONS } from "../testing/worlds/engine-options.js";
import { Sink } from "../testing/worlds/engine-world.js";
import { LinksWorld } from "../testing/worlds/links-world.js";
import { parseAddress } from "./address.js";
import type { EngineOptions } from "./options.js";

function started(names = "a b", options: Partial<EngineOptions> = {}): LinksWorld {
  const world = new LinksWorld(names, options).start();
  world.engine.subscribe("s", undefined, undefined, new Sink());
  world.pass(20);
  return world;
}

const reconnect = (world: LinksWorld) => world.engine.session.reconnect(world.now);
const moves = (world: LinksWorld) => world.told("move");
const setServers = (world: LinksWorld, names: string) => {
  world.pool.replace(names.split(" ").map((name) => parseAddress(name)));
  world.engine.session.serversReplaced(world.now);
};

describe("a lame duck", () => {
  it("is left after the time that the options say, without an outage", () => {
    const world = started("a b", { move: { settle: undefined, lameDuckDelay: () => 700 } });
    world.server("a").enterLameDuck();
    const begun = world.now;
    world.until(() => world.wires.size === 2, 2000);
    expect(world.now - begun).toBeGreaterThanOrEqual(700);
    world.until(() => moves(world).length > 0);
    expect(moves(world)).toMatchObject([{ reason: "lame-duck", to: "b:4222" }]);
    expect([world.told("lameDuck").length, world.told("disconnect")]).toEqual([1, []]);
  });

  it("that is followed is left at once again", () => {
    const world = started("a b c");
    world.server("b").more = { ldm: true };
    reconnect(world);
    world.until(() => moves(world).length > 1);
    expect(moves(world)).toMatchObject([
      { reason: "reconnect" },
      { reason: "lame-duck", from: "b:4222", to: "c:4222" },
    ]);
  });

  it("does not change why the next move is made that was asked for before", () => {
    const world = started("a b c", { move: { settle: 100, lameDuckDelay: () => 1 } });
    reconnect(world);
    world.until(() => world.at === "b");
    reconnect(world);
    world.server("b").enterLameDuck();
    world.until(() => moves(world).length > 1);
    expect(moves(world)).toMatchObject([{ reason: "reconnect" }, { reason: "reconnect", from: "b:4222" }]);
  });

  it("is tried to be left until there is somebody to go to; meanwhile it stays in use", () => {
    const world = started("a b");
    world.server("b").kill();
    world.server("a").enterLameDuck();
    world.pass(5000);
    expect([world.at, world.told("disconnect")]).toEqual(["a", []]);
    world.server("b").start();
    world.until(() => moves(world).length > 0, 10_000);
    expect(moves(world)).toMatchObject([{ reason: "lame-duck", to: "b:4222" }]);
  });

  it("costs no other server its place in the list, however often that cannot be reached meanwhile", () => {
    const connector = { ...OPTIONS.connector, maxReconnectAttempts: 3 };
    const world = started("a b", { connector, move: { settle: undefined, lameDuckDelay: () => 100 } });
    world.server("b").kill();
    world.server("a").enterLameDuck();
    world.until(() => world.told("attemptFailed").length > 4, 20_000);
    world.server("b").start();
    world.server("a").kill();
    world.until(() => world.told("reconnect").length > 0, 10_000);
    expect(world.at).toBe("b");
  });

  it("that nobody may have a second link beside is left first", () => {
    const world = started("a b");
    world.server("b").admit = (client) => {
      client.say(world.server("b").info(client, false));
      if (world.open("a").length > 0) client.expel("maximum account active connections exceeded");
    };
    world.server("a").enterLameDuck();
    world.until(() => world.told("reconnect").length > 0, 10_000);
    expect([world.at, moves(world), world.told("disconnect").length]).toEqual(["b", [], 1]);
  });
});

describe("nc.reconnect()", () => {
  it("with a single server connects to it anew, by a move", () => {
    const world = started("a");
    reconnect(world);
    world.until(() => moves(world).length > 0);
    expect(moves(world)).toMatchObject([{ from: "a:4222", to: "a:4222" }]);
    expect(world.open("a").map(({ epoch }) => epoch)).toEqual([2]);
  });

  it("called again while a move is under way is that move; in its last phase, another one follows", () => {
    const world = started("a b c");
    reconnect(world);
    world.pass(10);
    reconnect(world);
    world.until(() => world.at === "b");
    reconnect(world);
    world.until(() => moves(world).length > 1);
    world.pass(1000);
    expect(moves(world)).toMatchObject([{ to: "b:4222" }, { from: "b:4222", to: "c:4222" }]);
  });

  it("leaves the server first where no second link can be had", () => {
    const world = started("a b");
    for (const name of ["a", "b"]) {
      const server = world.server(name);
      server.admit = (client) => {
        server.clients.add(client);
        client.say(server.info(client, false));
        if (world.open("a").length + world.open("b").length > 1)
          client.expel("maximum account active connections exceeded");
      };
    }
    reconnect(world);
    world.until(() => world.told("reconnect").length > 0, 10_000);
    expect([moves(world), world.told("disconnect").length]).toEqual([[], 1]);
  });

  it("in an outage dials at once", () => {
    const world = started("a", { connector: { ...OPTIONS.connector, delay: () => 60_000 } });
    world.server("a").kill();
    world.pass(100);
    world.server("a").start();
    reconnect(world);
    world.pass(50);
    expect(world.told("reconnect")).toHaveLength(1);
  });
});

describe("setServers()", () => {
  it("that drops the server in use moves to one that is in the list", () => {
    const world = started("a b");
    setServers(world, "b");
    world.until(() => moves(world).length > 0);
    expect(moves(world)).toMatchObject([{ reason: "servers", to: "b:4222" }]);
  });

  it("gives up a move to a server that is not in the list any more", () => {
    const world = started("a b c");
    reconnect(world);
    world.until(() => world.open("b").some(({ said }) => said.includes("SUB s")));
    setServers(world, "a c");
    world.until(() => moves(world).length > 0);
    expect(moves(world)[0].to).not.toBe("b:4222");
    expect([world.open("b"), world.told("disconnect")]).toEqual([[], []]);
  });

  it("that drops the server that was just followed moves on", () => {
    const world = started("a b c");
    reconnect(world);
    world.until(() => world.at === "b");
    setServers(world, "a c");
    world.until(() => moves(world).length > 1);
    expect(moves(world)[1]).toMatchObject({ reason: "servers", from: "b:4222" });
    expect(world.told("disconnect")).toEqual([]);
  });

  it("moves nothing, and ends nothing, where the connection may not reconnect, or is shut down", () => {
    const once = started("a b", { reconnect: false });
    const ending = started("a b");
    ending.engine.session.stay(ending.now);
    for (const world of [once, ending]) {
      setServers(world, "b");
      world.pass(2000);
      expect([world.at, world.engine.state, world.told("disconnect")]).toEqual(["a", "connected", []]);
    }
  });
});

describe("a round trip that is being measured when the new link is followed", () => {
  it("has an end also when the old link says nothing any more", () => {
    const world = started("a b");
    reconnect(world);
    const trips: string[] = [];
    let begun = 0;
    while (world.at === "a") {
      const began = world.engine.ping(
        () => trips.push("measured"),
        world.now,
        () => trips.push("lost"),
      );
      if (began) begun++;
      world.pass(1);
    }
    expect(begun - trips.length).toBeGreaterThan(0);
    for (const wire of world.open("a")) wire.isHeld = true;
    world.until(() => moves(world).length > 0, 20_000);
    expect([trips.length, trips.at(-1), world.told("disconnect")]).toEqual([begun, "lost", []]);
  });
});

describe("a connection that may not reconnect", () => {
  it("ends where the application leaves the server, and does not put that down to the server", () => {
    const world = started("a b", { reconnect: false });
    reconnect(world);
    world.pass(10);
    expect(world.told("close")).toMatchObject([
      {
        error: { code: "CONNECTION_LOST", message: 'a:4222 was left, and option "reconnect" is false' },
        cause: { code: "RECONNECT" },
      },
    ]);
  });
});

describe("a connection that is shut down", () => {
  it("gives up what has not been followed, and begins no move", () => {
    const world = started("a b");
    reconnect(world);
    world.until(() => world.open("b").some(({ said }) => said.includes("SUB s")));
    world.engine.session.stay(world.now);
    world.pass(2000);
    expect([world.at, world.open("b"), moves(world)]).toEqual(["a", [], []]);
    world.server("a").enterLameDuck();
    world.pass(2000);
    expect(world.wires.size).toBe(2);
  });

  it("leaves no link behind when it closes in the middle of a move", () => {
    const world = started("a b");
    reconnect(world);
    world.until(() => world.open("b").some(({ said }) => said.includes("SUB s")));
    world.engine.close(undefined, world.now);
    world.pass(10);
    expect([world.open("a"), world.open("b"), world.engine.timeout]).toEqual([
      [],
      [],
      Number.POSITIVE_INFINITY,
    ]);
  });
});

describe("an outage in the middle of a move", () => {
  it("while the next server is being dialled ends the move: no `move` is told", () => {
    const world = started("a b");
    world.server("b").frozen = true;
    reconnect(world);
    world.pass(20);
    world.server("a").kill();
    world.pass(20);
    world.server("b").thaw();
    world.wire("b").resume();
    world.until(() => world.told("reconnect").length > 0, 10_000).pass(1000);
    expect(moves(world)).toEqual([]);
  });

  it("behind a move that failed, the next one is a move again", () => {
    const world = started("a b");
    reconnect(world);
    world.until(() => world.open("b").some(({ said }) => said.includes("SUB s")));
    world.server("a").kill();
    world.until(() => world.told("reconnect").length > 0);
    world.server("a").start();
    world.pass(100);
    reconnect(world);
    world.until(() => moves(world).length > 0);
    expect(moves(world)).toMatchObject([{ from: "b:4222", to: "a:4222" }]);
  });
});
