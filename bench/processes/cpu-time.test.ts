import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cpuTimeOf, waitedForCore } from "./cpu-time.js";

describe.runIf(existsSync("/proc/self/schedstat"))("what the kernel counts", () => {
  it("is about what Node itself knows of its CPU time, all threads with it", () => {
    const begun = { kernel: cpuTimeOf(process.pid)!, node: process.cpuUsage() };
    while (process.cpuUsage(begun.node).user < 30_000);
    const { user, system } = process.cpuUsage(begun.node);
    const kernel = cpuTimeOf(process.pid)! - begun.kernel;
    // A thread that runs right now is counted up to its last tick.
    expect(Math.abs(kernel - (user + system) / 1e6)).toBeLessThan(0.02);
  });

  it("has a main thread that has waited for no longer than it lives", () => {
    const waited = waitedForCore()!;
    expect(waited).toBeGreaterThanOrEqual(0);
    expect(waited).toBeLessThan(process.uptime());
  });
});

it("of a process that there is not is unknown", () => {
  expect(cpuTimeOf(-1)).toBeUndefined();
});
