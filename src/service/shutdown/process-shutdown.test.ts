import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  component,
  FakeConnection,
  FakeHost,
  make,
  never,
  phase,
  readiness,
  type Scene,
  start,
  turn,
} from "../../../test/service/support/shutdown-scene.js";
import { Exits } from "./exits.js";
import type { ShutdownReport } from "./report.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a shutdown", () => {
  it("does one thing after the other: readiness, before, delay, work, connections, last, after, exit", async () => {
    const order: string[] = [];
    const note = (what: string) => {
      order.push(`${what} at ${performance.now() - since}`);
    };
    const nc = new FakeConnection();
    nc.addComponent(component(async () => note("component")));
    nc.subscriptions = async () => note("subscriptions");
    nc.ending = async () => note("connection");
    const since = performance.now();
    const { host, shutdown } = make(
      {
        delay: 1_000,
        before: async (report) => {
          expect(readiness(nc)).toContain("shutting down (SIGTERM)");
          expect(phase(nc)).toMatchObject({ kind: "shutdown", name: "shutdown", phase: "delaying" });
          expect(report).toMatchObject({ reason: "SIGTERM", complete: false });
          note("before");
          await new Promise((resolve) => setTimeout(resolve, 500));
        },
        servers: {
          close: async () => {
            expect(phase(nc)).toMatchObject({ phase: "stopping" });
            note("server");
          },
        },
        last: { close: async () => note("last") },
        after: (report) => {
          expect(report.complete).toBe(true);
          note("after");
        },
      },
      nc,
    );
    expect(readiness(nc)).toEqual([undefined, undefined]);
    expect(phase(nc)).toMatchObject({ phase: "waiting" });
    shutdown.signal.addEventListener("abort", () => note("signal"));
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(1_500);
    const report = await shutdown.done;
    expect(order).toEqual([
      "signal at 0",
      "before at 0",
      "server at 1500",
      "subscriptions at 1500",
      "component at 1500",
      "connection at 1500",
      "last at 1500",
      "after at 1500",
    ]);
    expect(report).toMatchObject({ reason: "SIGTERM", signal: "SIGTERM", took: 1_500, complete: true });
    expect(report).toMatchObject({ forcedBy: undefined, timedOut: false, errors: [] });
    expect(phase(nc)).toMatchObject({ phase: "done", unready: "shutting down (SIGTERM)" });
    expect(shutdown.signal.reason).toMatchObject({ name: "AbortError", message: "shutting down (SIGTERM)" });
    expect([host.exits, host.exitCode, host.errors]).toEqual([[0], 0, []]);
    // A signal that came now would kill the process in the middle of its exit if nobody listened.
    expect([host.listenerCount("SIGTERM"), host.listenerCount("SIGINT"), vi.getTimerCount()]).toEqual([
      1, 1, 0,
    ]);
    shutdown.dispose();
    expect([host.listenerCount("SIGTERM"), host.listenerCount("SIGINT")]).toEqual([0, 0]);
  });

  it("waits for its signal without a timer, and is begun once", async () => {
    const { host, nc, shutdown } = make({ exit: false });
    expect([vi.getTimerCount(), host.listenerCount("SIGTERM"), host.listenerCount("SIGINT")]).toEqual([
      0, 1, 1,
    ]);
    const first = shutdown.begin("deploy");
    expect(shutdown.begin("again")).toBe(first);
    expect((await first).reason).toBe("deploy");
    expect(nc.calls).toEqual(["drainSubscriptions", "drain"]);
    expect([host.exits, host.exitCode]).toEqual([[], 0]);
    expect([host.listenerCount("SIGTERM"), host.listenerCount("SIGINT")]).toEqual([0, 0]);
  });

  it("that is disposed before it begins listens no more, and is no component any more", () => {
    const { host, nc, shutdown } = make();
    shutdown.dispose();
    shutdown.dispose();
    expect([host.listenerCount("SIGTERM"), nc.components]).toEqual([0, []]);
  });

  it("keeps an exit code that the application has set", async () => {
    const { host, shutdown } = make();
    host.exitCode = 3;
    await shutdown.begin("fatal");
    await turn();
    expect(host.exits).toEqual([3]);
  });

  it("gives code and report to an own exit, and says when that fails", async () => {
    const exited: unknown[] = [];
    const { host, shutdown } = make({
      exit: (code, report) => {
        exited.push(code, report.complete);
        throw new Error("no exit");
      },
    });
    await shutdown.begin("x");
    await turn();
    expect([exited, host.exits, host.exitCode]).toEqual([[0, true], [], 1]);
    expect(host.errors.join("")).toContain("no exit");
  });

  it("exits when stdout is written, and not later than after a second", async () => {
    for (const [isRead, at] of [
      [true, 0],
      [false, 1_000],
    ]) {
      const host = new FakeHost();
      Object.assign(host.stdout, {
        writableLength: 5,
        write: (_: string, written: () => void) => isRead && written(),
      });
      const { shutdown } = make({}, new FakeConnection(), host);
      await shutdown.begin("x");
      await turn();
      expect(host.exits).toEqual(at === 0 ? [0] : []);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(host.exits).toEqual([0]);
    }
  });
});

