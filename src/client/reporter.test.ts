import { afterEach, describe, expect, it, vi } from "vitest";
import type { EngineEvent } from "../core/events.js";
import { CodedError } from "../errors.js";
import type { Status } from "../interop/nats-core.js";
import type { EventName } from "./events.js";
import { Reporter } from "./reporter.js";
import type { Subscription } from "./subscription.js";

const NAMES: EventName[] = [
  "state",
  "connect",
  "disconnect",
  "reconnecting",
  "reconnect",
  "update",
  "lameDuck",
  "serverInfo",
  "error",
  "messageLost",
  "slowConsumer",
  "close",
];

function world(isDraining = () => false) {
  const reporter = new Reporter(isDraining);
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
  reporter.tell({ type: "close", error: undefined, dropped: 0, unconfirmed: 0 });
  await done;
  return statuses;
}

const lost = new CodedError("CONNECTION_LOST", "reset");

describe("events", () => {
  const cases: [EngineEvent, unknown[]][] = [
    [{ type: "connect", server: "a:1" }, ["connect", { server: "a:1" }]],
    [
      { type: "disconnect", server: "a:1", error: lost, unconfirmed: 2, abandoned: 1 },
      [
        "disconnect",
        expect.objectContaining({ code: "CONNECTION_LOST" }),
        { server: "a:1", unconfirmed: 2, abandoned: 1 },
      ],
    ],
    [
      { type: "disconnect", server: "a:1", error: undefined, unconfirmed: 0, abandoned: 0 },
      ["disconnect", undefined, { server: "a:1", unconfirmed: 0, abandoned: 0 }],
    ],
    [
      { type: "reconnecting", attempt: 3, server: "b:1", delay: 0 },
      ["reconnecting", { attempt: 3, server: "b:1", delay: 0, error: undefined, abandoned: 0 }],
    ],
    [
      { type: "reconnect", server: "b:1", previous: "a:1", downtime: 12, attempts: 2, replayed: 5 },
      ["reconnect", { server: "b:1", previous: "a:1", downtime: 12, attempts: 2, replayed: 5 }],
    ],
    [{ type: "update", added: ["b"], deleted: ["c"] }, ["update", { added: ["b"], deleted: ["c"] }]],
    [{ type: "lameDuck", server: "a:1" }, ["lameDuck", { server: "a:1" }]],
    [{ type: "error", error: lost }, ["error", expect.objectContaining({ code: "CONNECTION_LOST" })]],
    [{ type: "messageLost", messages: [] }, ["messageLost", []]],
    [
      { type: "close", error: undefined, dropped: 1, unconfirmed: 2 },
      ["close", undefined, { dropped: 1, unconfirmed: 2 }],
    ],
    [
      { type: "close", error: lost, dropped: 0, unconfirmed: 0 },
      ["close", expect.objectContaining({ code: "CONNECTION_LOST" }), { dropped: 0, unconfirmed: 0 }],
    ],
  ];

  it.each(cases)("%o is told as users know it", (event, wanted) => {
    const { reporter, told } = world();
    reporter.tell(event);
    expect(told).toEqual([wanted]);
  });

  it("carry public errors, never internal ones", () => {
    const { reporter, told } = world();
    reporter.tell({ type: "disconnect", server: "a", error: lost, unconfirmed: 0, abandoned: 0 });
    reporter.tell({ type: "error", error: lost });
    reporter.tell({ type: "close", error: lost, dropped: 0, unconfirmed: 0 });
    for (const [, error] of told) expect(error).not.toBeInstanceOf(CodedError);
  });

  it("of an attempt tell why the last one failed, and what was given up with it, once", () => {
    const { reporter, told } = world();
    reporter.tell({ type: "attemptFailed", server: "a:1", error: lost, abandoned: 2 });
    reporter.tell({ type: "attemptFailed", server: "b:1", error: lost, abandoned: 1 });
    reporter.tell({ type: "reconnecting", attempt: 2, server: "", delay: 500 });
    reporter.tell({ type: "reconnecting", attempt: 3, server: "", delay: 500 });
    expect(told.map(([, info]) => (info as { abandoned: number }).abandoned)).toEqual([3, 0]);
    expect(told).toMatchObject([
      ["reconnecting", { attempt: 2, delay: 500, error: { code: "CONNECTION_LOST" } }],
      ["reconnecting", { attempt: 3 }],
    ]);
    expect(reporter.lastError).toMatchObject({ code: "CONNECTION_LOST" });
  });

  it("keep the last error when a link is left on purpose", () => {
    const { reporter } = world();
    reporter.tell({ type: "disconnect", server: "a", error: lost, unconfirmed: 0, abandoned: 0 });
    reporter.tell({ type: "disconnect", server: "a", error: undefined, unconfirmed: 0, abandoned: 0 });
    expect(reporter.lastError).toMatchObject({ code: "CONNECTION_LOST" });
  });
});

