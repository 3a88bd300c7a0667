import { afterEach, describe, expect, it, vi } from "vitest";
import { DEFAULTS } from "../../client/settings.js";
import type { LivenessOptions } from "../../core/liveness.js";
import { RoundTrips } from "../../core/round-trips.js";
import { Random } from "../random.js";
import { Scene } from "./scene.js";

const { pingInterval, maxPingOut, stallTimeout, flusherTimeout } = DEFAULTS;
const LIVENESS: LivenessOptions = { pingInterval, maxPingOut, stallTimeout, flusherTimeout };
const HOUR = 3_600_000;
const SPIKE = 2000;

/**
 * An hour of a link on which a byte takes `latency` ms, and every few seconds, for up to 3 s, 2 s more: each way, so that an answer
 * takes 4 s when both meet. In turns a minute of messages, each way, and a minute of nothing but a message now and then. Returns
 * how many links it took, and the longest round trip that was measured.
 */
function hourOfSpikes(latency: number, liveness: Partial<LivenessOptions> = {}) {
  const options = { liveness: { ...LIVENESS, ...liveness }, timeout: 60_000 };
  const scene = new Scene({ servers: 2, conditions: { latency, jitter: latency }, options }).connect();
  const { client, world, network, cluster } = scene;
  scene.do(() => client.subscribe("in.1", undefined, undefined));
  const luck = new Random(7);
  let spikes = 0;
  let longest = 0;
  const spike = () => {
    spikes++;
    network.conditions.latency = latency + SPIKE;
    world.in(luck.scale(10, 3000), () => {
      network.conditions.latency = latency;
      world.in(luck.scale(100, 20_000), spike);
    });
  };
  spike();
  const end = world.now + HOUR;
  while (world.now < end) {
    const isBusy = Math.floor(world.now / 60_000) % 2 === 0;
    scene.publish("data.1", 100);
    if (isBusy && luck.chance(0.3)) cluster.publishFromOutside("in.1", 100);
    scene.pass(isBusy ? luck.between(20, 400) : luck.scale(200, 30_000));
    scene.do(() =>
      client.engine.ping((rtt) => {
        longest = Math.max(longest, rtt);
      }, world.now),
    );
  }
  network.conditions.latency = latency;
  expect(spikes).toBeGreaterThan(500);
  scene.rest().end();
  return { links: client.engine.session.reconnects + 1, longest };
}

describe("an hour of latency spikes of 2 s", () => {
  it.each([0.5, 300])("on a link whose latency is %d ms otherwise: no false alarm", (latency) => {
    const { links, longest } = hourOfSpikes(latency);
    expect(links).toBe(1);
    // Spikes of both ways have met.
    expect(longest).toBeGreaterThan(2 * SPIKE);
  });

  it.each([1000, 3500])("has false alarms for who bears silence of %d ms only", (stallTimeout) => {
    expect(hourOfSpikes(0.5, { stallTimeout }).links).toBeGreaterThan(1);
  });
});

describe("an hour of round trips that take long", () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([1500, 5000])("as a latency of %d ms each way makes them: no false alarm", (latency) => {
    expect(hourOfSpikes(latency).links).toBe(1);
  });

  it("has false alarms for who does not measure them", () => {
    vi.spyOn(RoundTrips.prototype, "add").mockImplementation(() => {});
    expect(hourOfSpikes(1500).links).toBeGreaterThan(1);
  });
});
