import { describe, expect, it } from "vitest";
import {
  consumerFacts,
  HandMade,
  handlerFacts,
  outboxFacts,
  policyFacts,
  publisherFacts,
  shutdownFacts,
} from "../../../test/observe/support/components.js";
import { codedError } from "../../checks/coded-error.js";
import type { Component } from "../../index.js";
import { isSilent, readComponent } from "./reading.js";

const read = (facts: unknown) => readComponent({ facts: () => facts } as Component);
const SILENT = { kind: "other", state: "unknown", failing: "it does not answer: facts() has failed" };

describe("a component that is read", () => {
  it("tells all that it has counted", () => {
    const counts = {
      handled: 1,
      retried: 2,
      failed: 3,
      timedOut: 4,
      invalid: 5,
      deadLettered: 6,
      discarded: 7,
    };
    const work = { ...counts, inFlight: 8, waiting: 9, concurrency: 10 };
    expect(read(handlerFacts({ ...work, name: "orders.17" }))).toMatchObject({
      kind: "handler",
      name: "orders.{id}",
      state: "running",
      ...work,
      durations: { bounds: [10, 1_000] },
    });
    const more = { acked: 1, naked: 2, termed: 3, redelivered: 4, recoveries: 5, recreated: 6 };
    const levels = { pending: 7, ackPending: 8, lastMessageAt: 9 };
    expect(read(consumerFacts({ ...work, ...more, ...levels, state: "recovering" }))).toMatchObject({
      kind: "consumer",
      state: "recovering",
      stream: "ORDERS",
      consumer: "books",
      ...work,
      ...more,
      ...levels,
    });
    const requests = { calls: 1, failed: 2, retried: 3, rejected: 4, hedged: 5, fallbacks: 6 };
    expect(read(policyFacts(requests))).toMatchObject({ kind: "policy", state: "closed", ...requests });
    expect(read(shutdownFacts({ phase: "draining" }))).toMatchObject({ kind: "shutdown", state: "draining" });
    expect(read({ kind: "other", name: "cache" })).toMatchObject({ kind: "other", state: "present" });
  });

  it("tells all of an outbox and of a publisher", () => {
    const counts = { recovered: 1, stored: 2, confirmed: 3, expired: 4, refused: 5, lost: 6, failures: 7 };
    const levels = { messages: 8, parked: 9, bytes: 10, maxBytes: 11, oldestAge: 12 };
    expect(read(outboxFacts({ ...counts, ...levels, state: "waiting" }))).toMatchObject({
      kind: "outbox",
      state: "waiting",
      ...counts,
      ...levels,
      flushes: { bounds: [1, 10] },
    });
    const publishes = { acked: 1, duplicates: 2, retried: 3, failed: 4, inFlight: 5, waiting: 6 };
    expect(read(publisherFacts({ ...publishes, state: "recovering" }))).toMatchObject({
      kind: "publisher",
      state: "recovering",
      stream: "ORDERS",
      ...publishes,
      durations: { bounds: [1, 10] },
    });
  });

  it("tells what is not known as such", () => {
    expect(read(outboxFacts({ maxBytes: Number.POSITIVE_INFINITY }))).toMatchObject({ maxBytes: undefined });
    expect(read(publisherFacts({ stream: undefined }))).toMatchObject({ stream: undefined });
    const reading = read(
      consumerFacts({ pending: undefined, ackPending: undefined, lastMessageAt: undefined }),
    );
    expect(reading).toMatchObject({ pending: undefined, ackPending: undefined, lastMessageAt: undefined });
  });

  it("has the state of its worst breaker", () => {
    const breaker = (state: "open" | "closed" | "half-open" | "isolated") => ({
      subject: "a",
      state,
      opened: 1,
    });
    const stateWith = (...states: Parameters<typeof breaker>[0][]) =>
      read(policyFacts({ breakers: states.map(breaker) })).state;
    expect(stateWith()).toBe("closed");
    expect(stateWith("closed", "half-open")).toBe("half-open");
    expect(stateWith("isolated", "half-open")).toBe("isolated");
    expect(stateWith("closed", "open", "isolated")).toBe("open");
  });

  it("of a kind that is not known is something else", () => {
    expect(read({ kind: "printer", name: "printer", failing: "no room" })).toMatchObject({
      kind: "other",
      state: "present",
      name: "printer",
      failing: "no room",
    });
  });

  it.each<[string, Component]>([
    [
      "throws",
      {
        facts: () => {
          throw new Error("no");
        },
      },
    ],
    ["answers nothing", { facts: () => undefined as never }],
    ["answers null", { facts: () => null as never }],
    ["promises", { facts: () => Promise.reject(new Error("later")) as never }],
    ["has a state that is none", new HandMade(handlerFacts({ state: "asleep" as never }))],
    ["is an outbox without a state", new HandMade(outboxFacts({ state: undefined as never }))],
    ["is a publisher in no state", new HandMade(publisherFacts({ state: "asleep" as never }))],
    ["has breakers that are none", new HandMade(policyFacts({ breakers: [null] as never }))],
    [
      "has a getter that throws",
      {
        facts: () => ({
          kind: "other",
          get failing(): string {
            throw new Error("no");
          },
          name: "x",
        }),
      },
    ],
    [
      "has a name that throws",
      {
        facts: () => ({
          kind: "other",
          get name(): string {
            throw new Error("no");
          },
        }),
      },
    ],
    [
      "is revoked",
      {
        facts: () => {
          const { proxy, revoke } = Proxy.revocable({}, {});
          revoke();
          return proxy as never;
        },
      },
    ],
  ])("that %s is failing, and harms nobody", (_, component) => {
    const reading = readComponent(component);
    expect(isSilent(reading) || reading.state === "present", reading.state).toBe(true);
    if (isSilent(reading)) expect(reading).toMatchObject(SILENT);
  });

  it("has no number that is none", () => {
    const odd = {
      handled: Number.NaN,
      failed: -1,
      inFlight: Number.POSITIVE_INFINITY,
      waiting: "7",
      retried: undefined,
    };
    const reading = read({ ...handlerFacts(), ...odd, durations: { bounds: "x" } });
    expect(reading).toMatchObject({
      handled: 0,
      failed: 0,
      inFlight: 0,
      waiting: 0,
      retried: 0,
      durations: undefined,
    });
  });

  it("shows no credentials, no subject and nothing endless in its texts", () => {
    const reading = read(
      handlerFacts({
        subject: "customers.jane",
        unready: "customers.jane is shut down",
        failing: `nats://u:s3cr3t@host ${"x".repeat(10_000)}`,
        lastError: codedError("HANDLER_TIMEOUT", 'the handler of "customers.jane" took too long', {
          subject: "customers.jane",
        }),
      }),
    );
    expect(reading.unready).toBe("{subject} is shut down");
    expect(reading.failing).toMatch(/^\S+@host x+\.\.\.$/);
    expect(reading.failing!.length).toBeLessThan(600);
    expect(JSON.stringify(reading)).not.toMatch(/s3cr3t|jane/);
    expect(read(handlerFacts({ lastError: new Error("s3cr3t") })).lastError).toBe("UNKNOWN");
    expect(read(handlerFacts({ lastError: "s3cr3t" as never })).lastError).toBe("UNKNOWN");
  });

  it("is unready and failing for what is no text, too", () => {
    expect(read({ kind: "other", name: "x", unready: true }).unready).toBe("it does not say why");
    expect(read({ kind: "other", name: "x", unready: false, failing: "" })).toMatchObject({
      unready: undefined,
      failing: undefined,
    });
  });

  it("has a bounded number of breakers", () => {
    const breakers = Array.from({ length: 5_000 }, () => ({
      subject: "a",
      state: "closed" as const,
      opened: 0,
    }));
    expect(read(policyFacts({ breakers }))).toMatchObject({ breakers: { length: 1_000 } });
  });
});
