import { describe, expect, it } from "vitest";
import { Pulse } from "./pulse.js";

describe("the pulse", () => {
  it("beats within a second of what comes in, and does not when nothing does", () => {
    const pulse = new Pulse();
    expect(pulse.due).toBe(Number.POSITIVE_INFINITY);
    pulse.read(100, 5000);
    expect(pulse.due).toBe(6000);
    pulse.read(100, 5500);
    expect(pulse.due).toBe(6000);
  });

  it("goes on as long as something comes in, and then rests", () => {
    const pulse = new Pulse();
    pulse.read(100, 0);
    pulse.read(100, 600);
    pulse.fired(500);
    expect(pulse.due).toBe(1000);
    pulse.fired(1000);
    expect(pulse.due).toBe(2000);
    pulse.fired(2000);
    expect(pulse.due).toBe(Number.POSITIVE_INFINITY);
  });

  it("tells of reads behind which there is more", () => {
    const pulse = new Pulse();
    expect(pulse.read(64 * 1024 - 1, 0)).toBe(false);
    expect(pulse.read(64 * 1024, 0)).toBe(true);
  });

  it("wakes nobody when it was stopped", () => {
    const pulse = new Pulse();
    pulse.read(100, 0);
    pulse.stop();
    expect(pulse.due).toBe(Number.POSITIVE_INFINITY);
  });
});
