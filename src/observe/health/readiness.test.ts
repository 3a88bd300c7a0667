import { describe, expect, it } from "vitest";
import {
  HandMade,
  handlerFacts,
  outboxFacts,
  shutdownFacts,
} from "../../../test/observe/support/components.js";
import type { ComponentFacts, Health } from "../../index.js";
import { readComponent } from "../components/reading.js";
import { outageOf, whyUnhealthy, whyUnready } from "./readiness.js";

const NOW = 1_000_000;
const BUFFER: Health["buffer"] = { messages: 0, bytes: 0, limit: 1_000, ratio: 0, oldestAge: 0 };

function health(change: Partial<Health>): Health {
  return {
    status: "unhealthy",
    connected: false,
    accepting: true,
    state: "reconnecting",
    server: "",
    reconnectAttempts: 1,
    reconnectCount: 0,
    lastConnectedAt: NOW - 60_000,
    lastDisconnectedAt: NOW - 12_000,
    lastError: undefined,
    lastCause: undefined,
    buffer: BUFFER,
    rtt: undefined,
    stats: {} as Health["stats"],
    ...change,
  };
}

const CONNECTED = health({ connected: true, state: "connected", status: "healthy" });
const NEVER = { lastConnectedAt: undefined, lastDisconnectedAt: undefined };
const filled = (ratio: number) => ({ buffer: { ...BUFFER, ratio } });

type Mode = "default" | "strict" | "consumer";
interface Change {
  grace?: number;
  dropping?: boolean;
  now?: number;
  components?: ComponentFacts[];
}
const why = (given: Health, mode: Mode, change: Change = {}) =>
  whyUnready(
    given,
    { mode, grace: change.grace ?? 30_000, buffer: 0.8 },
    change.now ?? NOW,
    change.dropping ?? false,
    (change.components ?? []).map((facts) => readComponent(new HandMade(facts))),
  );

