import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Silence } from "./silence.js";

describe("silence", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is told after two heartbeats, counted from the last sign of life", () => {
    const tell = vi.fn();
    const silence = new Silence(100, tell);
    vi.advanceTimersByTime(199);
    silence.broken();
    vi.advanceTimersByTime(199);
    expect(tell).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(tell).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "IDLE_HEARTBEAT" }));
  });

  it("nothing is told once the pull is over that they were promised for, also when something comes late", () => {
    const tell = vi.fn();
    const silence = new Silence(100, tell, 250);
    vi.advanceTimersByTime(150);
    silence.broken();
    vi.advanceTimersByTime(150);
    silence.broken();
    vi.advanceTimersByTime(10_000);
    expect([tell.mock.calls, vi.getTimerCount()]).toEqual([[], 0]);
    new Silence(100, tell, 250);
    vi.advanceTimersByTime(200);
    expect(tell).toHaveBeenCalledOnce();
  });

  it("nothing is told when it was stopped, or when no heartbeats are promised", () => {
    const tell = vi.fn();
    new Silence(100, tell).stop();
    new Silence(0, tell).broken();
    vi.advanceTimersByTime(10_000);
    expect([tell.mock.calls, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