describe("what is left is reported, and the code is 1", () => {
  const ended = async ({ host, shutdown }: Scene): Promise<ShutdownReport> => {
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(25_000);
    const report = await shutdown.done;
    expect(report.complete).toBe(false);
    expect(report.took).toBeLessThanOrEqual(25_000);
    expect(host.exits).toEqual([1]);
    expect(host.errors).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    return report;
  };

  it("a component that never stops: its connection is closed all the same, with what was published", async () => {
    const scene = make();
    scene.nc.addComponent(component(never, { kind: "handler", name: "orders", inFlight: 1, waiting: 4 }));
    const report = await ended(scene);
    expect(report).toMatchObject({ timedOut: true, took: 20_000 });
    expect(report.components).toMatchObject([
      {
        connection: "connection 1",
        kind: "handler",
        name: "orders",
        stopped: false,
        inFlight: 1,
        waiting: 4,
      },
    ]);
    expect(scene.nc.calls).toEqual(["drainSubscriptions", "close"]);
    expect(scene.host.errors[0]).toContain('handler "orders": not done in time, 1 in flight, 4 waiting');
  });

  it("a component that has stopped, and says that it still has messages", async () => {
    const scene = make();
    scene.nc.addComponent(component(async () => {}, { inFlight: 0, waiting: 2 }));
    expect((await ended(scene)).components).toMatchObject([{ stopped: true, waiting: 2 }]);
  });

  it("a component that gives up when it is told to, while its connection stands", async () => {
    const scene = make();
    const facts = { kind: "handler", inFlight: 3, deadLettered: 5, discarded: 1 };
    const stop = async (options?: { timeout?: number }) => {
      expect(options).toEqual({ timeout: 18_000 });
      await new Promise((resolve) => setTimeout(resolve, options?.timeout));
      expect(scene.nc.isClosedNow).toBe(false);
      Object.assign(facts, { inFlight: 0, deadLettered: 7, discarded: 2 });
    };
    scene.nc.addComponent({ facts: () => facts as never, stop });
    const report = await ended(scene);
    expect(report).toMatchObject({ timedOut: false, took: 18_000 });
    expect(report.components).toMatchObject([{ stopped: false, inFlight: 0, deadLettered: 2, discarded: 1 }]);
    expect(scene.nc.calls).toEqual(["drainSubscriptions", "drain"]);
  });

  it("a component whose stop() rejects: told by its connection, too", async () => {
    const scene = make();
    const boom = new Error("not stopped");
    scene.nc.addComponent(component(() => Promise.reject(boom)));
    const report = await ended(scene);
    expect([report.errors, scene.nc.reported]).toEqual([[boom], [boom]]);
    expect(report.components).toMatchObject([{ stopped: false }]);
  });

  it("a component whose facts() throws", async () => {
    const scene = make();
    scene.nc.addComponent({
      facts: () => {
        throw new Error("no facts");
      },
      stop: never,
    });
    expect((await ended(scene)).components).toMatchObject([{ kind: "other", name: "", stopped: false }]);
  });

  it("callbacks of subscriptions that never end", async () => {
    const scene = make();
    scene.nc.subscriptions = never;
    expect((await ended(scene)).connections).toMatchObject([{ drained: false, closed: true }]);
    expect(scene.nc.calls).toEqual(["drainSubscriptions", "close"]);
  });

  it("messages that were lost since it began, and not those before", async () => {
    const scene = make({}, new FakeConnection("orders"));
    scene.nc.figures.dropped = 7;
    scene.nc.figures.unconfirmed = 8;
    scene.nc.ending = async () => {
      scene.nc.figures.dropped += 2;
      scene.nc.figures.unconfirmed += 3;
    };
    expect((await ended(scene)).connections).toMatchObject([{ name: "orders", dropped: 2, unconfirmed: 3 }]);
  });

  it("a connection that does not even close", async () => {
    const scene = make();
    scene.nc.ending = never;
    scene.nc.buffered = { messages: 4, bytes: 50 };
    const report = await ended(scene);
    expect(report).toMatchObject({ timedOut: true, took: 24_500 });
    expect(report.connections).toMatchObject([{ closed: false, buffered: { messages: 4, bytes: 50 } }]);
    expect(scene.nc.calls).toEqual(["drainSubscriptions", "flush", "drain"]);
  });

  it("an error that closes a connection meanwhile", async () => {
    const scene = make({ delay: 1_000 });
    setTimeout(() => scene.nc.endNow(new Error("revoked")), 500);
    const report = await ended(scene);
    expect(report.errors).toEqual([new Error("revoked")]);
    expect(scene.nc.calls).toEqual([]);
  });

  it.each([
    ["throws", () => { throw new Error("hook"); }, "hook"], // biome-ignore format: one line each
    ["rejects", () => Promise.reject(new Error("hook")), "hook"],
    ["rejects with nothing", () => Promise.reject(), "undefined"],
  ])("a hook that %s", async (_, hook, message) => {
    for (const name of ["before", "after"]) {
      const scene = make({ [name]: hook });
      const report = await ended(scene);
      expect(report.errors.map((error) => error.message)).toEqual([message]);
      expect(scene.nc.calls).toEqual(["drainSubscriptions", "drain"]);
    }
  });

  it("a hook that never settles: work gets the other half of its time", async () => {
    const scene = make({ before: never });
    let stoppedAt = 0;
    const since = performance.now();
    scene.nc.subscriptions = async () => {
      stoppedAt = performance.now() - since;
    };
    expect(await ended(scene)).toMatchObject({ timedOut: true, took: 10_000 });
    expect(stoppedAt).toBe(10_000);
    const report = await ended(make({ after: never }));
    expect(report).toMatchObject({ timedOut: true, took: 25_000 });
    expect(report.errors.map((error) => error.message)).toEqual(["after() did not settle in time"]);
  });

  it("everything at once never takes longer than the timeout", async () => {
    const nc = new FakeConnection();
    nc.addComponent(component(never));
    nc.subscriptions = never;
    nc.ending = never;
    const scene = make({ before: never, after: never, delay: 12_500, servers: { close: never } }, nc);
    expect(await ended(scene)).toMatchObject({ timedOut: true, took: 25_000 });
  });
});