describe("readiness", () => {
  it.each<[string, Health, string]>([
    ["closed", health({ state: "closed" }), "the connection is closed"],
    ["draining", health({ state: "draining", connected: true }), "the connection is draining"],
    ["draining in an outage", health({ state: "draining" }), "the connection is draining"],
    ["connecting", health({ state: "connecting", ...NEVER }), "not connected yet"],
    ["never connected, trying", health({ ...NEVER }), "not connected yet"],
  ])("%s: in no mode", (_, given, reason) => {
    for (const mode of ["default", "strict", "consumer"] as const)
      expect(why(given, mode), mode).toBe(reason);
  });

  it("connected: in all modes, however old the last outage and however full the buffer", () => {
    for (const mode of ["default", "strict", "consumer"] as const) {
      expect(why(CONNECTED, mode)).toBeUndefined();
      expect(why({ ...CONNECTED, ...filled(1) }, mode)).toBeUndefined();
    }
  });

  it("an outage below the grace period: but for strict", () => {
    expect(why(health({}), "default")).toBeUndefined();
    expect(why(health({}), "consumer")).toBeUndefined();
    expect(why(health({}), "strict")).toBe("not connected for 12 s");
  });

  it("an outage of the grace period", () => {
    const reason = "not connected for 30 s, grace is 30 s";
    for (const mode of ["default", "consumer"] as const) {
      expect(why(health({}), mode, { now: NOW + 17_999 })).toBeUndefined();
      expect(why(health({}), mode, { now: NOW + 18_000 })).toBe(reason);
    }
    expect(why(health({}), "default", { grace: 5_000 })).toBe("not connected for 12 s, grace is 5 s");
    const begun = health({ lastDisconnectedAt: NOW });
    expect(why(begun, "default", { grace: 0 })).toBe("not connected for 0 ms, grace is 0 ms");
    expect(why(begun, "default", { grace: 1 })).toBeUndefined();
  });

  it("a full buffer: in the default mode alone", () => {
    expect(why(health(filled(0.79)), "default")).toBeUndefined();
    expect(why(health(filled(0.8)), "default")).toBe(
      "not connected for 12 s, and the buffer is 80 % full, its mark is 80 %",
    );
    expect(why(health(filled(1)), "consumer")).toBeUndefined();
  });

  it("a close that is under way: nothing is accepted any more, with a link or without", () => {
    for (const given of [CONNECTED, health({})])
      for (const mode of ["default", "strict", "consumer"] as const)
        expect(why({ ...given, accepting: false }, mode)).toBe("the connection is being closed");
  });

  it("nothing is buffered", () => {
    const nothing = health({ buffer: { ...BUFFER, limit: 0 } });
    expect(why(nothing, "default")).toBe(
      "not connected for 12 s, and nothing is buffered (reconnectBufSize)",
    );
    expect(why(nothing, "consumer")).toBeUndefined();
  });

  it("messages that are dropped: for consumers", () => {
    for (const given of [CONNECTED, health({})]) {
      expect(why(given, "consumer", { dropping: true })).toBe(
        "a subscription is too slow and drops messages",
      );
      expect(why(given, "default", { dropping: true })).toBeUndefined();
    }
  });

  it("a component that says no: in all modes, at once, in its words", () => {
    const components = [handlerFacts(), shutdownFacts({ unready: "shutting down (SIGTERM)" })];
    for (const given of [CONNECTED, health({}), health({ state: "draining" })])
      for (const mode of ["default", "strict", "consumer"] as const)
        expect(why(given, mode, { components })).toBe("shutting down (SIGTERM)");
  });

  it("a component that fails at its work: for consumers, by its name", () => {
    const components = [handlerFacts(), handlerFacts({ name: "bills", failing: "it gets nothing" })];
    for (const given of [CONNECTED, health({})]) {
      expect(why(given, "consumer", { components })).toBe("handler bills: it gets nothing");
      expect(why(given, "default", { components })).toBeUndefined();
    }
    expect(why(CONNECTED, "strict", { components })).toBeUndefined();
    expect(why(CONNECTED, "consumer", { components: [handlerFacts()] })).toBeUndefined();
  });

  it("an outbox instead of the buffer: how full it is, in the default mode alone", () => {
    const outbox = (bytes: number, changes: Parameters<typeof outboxFacts>[0] = {}) => ({
      components: [handlerFacts(), outboxFacts({ bytes, maxBytes: 1_000, ...changes })],
    });
    const nothing = health({ buffer: { ...BUFFER, limit: 0 } });
    for (const given of [health(filled(1)), nothing]) {
      expect(why(given, "default", outbox(799))).toBeUndefined();
      expect(why(given, "default", outbox(800))).toBe(
        "not connected for 12 s, and the outbox is 80 % full, its mark is 80 %",
      );
      expect(why(given, "consumer", outbox(1_000))).toBeUndefined();
      expect(why(given, "default", outbox(1_000, { maxBytes: Number.POSITIVE_INFINITY }))).toBeUndefined();
    }
    expect(why(health({}), "default", { ...outbox(0), now: NOW + 18_000 })).toBe(
      "not connected for 30 s, grace is 30 s",
    );
  });

  it("an outbox whose disk refuses: the buffer is all there is, and for consumers nothing", () => {
    const components = [outboxFacts({ failing: "commit failed (ENOSPC)" })];
    expect(why(health(filled(1)), "default", { components })).toBe(
      "not connected for 12 s, and the buffer is 100 % full, its mark is 80 %",
    );
    expect(why(health({}), "default", { components })).toBeUndefined();
    expect(why(CONNECTED, "default", { components })).toBeUndefined();
    expect(why(CONNECTED, "consumer", { components })).toBe("outbox outbox: commit failed (ENOSPC)");
  });

  it("the length of an outage is of this one, and never negative", () => {
    expect(outageOf(health({}), NOW)).toBe(12_000);
    expect(outageOf(CONNECTED, NOW)).toBeUndefined();
    expect(outageOf(health(NEVER), NOW)).toBeUndefined();
    expect(outageOf(health({ lastDisconnectedAt: NOW + 5 }), NOW)).toBe(0);
    expect(whyUnhealthy(CONNECTED, NOW)).toBeUndefined();
  });
});
