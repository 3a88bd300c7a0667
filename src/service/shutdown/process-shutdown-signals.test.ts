import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  component,
  FakeConnection,
  FakeHost,
  make,
  never,
  start,
  turn,
} from "../../../test/service/support/shutdown-scene.js";
import { Exits } from "./exits.js";
import type { ShutdownOptions } from "./options.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a second signal", () => {
  const stuck = (options: ShutdownOptions = {}) => {
    const scene = make(options);
    scene.nc.addComponent(component(never));
    return scene;
  };

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ])("forces the end: %s exits with %i, what is left is reported before", async (signal, code) => {
    const after = vi.fn(never);
    const scene = stuck({ after });
    const { host, shutdown, nc } = scene;
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(600);
    host.emit(signal, signal);
    expect(host.errors.join()).toContain(`shutdown (SIGTERM), forced by ${signal}: incomplete after 0.6 s`);
    expect(host.errors.join()).toContain('other "mine": not done in time');
    await turn();
    expect(host.exits).toEqual([code]);
    expect(await shutdown.done).toMatchObject({ forcedBy: signal, complete: false, timedOut: false });
    expect([after.mock.calls.length, nc.calls]).toEqual([1, ["drainSubscriptions", "close"]]);
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([host.exits, after.mock.calls.length, vi.getTimerCount()]).toEqual([[code], 1, 0]);
  });

  it.each(["before", "delay", "after"])("forces it in %s, too", async (where) => {
    const { host } = stuckIn(where);
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(600);
    host.emit("SIGTERM", "SIGTERM");
    await turn();
    expect(host.exits).toEqual([143]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([host.exits, vi.getTimerCount()]).toEqual([[143], 0]);
  });

  const stuckIn = (where: string) =>
    make({ [where]: where === "delay" ? 10_000 : never }, new FakeConnection(), new FakeHost());

  it("that comes together with the first is none: in the same turn, and from a group and its npm", async () => {
    const { host } = stuck();
    host.emit("SIGINT", "SIGINT");
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(499);
    host.emit("SIGINT", "SIGINT");
    await turn();
    expect(host.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    host.emit("SIGINT", "SIGINT");
    await turn();
    expect(host.exits).toEqual([130]);
  });

  it("is counted from the first signal, not from begin()", async () => {
    const { host, shutdown } = stuck();
    void shutdown.begin("deploy");
    await vi.advanceTimersByTimeAsync(1_000);
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(host.exits).toEqual([]);
    host.emit("SIGTERM", "SIGTERM");
    expect(await shutdown.done).toMatchObject({ reason: "deploy", signal: "SIGTERM", forcedBy: "SIGTERM" });
  });

  it("lets a process go that exits by itself", async () => {
    const { host, nc } = stuck({ exit: false });
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(600);
    host.emit("SIGTERM", "SIGTERM");
    await turn();
    expect([host.exitCode, host.exits, nc.isClosedNow, vi.getTimerCount()]).toEqual([143, [], true, 0]);
  });
});

describe("two shutdowns of a process", () => {
  it("end it when both have ended, with the worse code", async () => {
    const host = new FakeHost();
    const exits = new Exits(host);
    const [quick, slow] = [new FakeConnection(), new FakeConnection()];
    slow.addComponent(component(() => new Promise((resolve) => setTimeout(resolve, 5_000))));
    const first = start([quick], { before: () => Promise.reject(new Error("x")) }, exits);
    const second = start([slow], {}, exits);
    host.emit("SIGTERM", "SIGTERM");
    await first.done;
    await turn();
    expect(host.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(5_100);
    expect(await second.done).toMatchObject({ complete: true });
    await turn();
    expect(host.exits).toEqual([1]);
  });

  it("are forced together, each with its report", async () => {
    const host = new FakeHost();
    const exits = new Exits(host);
    for (let i = 0; i < 2; i++) {
      const nc = new FakeConnection();
      nc.addComponent(component(never));
      start([nc], {}, exits);
    }
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(600);
    host.emit("SIGTERM", "SIGTERM");
    await turn();
    expect(host.errors).toHaveLength(2);
    expect(new Set(host.exits)).toEqual(new Set([143]));
  });
});

describe("the log", () => {
  it("gets the beginning and the end, if one is given", async () => {
    const lines: string[] = [];
    const { host, shutdown } = make({ log: (line) => void lines.push(line) });
    await shutdown.begin("a\nreason");
    expect(lines).toEqual(["shutdown (a reason) begins", "shutdown (a reason): complete after 0.0 s"]);
    expect(host.errors).toEqual([]);
  });

  it("is silent on demand, and harms nobody when it throws", async () => {
    const silent = make({ log: false, before: () => Promise.reject(new Error("x")) });
    await silent.shutdown.begin("x");
    expect(silent.host.errors).toEqual([]);
    const throwing = make({
      log: () => {
        throw new Error("log");
      },
    });
    await throwing.shutdown.begin("x");
    await turn();
    expect(throwing.host.exits).toEqual([1]);
  });
});
