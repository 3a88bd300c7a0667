import { afterEach, describe, expect, it, vi } from "vitest";
import type { Cause } from "../core/cause.js";
import { CodedError } from "../errors.js";
import type { Status } from "../interop/nats-core.js";
import { systemClock } from "../io/clock.js";
import { type EventName, Events } from "./events.js";
import type { Buffered } from "./facts.js";
import { Reporter } from "./reporter.js";
import type { Subscription } from "./subscription.js";

const NAMES = Object.values(Events);

const CAUSE: Cause = {
  kind: "network",
  code: "CONNECTION_LOST",
  message: "reset",
  evidence: ["seen"],
  advice: ["look"],
  docs: "docs/causes/network.md",
};
const BUFFERED: Buffered = { messages: 3, bytes: 400, limit: 500, ratio: 0.8, oldestAge: 7 };

function world(isDraining = () => false, partitionThreshold = 30_000) {
  const reporter = new Reporter({ clock: systemClock, isDraining, buffered: BUFFERED }, partitionThreshold);
  const told: [EventName, ...unknown[]][] = [];
  for (const name of NAMES)
    reporter.emitter.add(name, (...args: unknown[]) => told.push([name, ...args]), false);
  return { reporter, told };
}

/** All statuses that a reader gets until the connection is closed. */
async function read(reporter: Reporter, events: () => void): Promise<Status[]> {
  const statuses: Status[] = [];
  const done = (async () => {
    for await (const status of reporter.status()) statuses.push(status);
  })();
  await Promise.resolve();
  events();
  reporter.tell({ type: "close", error: undefined, cause: CAUSE, dropped: 0, unconfirmed: 0 });
  await done;
  return statuses;
}

const lost = new CodedError("CONNECTION_LOST", "reset");

describe("statuses", () => {
  it("have nats.js's shape", async () => {
    const { reporter } = world();
    const subscription = {} as Subscription;
    const statuses = await read(reporter, () => {
      reporter.tell({ type: "connect", server: "a:1" });
      reporter.tell({
        type: "disconnect",
        server: "a:1",
        error: lost,
        cause: CAUSE,
        unconfirmed: 2,
        abandoned: 1,
        largest: 0,
      });
      reporter.tell({ type: "stale", server: "a:1" });
      reporter.tell({
        type: "attemptFailed",
        server: "a:1",
        attempt: 1,
        error: lost,
        cause: CAUSE,
        abandoned: 0,
      });
      reporter.tell({ type: "reconnecting", attempt: 1, server: "b:1", delay: 0 });
      reporter.tell({ type: "reconnecting", attempt: 1, server: "", delay: 100 });
      reporter.tell({
        type: "reconnect",
        server: "b:1",
        previous: "a:1",
        downtime: 1,
        attempts: 1,
        replayed: 0,
        serverChanged: false,
      });
      reporter.tell({ type: "update", added: ["c"], deleted: [] });
      reporter.tell({ type: "lameDuck", server: "b:1" });
      reporter.tell({ type: "error", error: lost });
      reporter.tell({ type: "writable" });
      reporter.tell({ type: "messageLost", messages: [] });
      reporter.slowConsumer(subscription, 7, 2);
    });
    expect(statuses).toEqual([
      { type: "disconnect", server: "a:1" },
      { type: "staleConnection" },
      { type: "reconnecting" },
      { type: "reconnect", server: "b:1" },
      { type: "update", added: ["c"], deleted: [] },
      { type: "ldm", server: "b:1" },
      { type: "error", error: expect.objectContaining({ code: "CONNECTION_LOST" }) },
      { type: "slowConsumer", sub: subscription, pending: 7 },
      { type: "close" },
    ]);
  });

  it("go to every reader from its call on", async () => {
    const { reporter } = world();
    reporter.tell({ type: "lameDuck", server: "early" });
    const late: Status[] = [];
    const first = await read(reporter, () => {
      reporter.tell({ type: "lameDuck", server: "a" });
      const reader = reporter.status();
      (async () => {
        for await (const status of reader) late.push(status);
      })();
      reporter.tell({ type: "lameDuck", server: "b" });
    });
    expect(first).toEqual([{ type: "ldm", server: "a" }, { type: "ldm", server: "b" }, { type: "close" }]);
    await Promise.resolve();
    expect(late).toEqual([{ type: "ldm", server: "b" }, { type: "close" }]);
  });

  it("end at once for a reader that comes after the end", async () => {
    const { reporter } = world();
    reporter.tell({ type: "close", error: undefined, cause: CAUSE, dropped: 0, unconfirmed: 0 });
    const statuses: Status[] = [];
    for await (const status of reporter.status()) statuses.push(status);
    expect(statuses).toEqual([]);
  });

  it("that nobody reads do not fill the memory: the oldest are forgotten", async () => {
    const { reporter } = world();
    const reader = reporter.status();
    for (let i = 0; i < 5000; i++) reporter.tell({ type: "lameDuck", server: `s${i}` });
    reporter.tell({ type: "close", error: undefined, cause: CAUSE, dropped: 0, unconfirmed: 0 });
    const statuses: Status[] = [];
    for await (const status of reader) statuses.push(status);
    expect(statuses.length).toBeLessThan(1100);
    expect(statuses.at(-2)).toEqual({ type: "ldm", server: "s4999" });
    expect(statuses.at(-1)).toEqual({ type: "close" });
  });

  it("stop for a reader that has stopped, and go on for the others [parity 55]", async () => {
    const { reporter } = world();
    const reader = reporter.status();
    (reader as unknown as { stop(): void }).stop();
    expect(await read(reporter, () => reporter.tell({ type: "stale", server: "a" }))).toEqual([
      { type: "staleConnection" },
      { type: "close" },
    ]);
  });
});

describe("listeners that fail", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("are reported as an error event, and nothing else suffers", () => {
    const { reporter, told } = world();
    reporter.emitter.add(
      "connect",
      () => {
        throw new Error("oops");
      },
      false,
    );
    reporter.tell({ type: "connect", server: "a" });
    reporter.tell({ type: "lameDuck", server: "a" });
    expect(told.map(([name]) => name)).toEqual(["connect", "error", "lameDuck"]);
    expect((told[1][1] as Error).message).toContain("connect");
    expect((told[1][1] as Error).message).toContain("oops");
  });

  it.each([new Error("oops"), undefined, Symbol("oops"), Object.create(null)])(
    "on error itself become a warning of the process, and do not go round in circles: %o",
    async (cause) => {
      const warnings: string[] = [];
      vi.spyOn(process, "emitWarning").mockImplementation((warning) => {
        warnings.push(String(warning));
      });
      const { reporter } = world();
      reporter.emitter.add(
        "error",
        () => {
          throw cause;
        },
        false,
      );
      reporter.emitter.add("error", (() => Promise.reject(cause)) as never, false);
      reporter.error(new Error("x"));
      await new Promise((resolve) => setImmediate(resolve));
      expect(warnings).toHaveLength(2);
      expect(warnings[0]).toContain("error");
    },
  );
});
