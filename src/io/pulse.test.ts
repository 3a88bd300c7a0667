import { describe, expect, it } from "vitest";
import { Pulse } from "./pulse.js";

/** What Node reads at most at a time. */
const FULL = 64 * 1024;

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
    expect(pulse.load.since(20)).toEqual({ span: 0, busy: 0, inbound: 0, behind: 0 });
    pulse.read(100, 0, true);
    pulse.stop();
    expect(pulse.load.since(20)).toEqual({ span: 0, busy: 0, inbound: 0, behind: 0 });
  });

  it("knows for how long more lay ready than was read", () => {
    const pulse = new Pulse();
    const { load } = pulse;
    pulse.read(FULL, 0, true);
    pulse.read(FULL, 30, true);
    expect(load.since(50).behind).toBe(50);
    pulse.read(FULL - 1, 60, true);
    expect(load.since(90).behind).toBe(60);
    // What a read leaves of TLS is not known.
    pulse.read(100, 100, false);
    expect(load.since(120).behind).toBe(80);
    pulse.read(100, 130, true);
    // As for what came in, it is of the last two seconds.
    for (const at of [1000, 2000]) {
      pulse.read(1, at, true);
      pulse.fired(at);
    }
    expect(load.since(2020)).toMatchObject({ inbound: 1, behind: 0 });
    // A beat does not end it, and there is nothing left of a link that is gone.
    pulse.read(FULL, 2100, true);
    pulse.fired(3000);
    pulse.read(FULL, 3500, true);
    pulse.fired(4000);
    expect(load.since(4200)).toMatchObject({ span: 1200, behind: 1200 });
    pulse.stop();
    pulse.read(100, 9000, true);
    expect(load.since(9100)).toMatchObject({ span: 100, behind: 0 });
  });

  it("takes what piled up in a pause, and was read at once, for no sign that more lay ready", () => {
    const pulse = new Pulse();
    for (let at = 0; at < 1000; at += 100) {
      for (let read = 0; read < 3; read++) pulse.read(FULL, at, true);
      pulse.read(100, at + 1, true);
    }
    expect(pulse.load.since(1000)).toMatchObject({ span: 1000, behind: 10 });
  });
});