describe("a connection", () => {
  it("that is closed before is none to wait for; its components are stopped", async () => {
    const scene = make();
    const stop = vi.fn(async () => {});
    scene.nc.addComponent(component(stop));
    scene.nc.endNow(new Error("long ago"));
    expect(await scene.shutdown.begin("x")).toMatchObject({ complete: true, errors: [] });
    expect([stop.mock.calls.length, scene.nc.calls]).toEqual([1, []]);
  });

  it("that is being drained by somebody else is waited for, and closed at its time", async () => {
    const scene = make();
    scene.nc.isDrainingNow = true;
    setTimeout(() => scene.nc.endNow(), 700);
    const done = scene.shutdown.begin("x");
    await vi.advanceTimersByTimeAsync(700);
    expect(await done).toMatchObject({ complete: true, took: 700 });

    const stuck = make();
    stuck.nc.isDrainingNow = true;
    void stuck.shutdown.begin("x");
    await vi.advanceTimersByTimeAsync(24_000);
    expect(stuck.nc.calls).toEqual(["drainSubscriptions", "close"]);
  });

  it("shares its deadline with the others: one that hangs takes them no time", async () => {
    const [good, bad] = [new FakeConnection("good"), new FakeConnection("bad")];
    bad.subscriptions = never;
    const host = new FakeHost();
    const shutdown = start([good, bad], {}, new Exits(host));
    const timeouts: number[] = [];
    for (const nc of [good, bad])
      nc.ending = async (timeout) => {
        timeouts.push(timeout);
      };
    void shutdown.begin("x");
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await shutdown.done).connections).toMatchObject([
      { name: "good", drained: true, closed: true },
      { name: "bad", drained: false, closed: true },
    ]);
    expect(timeouts).toEqual([4_000, 4_000]);
    expect([good.calls.at(-1), bad.calls.at(-1)]).toEqual(["drain", "close"]);
  });
});
