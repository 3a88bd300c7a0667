import { describe, expect, it } from "vitest";
import type { Cause } from "../core/cause.js";
import { EngineWorld } from "../testing/worlds/engine-world.js";
import { healthOf, type Seen } from "./health.js";

const SEEN: Seen = {
  lastError: undefined,
  lastCause: undefined,
  lastConnectedAt: undefined,
  lastDisconnectedAt: undefined,
};
const health = (world: EngineWorld, seen: Partial<Seen> = {}, state = world.engine.state) =>
  healthOf(world.engine, state, { ...SEEN, ...seen }, world.now);

describe("health", () => {
  it("before the first attempt is unhealthy, with nothing known", () => {
    expect(health(new EngineWorld())).toMatchObject({
      status: "unhealthy",
      connected: false,
      state: "disconnected",
      server: "",
      reconnectAttempts: 0,
      reconnectCount: 0,
      lastConnectedAt: undefined,
      lastDisconnectedAt: undefined,
      lastError: undefined,
      lastCause: undefined,
      rtt: undefined,
    });
  });

  it("while connected is healthy, with server, round trip and what waits", () => {
    const world = new EngineWorld("a b").start();
    expect(health(world)).toMatchObject({
      status: "healthy",
      connected: true,
      state: "connected",
      server: "a:4222",
      reconnectAttempts: 0,
      reconnectCount: 0,
    });
    world.engine.ping(() => {}, world.now);
    world.now += 7;
    world.serve("PONG\r\n");
    expect(health(world).rtt).toBe(7);
    world.publish("a", "0123456789");
    world.pump();
    world.now += 100;
    const { buffer, stats } = health(world);
    expect(buffer).toMatchObject({ messages: 1, bytes: 22, limit: 64 * 1024 * 1024 });
    expect(buffer.oldestAge).toBeGreaterThan(0);
    expect(stats).toMatchObject({ accepted: 1, pending: 1 });
  });

  it("during an outage is unhealthy, counts its attempts, and names no server", () => {
    const world = new EngineWorld("a b c").start();
    world.now = 5000;
    world.die();
    world.die();
    const found = health(world);
    expect(found).toMatchObject({ status: "unhealthy", connected: false, state: "reconnecting", server: "" });
    expect(found).toMatchObject({ reconnectAttempts: 2, reconnectCount: 0, rtt: undefined });
    expect(found.buffer.limit).toBe(8 * 1024 * 1024);
    world.accept();
    expect(health(world)).toMatchObject({ status: "healthy", reconnectAttempts: 0, reconnectCount: 1 });
  });

  it("does not show the round trip of another link", () => {
    const world = new EngineWorld("a b").start();
    world.engine.ping(() => {}, world.now);
    world.now += 70;
    world.serve("PONG\r\n");
    world.now = 5000;
    world.die();
    expect(health(world).rtt).toBeUndefined();
    world.accept();
    expect(health(world).rtt).toBe(0);
  });

  it("during a drain is unhealthy, although there is a connection", () => {
    const world = new EngineWorld().start();
    expect(healthOf(world.engine, "draining", SEEN, 0)).toMatchObject({
      status: "unhealthy",
      connected: true,
      state: "draining",
    });
  });

  it("at the end is unhealthy, and nothing waits", () => {
    const world = new EngineWorld().start();
    world.engine.close(undefined, 0);
    world.pump();
    expect(health(world)).toMatchObject({
      status: "unhealthy",
      state: "closed",
      buffer: { messages: 0, bytes: 0 },
    });
  });

  it("tells what was seen: when it was connected and lost last, and why", () => {
    const cause: Cause = {
      kind: "network",
      code: "CONNECTION_LOST",
      message: "m",
      evidence: ["e"],
      advice: ["a"],
      docs: "d",
    };
    const seen = {
      lastError: new Error("reset"),
      lastCause: cause,
      lastConnectedAt: 5,
      lastDisconnectedAt: 6,
    };
    expect(health(new EngineWorld(), seen)).toMatchObject({
      lastError: "reset",
      lastCause: cause,
      lastConnectedAt: 5,
      lastDisconnectedAt: 6,
    });
  });

  it("can be told as JSON", () => {
    const text = JSON.stringify(health(new EngineWorld().start()));
    expect(JSON.parse(text)).toMatchObject({ status: "healthy", stats: { accepted: 0 } });
  });
});
