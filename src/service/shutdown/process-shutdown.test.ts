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
    expect(report.timedOut).toBe(false);
    expect(Math.round(report.took / 100)).toBe(180);
    expect(report.components).toMatchObject([{ stopped: false, inFlight: 0, deadLettered: 2, discarded: 1 }]);
    expect([...new Set(scene.nc.calls)]).toEqual(["drainSubscriptions", "drain"]);
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

describe("what is given up or comes on the way is left as well", () => {
  const GIVEN_UP = { kind: "handler", name: "orders", inFlight: 0, waiting: 0, discarded: 5, abandoned: 5 };

  async function end({ host, shutdown }: Pick<Scene, "host" | "shutdown">, isComplete = false) {
    host.emit("SIGTERM", "SIGTERM");
    await vi.advanceTimersByTimeAsync(25_000);
    const report = await shutdown.done;
    expect([report.complete, host.exits]).toEqual([isComplete, [isComplete ? 0 : 1]]);
    return report;
  }

  it("messages that a component gives up because its connection is closed by somebody else, though it stops in time", async () => {
    const scene = make();
    const facts = { kind: "handler", name: "orders", inFlight: 1, waiting: 4, discarded: 1, abandoned: 2 };
    const stop = async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      Object.assign(facts, { inFlight: 0, waiting: 0, discarded: 6, abandoned: 7 });
    };
    scene.nc.addComponent({ facts: () => facts as never, stop });
    expect((await end(scene)).components).toMatchObject([{ stopped: false, discarded: 5 }]);
    expect(scene.host.errors[0]).toContain('handler "orders": not done in time');
  });

  it("messages that a component has given up before work was stopped, and that is gone since", async () => {
    const nc = new FakeConnection();
    const facts = { ...GIVEN_UP, inFlight: 5, discarded: 0, abandoned: 0 };
    const remove = nc.addComponent({ facts: () => facts as never, stop: async () => {} });
    const before = () => {
      nc.endNow();
      Object.assign(facts, GIVEN_UP);
      remove();
    };
    const report = await end(make({ before }, nc));
    expect(report.components).toMatchObject([{ name: "orders", stopped: false, discarded: 5 }]);
  });

  it("messages given up by a listener of the same signal that closes the connection first", async () => {
    const nc = new FakeConnection();
    const host = new FakeHost();
    const facts = { ...GIVEN_UP, inFlight: 5, discarded: 0, abandoned: 0 };
    const remove = nc.addComponent({ facts: () => facts as never, stop: async () => {} });
    host.on("SIGTERM", () => {
      nc.endNow();
      Object.assign(facts, GIVEN_UP);
      void Promise.resolve().then(remove);
    });
    const scene = make({}, nc, host);
    await turn();
    expect((await end(scene)).components).toMatchObject([{ stopped: false, discarded: 5 }]);
  });

  it("but not what a component had given up long before", async () => {
    const scene = make();
    scene.nc.addComponent(component(async () => {}, GIVEN_UP));
    scene.nc.endNow(new Error("long ago"));
    await turn();
    expect((await end(scene, true)).components).toMatchObject([{ stopped: true, discarded: 0 }]);
  });

  it("a component that comes while others stop: it is stopped, in what is left of the time", async () => {
    const { nc, ...scene } = make();
    const late = vi.fn(async (options?: { timeout?: number }) => {
      await new Promise((resolve) => setTimeout(resolve, options?.timeout));
    });
    nc.addComponent(
      component(async () => {
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        nc.addComponent(component(late, { kind: "handler", name: "late" }));
      }),
    );
    const report = await end(scene);
    expect(late.mock.calls).toEqual([[{ timeout: expect.closeTo(9_000, -2) }]]);
    expect(report.components).toMatchObject([
      { name: "mine", stopped: true },
      { name: "late", stopped: false },
    ]);
  });

  it("a component that comes when connections are being closed already", async () => {
    const { nc, ...scene } = make();
    nc.addComponent(component(async () => {}));
    nc.ending = async () => {
      nc.addComponent(component(async () => {}, { name: "too late" }));
    };
    const { components } = await end(scene);
    expect(components).toMatchObject([{ stopped: true }, { name: "too late", stopped: false }]);
  });

  it("components that bring one another without end: the time bounds it", async () => {
    vi.useRealTimers();
    const { nc, shutdown } = make({ timeout: 100 });
    let brought = 0;
    const bring = () => {
      brought++;
      nc.addComponent(component(async () => bring()));
    };
    bring();
    expect(await shutdown.begin("x")).toMatchObject({ complete: false });
    // A last round may be under way: under the next test's clock it would never be late.
    for (let seen = 0; seen !== brought; ) {
      seen = brought;
      for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it("subscriptions that come while work is stopped: they are drained as well", async () => {
    const { nc, ...scene } = make();
    let round = 0;
    nc.subscriptions = () => {
      if (++round === 1) return new Promise((resolve) => setTimeout(resolve, 500));
      return round === 2 ? never() : Promise.resolve();
    };
    expect((await end(scene)).connections).toMatchObject([{ drained: false }]);
    expect(nc.calls).toEqual(["drainSubscriptions", "drainSubscriptions", "close"]);
  });

  it("subscriptions that work on another connection brings", async () => {
    const [first, second] = [new FakeConnection("first"), new FakeConnection("second")];
    let isBrought = false;
    first.subscriptions = () => (isBrought ? never() : Promise.resolve());
    second.addComponent(
      component(async () => {
        if (isBrought) return;
        await new Promise((resolve) => setTimeout(resolve, 500));
        isBrought = true;
      }),
    );
    const host = new FakeHost();
    const report = await end({ host, shutdown: start([first, second], {}, new Exits(host)) });
    expect(report.connections).toMatchObject([{ drained: false }, { drained: true }]);
  });

  it("callbacks at work when somebody else has closed the connection", async () => {
    const { nc, ...scene } = make();
    nc.subscriptions = () => new Promise((resolve) => setTimeout(resolve, 3_000));
    setTimeout(() => nc.endNow(), 500);
    expect((await end(scene)).connections).toMatchObject([{ drained: false, closed: true }]);
  });

  it("but not when it was closed by a drain that has waited for them", async () => {
    const { nc, ...scene } = make();
    nc.subscriptions = async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      nc.endNow();
    };
    expect((await end(scene, true)).connections).toMatchObject([{ drained: true, closed: true }]);
  });

  it("a drain that its timeout has ended, with no message to blame for it", async () => {
    const late = (timeout: number) => new Promise<void>((resolve) => setTimeout(resolve, timeout));
    const { nc, ...scene } = make();
    nc.ending = late;
    expect((await end(scene)).connections).toMatchObject([{ drained: false, closed: true }]);
    const outage = make();
    outage.nc.ending = async (timeout) => {
      await late(timeout);
      outage.nc.figures.dropped += 2;
    };
    expect((await end(outage)).connections).toMatchObject([{ drained: true, dropped: 2 }]);
  });
});

it("its signal takes as many listeners as there are requests at a time", async () => {
  vi.useRealTimers();
  const warnings: Error[] = [];
  const warned = (warning: Error) => void warnings.push(warning);
  process.on("warning", warned);
  const { shutdown } = make();
  for (let i = 0; i < 100; i++) shutdown.signal.addEventListener("abort", () => {});
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", warned);
  shutdown.dispose();
  expect(warnings).toEqual([]);
});
