import { describe, expect, it } from "vitest";
import { livenessWorld } from "../testing/worlds/liveness-world.js";

const NO_PINGS = { pingInterval: 0 };
const STALE = "STALE_CONNECTION";

type World = ReturnType<typeof livenessWorld>;

/** A link on which `count` round trips have taken `rtt` ms each. */
function measured(rtt: number, count = 100, options: Parameters<typeof livenessWorld>[0] = NO_PINGS): World {
  const world = livenessWorld(options);
  for (let i = 0; i < count; i++) world.link.roundTrips.add(rtt);
  return world;
}

/** How long the silence is borne that begins with a write. */
function borne({ until, write }: World): number {
  write(100, 1000);
  const dead = until(1e6);
  expect(dead?.code).toBe(STALE);
  return dead!.now - 1000;
}

describe("how long silence is borne while bytes wait", () => {
  it("is less than stallTimeout on a quick link: it is left within that of the publish, PING and all", () => {
    expect(borne(measured(1))).toBeCloseTo(4501, 0);
    expect(borne(measured(1, 100, { ...NO_PINGS, stallTimeout: 1000 }))).toBeCloseTo(901, 0);
  });

  it("survives spikes of 2 s, one each way", () => {
    for (const rtt of [0.1, 1, 20, 200]) {
      const { link, until, write } = measured(rtt);
      write(100, 1000);
      const answer = 1000 + rtt + 4000;
      expect(until(answer)).toBeUndefined();
      link.lastInbound = answer;
      link.onPong();
      expect(until(1e6)).toBeUndefined();
    }
  });

  it("is stallTimeout as long as two round trips do not take longer", () => {
    for (const rtt of [500, 1000, 2000, 2400]) expect(borne(measured(rtt))).toBe(5000);
  });

  it("is two round trips where they take long: satellites, servers that are busy", () => {
    expect(borne(measured(3000))).toBeCloseTo(6000, 0);
    expect(borne(measured(10_000))).toBeCloseTo(20_000, 0);
  });

  it("counts on what one PONG has told, and on how much they vary", () => {
    expect(borne(measured(3000, 1))).toBe(18_000);
    const varying = livenessWorld(NO_PINGS);
    for (let i = 0; i < 100; i++) varying.link.roundTrips.add(i % 2 === 0 ? 3000 : 6000);
    expect(borne(varying)).toBeGreaterThan(12_000);
  });

  it("is a minute at most", () => {
    expect(borne(measured(50_000))).toBe(60_000);
  });

  it("is what it was as soon as round trips are quick again", () => {
    const world = measured(10_000);
    for (let i = 0; i < 10; i++) world.link.roundTrips.add(5);
    expect(borne(world)).toBeLessThan(5000);
  });

  it("raises no deadline that was raised for a slow link already", () => {
    const world = measured(1);
    world.write(300 * 1024, 1000);
    expect(world.until(1e6)?.now).toBeCloseTo(5501, 0);
    world.link.onPong();
    world.link.lastInbound = 100_000;
    world.write(300 * 1024, 100_000);
    expect(world.until(1e6)?.now).toBeCloseTo(109_001, 0);
  });
});

describe("PINGs without an answer", () => {
  const OPTIONS = { stallTimeout: 0, pingInterval: 1000, maxPingOut: 2 };

  it("are borne for longer where round trips take longer than all of them together", () => {
    const quick = measured(10, 100, OPTIONS).until(1e6);
    expect(quick).toEqual({ now: 3000, code: STALE });
    const slow = measured(4900, 100, OPTIONS).until(1e6);
    // The first PING goes out after a second; two round trips later it is over.
    expect(slow).toEqual({ now: 11_000, code: STALE });
  });
});
