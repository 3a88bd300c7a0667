import { describe, expect, it } from "vitest";
import { Pulse } from "./pulse.js";

describe("the pulse", () => {
  it("beats within a second of what comes in, and does not when nothing does", () => {
    const pulse = new Pulse();
    expect(pulse.due).toBe(Number.POSITIVE_INFINITY);
    pulse.read(100, 5000, true);
    expect(pulse.due).toBe(6000);
    pulse.read(100, 5500, true);
    expect(pulse.due).toBe(6000);
  });

  it("goes on as long as something comes in, and then rests", () => {
    const pulse = new Pulse();
    pulse.read(100, 0, true);
    pulse.read(100, 600, true);
    pulse.fired(500);
    expect(pulse.due).toBe(1000);
    pulse.fired(1000);
    expect(pulse.due).toBe(2000);
    pulse.fired(2000);
    expect(pulse.due).toBe(Number.POSITIVE_INFINITY);
  });

  it("tells of reads behind which there is more", () => {
    const pulse = new Pulse();
    expect(pulse.read(64 * 1024 - 1, 0, true)).toBe(false);
    expect(pulse.read(64 * 1024, 0, true)).toBe(true);
  });

  it("wakes nobody when it was stopped", () => {
    const pulse = new Pulse();
    pulse.read(100, 0, true);
    pulse.stop();
    expect(pulse.due).toBe(Number.POSITIVE_INFINITY);
  });

  it("counts what is read first after a rest", () => {
    const pulse = new Pulse();
    pulse.read(100, 0, true);
    pulse.read(100, 10, true);
    expect(pulse.load.since(20)).toMatchObject({ span: 20, inbound: 200 });
  });

  it("knows that nothing came in where it has not beaten", () => {
    const pulse = new Pulse();
    expect(pulse.load.since(20)).toEqual({ span: 0, busy: 0, inbound: 0, full: 0 });
    pulse.read(100, 0, true);
    pulse.stop();
    expect(pulse.load.since(20)).toEqual({ span: 0, busy: 0, inbound: 0, full: 0 });
  });

  it("knows what came in full reads, behind which more lay ready", () => {
    const FULL = 64 * 1024;
    const pulse = new Pulse();
    const { load } = pulse;
    pulse.read(FULL, 0, true);
    pulse.read(FULL - 1, 1, true);
    expect(load.since(20)).toMatchObject({ inbound: 2 * FULL - 1, full: FULL });
    // What a read leaves of TLS is not known.
    pulse.read(100, 2, false);
    expect(load.since(20).full).toBe(FULL + 100);
    // As for what came in, it is of the last two seconds.
    for (const at of [1000, 2000]) {
      pulse.read(1, at, true);
      pulse.fired(at);
    }
    expect(load.since(2020)).toMatchObject({ inbound: 1, full: 0 });
  });
});
