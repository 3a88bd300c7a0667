import { describe, expect, it } from "vitest";
import type { Cause } from "../core/cause.js";
import type { EngineEvent } from "../core/events.js";
import { CodedError } from "../errors.js";
import { systemClock } from "../io/clock.js";
import { type EventName, Events } from "./events.js";
import type { Buffered } from "./facts.js";
import { Reporter } from "./reporter.js";

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

const RECONNECT = { server: "b:1", previous: "a:1", attempts: 2, replayed: 5, serverChanged: true };

function world(isDraining = () => false, partitionThreshold = 30_000) {
  const reporter = new Reporter({ clock: systemClock, isDraining, buffered: BUFFERED }, partitionThreshold);
  const told: [EventName, ...unknown[]][] = [];
  for (const name of NAMES)
    reporter.emitter.add(name, (...args: unknown[]) => told.push([name, ...args]), false);
  return { reporter, told };
}

const lost = new CodedError("CONNECTION_LOST", "reset");

describe("events", () => {
  const cases: [EngineEvent, unknown[]][] = [
    [{ type: "connect", server: "a:1" }, ["connect", { server: "a:1" }]],
    [
      {
        type: "disconnect",
        server: "a:1",
        error: lost,
        cause: CAUSE,
        unconfirmed: 2,
        abandoned: 1,
        largest: 0,
      },
      [
        "disconnect",
        expect.objectContaining({ code: "CONNECTION_LOST" }),
        { server: "a:1", cause: CAUSE, unconfirmed: 2, abandoned: 1 },
      ],
    ],
    [
      {
        type: "disconnect",
        server: "a:1",
        error: undefined,
        cause: CAUSE,
        unconfirmed: 0,
        abandoned: 0,
        largest: 0,
      },
      ["disconnect", undefined, { server: "a:1", cause: CAUSE, unconfirmed: 0, abandoned: 0 }],
    ],
    [
      { type: "reconnecting", attempt: 3, server: "b:1", delay: 0 },
      [
        "reconnecting",
        { attempt: 3, server: "b:1", delay: 0, error: undefined, cause: undefined, abandoned: 0 },
      ],
    ],
    [{ type: "reconnect", ...RECONNECT, downtime: 12 }, ["reconnect", { ...RECONNECT, downtime: 12 }]],
    [{ type: "update", added: ["b"], deleted: ["c"] }, ["update", { added: ["b"], deleted: ["c"] }]],
    [{ type: "lameDuck", server: "a:1" }, ["lameDuck", { server: "a:1" }]],
    [{ type: "error", error: lost }, ["error", expect.objectContaining({ code: "CONNECTION_LOST" })]],
    [{ type: "messageLost", messages: [] }, ["messageLost", []]],
    [
      { type: "close", error: undefined, cause: CAUSE, dropped: 1, unconfirmed: 2 },
      ["close", undefined, { cause: CAUSE, dropped: 1, unconfirmed: 2 }],
    ],
    [
      { type: "close", error: lost, cause: CAUSE, dropped: 0, unconfirmed: 0 },
      [
        "close",
        expect.objectContaining({ code: "CONNECTION_LOST" }),
        { cause: CAUSE, dropped: 0, unconfirmed: 0 },
      ],
    ],
  ];

  it.each(cases)("%o is told as users know it", (event, wanted) => {
    const { reporter, told } = world();
    reporter.tell(event);
    expect(told).toEqual([wanted]);
  });

  it("carry public errors, never internal ones", () => {
    const { reporter, told } = world();
    reporter.tell({
      type: "disconnect",
      server: "a",
      error: lost,
      cause: CAUSE,
      unconfirmed: 0,
      abandoned: 0,
      largest: 0,
    });
    reporter.tell({ type: "error", error: lost });
    reporter.tell({ type: "close", error: lost, cause: CAUSE, dropped: 0, unconfirmed: 0 });
    for (const [, error] of told) expect(error).not.toBeInstanceOf(CodedError);
  });

  it("of an attempt tell why the last one failed, and what was given up with it, once", () => {
    const { reporter, told } = world();
    const failed = { type: "attemptFailed", error: lost, cause: CAUSE } as const;
    reporter.tell({ ...failed, server: "a:1", attempt: 1, abandoned: 2 });
    reporter.tell({ ...failed, server: "b:1", attempt: 2, abandoned: 1 });
    reporter.tell({ type: "reconnecting", attempt: 3, server: "", delay: 500 });
    reporter.tell({ type: "reconnecting", attempt: 4, server: "", delay: 500 });
    const code = expect.objectContaining({ code: "CONNECTION_LOST" });
    expect(told).toEqual([
      ["attemptFailed", code, { server: "a:1", attempt: 1, cause: CAUSE, abandoned: 2 }],
      ["attemptFailed", code, { server: "b:1", attempt: 2, cause: CAUSE, abandoned: 1 }],
      ["reconnecting", { attempt: 3, server: "", delay: 500, error: code, cause: CAUSE, abandoned: 3 }],
      ["reconnecting", { attempt: 4, server: "", delay: 500, error: code, cause: CAUSE, abandoned: 0 }],
    ]);
    expect(told[0][1]).not.toBeInstanceOf(CodedError);
    expect(reporter.lastError).toMatchObject({ code: "CONNECTION_LOST" });
    expect(reporter.lastCause).toBe(CAUSE);
  });

  it("of an attempt that fails for its credentials are errors, too: but not in the first connect, nor for the network", () => {
    const { reporter, told } = world();
    const state = (from: string, to: string): EngineEvent =>
      ({ type: "state", transition: { from, to, at: 5, reason: "why" } }) as EngineEvent;
    const failed = { type: "attemptFailed", server: "a:1", attempt: 1, abandoned: 0 } as const;
    const error = new CodedError("AUTHORIZATION_VIOLATION", "Authorization Violation");
    const refused = { ...failed, error, cause: { ...CAUSE, kind: "authentication" } } as EngineEvent;
    reporter.tell(state("disconnected", "connecting"));
    reporter.tell(refused);
    reporter.tell(state("connecting", "reconnecting"));
    reporter.tell({ ...failed, error: lost, cause: CAUSE });
    reporter.tell(refused);
    expect(told.map(([name]) => name).filter((name) => name !== "state")).toEqual([
      "attemptFailed",
      "attemptFailed",
      "attemptFailed",
      "error",
    ]);
    expect(told.at(-1)?.[1]).toBe(told.at(-2)?.[1]);
    expect(told.at(-1)?.[1]).toMatchObject({ code: "AUTHORIZATION_VIOLATION" });
  });

  it("keep the last error when a link is left on purpose", () => {
    const { reporter } = world();
    reporter.tell({
      type: "disconnect",
      server: "a",
      error: lost,
      cause: CAUSE,
      unconfirmed: 0,
      abandoned: 0,
      largest: 0,
    });
    reporter.tell({
      type: "disconnect",
      server: "a",
      error: undefined,
      cause: CAUSE,
      unconfirmed: 0,
      abandoned: 0,
      largest: 0,
    });
    expect(reporter.lastError).toMatchObject({ code: "CONNECTION_LOST" });
  });
});

