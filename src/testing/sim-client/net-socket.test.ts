import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { LinkSocket } from "../../io/socket.js";
import { Random } from "../random.js";
import { GuardedPool } from "../sim/guarded-pool.js";
import { type Host, Network } from "../sim/network.js";
import type { Conditions } from "../sim/pipe.js";
import type { Wire } from "../sim/wire.js";
import { World } from "../sim/world.js";
import { NetSocket } from "./net-socket.js";
import { stepWithTurn, turn } from "./turns.js";
import { VirtualClock } from "./virtual-clock.js";

const PLAIN: Conditions = {
  latency: 1,
  jitter: 0,
  split: 0,
  capacity: 2 ** 20,
  receive: 0,
  bandwidth: Number.POSITIVE_INFINITY,
  writtenDelay: 0,
};

/** A server that keeps what comes, and a `LinkSocket` on the way to it. */
function make(conditions: Partial<Conditions> = {}, up = true) {
  const world = new World(1);
  const network = new Network(world, new Random(1), { ...PLAIN, ...conditions });
  const got: Buffer[] = [];
  const server: { wire: Wire | undefined; ended: string | undefined } = { wire: undefined, ended: undefined };
  const host: Host = {
    listens: up,
    accept(wire) {
      server.wire = wire;
      return {
        data: (bytes) => got.push(Buffer.from(bytes)),
        end: (error) => {
          server.ended = error ?? "in order";
        },
      };
    },
  };
  network.listen("a:1", host);
  const socket = new NetSocket(1, world, new Random(2), network.conditions);
  network.call("a:1", 1, socket);
  const told: string[] = [];
  const pool = new GuardedPool();
  const clock = new VirtualClock(world, () => 1, 0);
  const link = new LinkSocket(socket as unknown as Socket, pool, clock, {
    opened: () => told.push("opened"),
    secured: () => told.push("secured"),
    data: (buf) => told.push(`data ${buf}`),
    written: (bytes, blocked) => told.push(`written ${bytes}${blocked ? " blocked" : ""}`),
    closed: (error) => told.push(`closed ${error?.message ?? "in order"}`),
  });
  /** Until nothing is left that could happen. */
  const pass = async () => {
    while (await stepWithTurn(world));
    await turn();
    return told.splice(0);
  };
  const text = () => Buffer.concat(got).toString();
  return { world, network, socket, link, server, pool, clock, pass, text };
}

describe("a simulated socket", () => {
  it("opens, and carries bytes both ways", async () => {
    const { link, server, pass, text } = make();
    expect(await pass()).toEqual(["opened"]);
    expect(link.write(Buffer.from("hello"), 0, 5, undefined)).toBe(5);
    expect(await pass()).toEqual([]);
    server.wire!.down.push(Buffer.from("hi"));
    expect(await pass()).toEqual(["data hi"]);
    expect(text()).toBe("hello");
  });

  it("is refused where nobody listens", async () => {
    const { socket, pass } = make({}, false);
    expect(await pass()).toEqual(["closed connect ECONNREFUSED a:1"]);
    expect(socket.gone).toBe(true);
  });

  it("gathers what is corked into one write, which is blocked when there is no room", async () => {
    const { link, pass, text } = make({ capacity: 100 });
    await pass();
    link.cork();
    for (const size of [60, 60, 60]) link.write(Buffer.alloc(size, "x"), 0, size, undefined);
    link.uncork();
    expect(await pass()).toEqual(["written 60 blocked", "written 60 blocked", "written 60 blocked"]);
    expect(text()).toHaveLength(180);
  });

  it("hears that the other side has closed, or that the link is lost", async () => {
    const one = make();
    await one.pass();
    one.server.wire!.serverClosed();
    expect(await one.pass()).toEqual(["closed in order"]);
    const other = make();
    await other.pass();
    other.server.wire!.lose();
    expect(await other.pass()).toEqual(["closed read ECONNRESET"]);
    expect(other.server.ended).toBe("ECONNRESET");
  });

  it("lets go of the chunks of writes that a reset has cut off, and tells nothing of them", async () => {
    const { link, server, pool, pass } = make({ capacity: 100 });
    await pass();
    server.wire!.freeze();
    const chunk = pool.take(1000);
    chunk.refs++;
    link.write(chunk.bytes, 0, 1000, chunk);
    pool.give(chunk);
    await pass();
    expect(pool.held).toBe(1);
    link.close(true);
    expect(await pass()).toEqual([]);
    expect(pool.held).toBe(0);
  });

  it("says how much has arrived, and how much has not", async () => {
    const { socket, link, server, pass } = make({ receive: 50, capacity: 1000 });
    await pass();
    server.wire!.freeze();
    link.write(Buffer.alloc(80), 0, 80, undefined);
    await pass();
    expect(socket.sendQueue).toEqual({ arrived: 50, queued: 30 });
  });

  it("notices that bytes are changed while a write refers to them", async () => {
    const { socket, pass } = make({ capacity: 100 });
    await pass();
    const bytes = Buffer.alloc(500, "x");
    const failed = new Promise((resolve) => {
      process.once("uncaughtException", resolve);
    });
    const others = process.listeners("uncaughtException").slice(0, -1);
    for (const listener of others) process.off("uncaughtException", listener);
    socket.write(bytes);
    bytes.fill("y");
    await pass().catch((error) => process.emit("uncaughtException", error));
    for (const listener of others) process.on("uncaughtException", listener);
    expect(await failed).toMatchObject({ rule: "chunk-reused" });
  });

  it("never opens in a network that swallows it", async () => {
    const { network, socket, link, pass } = make();
    network.blackholes.add("a:1");
    expect(await pass()).toEqual([]);
    expect(socket.readyState).toBe("opening");
    link.close(true);
    await pass();
    expect(socket.readyState).toBe("closed");
  });
});
