import { describe, expect, it } from "vitest";
import {
  consumerFacts,
  HandMade,
  handlerFacts,
  oneOfEach,
  outboxFacts,
  policyFacts,
  publisherFacts,
} from "../../../test/observe/support/components.js";
import type { BreakerFacts, ComponentFacts } from "../../index.js";
import { readComponent } from "../components/reading.js";
import { toldComponents } from "./told-components.js";

type Told = { components: Record<string, unknown>[]; moreComponents?: number };
const told = (components: readonly HandMade[]) => toldComponents(components.map(readComponent)) as Told;

describe("components as /health tells them", () => {
  it("have kind, name, state, what is wrong, and their counts", () => {
    const { components, moreComponents } = told(oneOfEach());
    expect(moreComponents).toBeUndefined();
    expect(components.map(({ kind, name, state }) => `${kind} ${name} ${state}`)).toEqual([
      "handler orders.* running",
      "consumer ORDERS/books consuming",
      "policy prices closed",
      "outbox outbox idle",
      "publisher ORDERS running",
      "shutdown shutdown waiting",
      "other cache present",
    ]);
    expect(
      told([new HandMade(handlerFacts({ handled: 3, timedOut: 1, failing: "stuck" }))]).components,
    ).toEqual([
      {
        kind: "handler",
        name: "orders.*",
        state: "running",
        failing: "stuck",
        concurrency: 1,
        inFlight: 0,
        waiting: 0,
        handled: 3,
        retried: 0,
        failed: 0,
        timedOut: 1,
        invalid: 0,
        deadLettered: 0,
        discarded: 0,
        lastError: null,
      },
    ]);
  });

  it("tell lag and times of consumers, and null for what is not known", () => {
    const at = Date.UTC(2026, 10, 22);
    const known = consumerFacts({ pending: 7, ackPending: 2, lastMessageAt: at });
    const unknown = consumerFacts({ pending: undefined, ackPending: undefined, lastMessageAt: undefined });
    const odd = consumerFacts({ lastMessageAt: 1e300 });
    expect(told([known, unknown, odd].map((facts) => new HandMade(facts))).components).toMatchObject([
      {
        stream: "ORDERS",
        consumer: "books",
        pending: 7,
        ackPending: 2,
        lastMessageAt: "2026-11-22T00:00:00.000Z",
      },
      { pending: null, ackPending: null, lastMessageAt: null },
      { lastMessageAt: null },
    ]);
  });

  it("tell what an outbox holds and what has become of the rest, and what publishers did", () => {
    const counts = { recovered: 1, stored: 2, confirmed: 3, expired: 4, refused: 5, lost: 6, failures: 7 };
    const levels = { messages: 8, parked: 9, bytes: 10, maxBytes: 11, oldestAge: 12 };
    const publishes = { acked: 1, duplicates: 2, retried: 3, failed: 4, inFlight: 5, waiting: 6 };
    const facts = [
      outboxFacts({ ...counts, ...levels, failing: "commit failed" }),
      outboxFacts({ maxBytes: Number.POSITIVE_INFINITY }),
      publisherFacts({ ...publishes, stream: undefined }),
    ];
    expect(told(facts.map((one) => new HandMade<ComponentFacts>(one))).components).toMatchObject([
      { kind: "outbox", failing: "commit failed", ...counts, ...levels },
      { kind: "outbox", maxBytes: null },
      { kind: "publisher", stream: null, ...publishes },
    ]);
  });

  it("are a bounded number; those with troubles are among them", () => {
    const many = Array.from({ length: 1_000 }, (_, i) => new HandMade(handlerFacts({ name: `h${i}` })));
    many[999].tell({ unready: "no" });
    const { components, moreComponents } = told(many);
    expect(components).toHaveLength(100);
    expect(moreComponents).toBe(900);
    expect(components[0]).toMatchObject({ unready: "no" });
  });

  it("have a bounded number of breakers; those that are not closed are among them", () => {
    const breakers = Array.from(
      { length: 50 },
      (_, i): BreakerFacts => ({
        subject: `s${i}`,
        state: i === 49 ? "open" : "closed",
        opened: 0,
      }),
    );
    const [policy] = told([new HandMade(policyFacts({ breakers }))]).components;
    expect(policy.breakers).toHaveLength(20);
    expect((policy.breakers as BreakerFacts[])[0].state).toBe("open");
  });
});