describe("a partition", () => {
  const reconnect = (downtime: number): EngineEvent => ({
    type: "reconnect",
    ...RECONNECT,
    downtime,
  });

  it("is told behind the reconnect, from the threshold on", () => {
    const { reporter, told } = world(undefined, 1000);
    reporter.tell(reconnect(999));
    expect(told.map(([name]) => name)).toEqual(["reconnect"]);
    reporter.tell(reconnect(1000));
    expect(told.slice(1)).toEqual([
      ["reconnect", expect.objectContaining({ downtime: 1000 })],
      ["partition", { duration: 1000, previous: "a:1", server: "b:1", serverChanged: true }],
    ]);
  });

  it("is every outage with a threshold of 0", () => {
    const { reporter, told } = world(undefined, 0);
    reporter.tell(reconnect(0));
    expect(told.map(([name]) => name)).toEqual(["reconnect", "partition"]);
  });
});

describe("a buffer", () => {
  it("that overflows is told with the policy, how much found no room, and what waits", () => {
    const { reporter, told } = world();
    reporter.tell({ type: "overflow", policy: "drop-oldest", messages: 2, bytes: 60 });
    const wanted = { policy: "drop-oldest", messages: 2, bytes: 60, limit: 500, buffered: 400 };
    expect(told).toEqual([["overflow", wanted]]);
  });

  it.each(["high", "normal"] as const)("whose level is %s now is told with what waits", (level) => {
    const { reporter, told } = world();
    reporter.tell({ type: "buffer", level });
    expect(told).toEqual([["buffer", { level, messages: 3, bytes: 400, limit: 500, ratio: 0.8 }]]);
  });
});

describe("what was seen last", () => {
  const transition = (from: string, to: string, at: number): EngineEvent =>
    ({ type: "state", transition: { from, to, at, reason: "why" } }) as EngineEvent;
  const wall = (at: number) => Math.round(performance.timeOrigin + at);

  it("is when a link stood and when one was lost, by the wall clock", () => {
    const { reporter } = world();
    expect(reporter).toMatchObject({ lastConnectedAt: undefined, lastDisconnectedAt: undefined });
    reporter.tell(transition("connecting", "connected", 10));
    expect(reporter).toMatchObject({ lastConnectedAt: wall(10), lastDisconnectedAt: undefined });
    reporter.tell(transition("connected", "reconnecting", 20));
    reporter.tell(transition("reconnecting", "connected", 30));
    expect(reporter).toMatchObject({ lastConnectedAt: wall(30), lastDisconnectedAt: wall(20) });
    reporter.tell(transition("connected", "closed", 40));
    expect(reporter.lastDisconnectedAt).toBe(wall(40));
  });

  it("is kept during a drain as well", () => {
    const { reporter } = world(() => true);
    reporter.tell(transition("reconnecting", "connected", 10));
    expect(reporter.lastConnectedAt).toBe(wall(10));
  });

  it("is why a link was lost, or an attempt failed, whichever came last", () => {
    const { reporter } = world();
    reporter.tell({
      type: "disconnect",
      server: "a",
      error: lost,
      cause: CAUSE,
      unconfirmed: 0,
      abandoned: 0,
      largest: 0,
    });
    expect(reporter.lastCause).toBe(CAUSE);
    const refused: Cause = { ...CAUSE, kind: "refused" };
    reporter.tell({
      type: "attemptFailed",
      server: "a",
      attempt: 1,
      error: lost,
      cause: refused,
      abandoned: 0,
    });
    expect(reporter.lastCause).toBe(refused);
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