describe("states", () => {
  const transition = (from: string, to: string, at = 5): EngineEvent =>
    ({ type: "state", transition: { from, to, at, reason: "why" } }) as EngineEvent;

  it("are told with the time of the wall clock, and kept in a bounded history", () => {
    const { reporter, told } = world();
    reporter.tell(transition("disconnected", "connecting"));
    const at = Math.round(performance.timeOrigin + 5);
    expect(told).toEqual([["state", { from: "disconnected", to: "connecting", at, reason: "why" }]]);
    for (let i = 0; i < 100; i++) {
      reporter.tell(transition("connecting", "connected"));
      reporter.tell(transition("connected", "reconnecting"));
    }
    expect(reporter.history).toHaveLength(64);
    expect(reporter.history.at(-1)).toMatchObject({ from: "connected", to: "reconnecting" });
  });

  it("during a drain are draining, told once, until it is closed", () => {
    let draining = false;
    const { reporter, told } = world(() => draining);
    reporter.tell(transition("disconnected", "connecting"));
    reporter.tell(transition("connecting", "connected"));
    draining = true;
    reporter.changed("draining", 9, "drain");
    reporter.tell(transition("connected", "reconnecting"));
    reporter.tell(transition("reconnecting", "connected"));
    reporter.tell(transition("connected", "closed"));
    expect(told.map(([, change]) => (change as { to: string }).to)).toEqual([
      "connecting",
      "connected",
      "draining",
      "closed",
    ]);
  });
});

describe("statuses", () => {
  it("have nats.js's shape", async () => {
    const { reporter } = world();
    const subscription = {} as Subscription;
    const statuses = await read(reporter, () => {
      reporter.tell({ type: "connect", server: "a:1" });
      reporter.tell({ type: "disconnect", server: "a:1", error: lost, unconfirmed: 2, abandoned: 1 });
      reporter.tell({ type: "stale", server: "a:1" });
      reporter.tell({ type: "attemptFailed", server: "a:1", error: lost, abandoned: 0 });
      reporter.tell({ type: "reconnecting", attempt: 1, server: "b:1", delay: 0 });
      reporter.tell({
        type: "reconnect",
        server: "b:1",
        previous: "a:1",
        downtime: 1,
        attempts: 1,
        replayed: 0,
      });
      reporter.tell({ type: "update", added: ["c"], deleted: [] });
      reporter.tell({ type: "lameDuck", server: "b:1" });
      reporter.tell({ type: "error", error: lost });
      reporter.tell({ type: "writable" });
      reporter.tell({ type: "messageLost", messages: [] });
      reporter.slowConsumer(subscription, 7);
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
    reporter.tell({ type: "close", error: undefined, dropped: 0, unconfirmed: 0 });
    const statuses: Status[] = [];
    for await (const status of reporter.status()) statuses.push(status);
    expect(statuses).toEqual([]);
  });

  it("that nobody reads do not fill the memory: the oldest are forgotten", async () => {
    const { reporter } = world();
    const reader = reporter.status();
    for (let i = 0; i < 5000; i++) reporter.tell({ type: "lameDuck", server: `s${i}` });
    reporter.tell({ type: "close", error: undefined, dropped: 0, unconfirmed: 0 });
    const statuses: Status[] = [];
    for await (const status of reader) statuses.push(status);
    expect(statuses.length).toBeLessThan(1100);
    expect(statuses.at(-2)).toEqual({ type: "ldm", server: "s4999" });
    expect(statuses.at(-1)).toEqual({ type: "close" });
  });

  it("stop for a reader that has stopped, and go on for the others", async () => {
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
